import { BSON } from 'bson'

/**
 * A decoded document. An int32 is a number, and so is a double that encodes to a double again. All other types keep
 * their BSON class.
 */
export type Doc = Record<string, unknown>

/** Decodes a document. Encoding it again gives the same bytes. */
export function decode(bytes: Uint8Array): Doc {
  return simplify(BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true })) as Doc
}

/** Encodes a document. A number becomes an int32 if it fits, otherwise a double. */
export function encode(doc: Doc): Uint8Array {
  return BSON.serialize(doc, { ignoreUndefined: true })
}

function simplify(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplify)
  if (isDoc(value)) {
    for (const key of Object.keys(value)) if (key !== '__proto__') value[key] = simplify(value[key])
    return value
  }
  const tag = tagOf(value)
  if (tag === 'Int32') return Number(value)
  // An integral double keeps its class: as a number it would be encoded as an int32.
  if (tag === 'Double' && !isInt32(Number(value))) return Number(value)
  return value
}

/** Whether js-bson encodes this number as an int32. */
export function isInt32(n: number): boolean {
  return Number.isInteger(n) && n >= -(2 ** 31) && n < 2 ** 31 && !Object.is(n, -0)
}

/** Whether a value is an embedded document, not an array or a scalar with a BSON class. */
export function isDoc(value: unknown): value is Doc {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    tagOf(value) === undefined
  )
}

/** The name of a value's BSON class. */
export function tagOf(value: unknown): string | undefined {
  return (value as { _bsontype?: string } | null)?._bsontype
}

/** Reads an own property, so that no path reaches a prototype. */
export function own(value: unknown, key: string): unknown {
  return Object.hasOwn(value as Doc, key) ? (value as Doc)[key] : undefined
}

/** Copies a value. The copy shares no array and no document with the original. */
export function clone<T>(value: T): T {
  return mapScalars(value, (scalar) => scalar) as T
}

/** Copies a value and replaces each scalar in it. */
export function mapScalars(value: unknown, replace: (scalar: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => mapScalars(item, replace))
  if (!isDoc(value)) return replace(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapScalars(item, replace)]))
}

/** Whether two values are equal, including their types and the order of their fields. */
export function sameBytes(a: unknown, b: unknown): boolean {
  return Buffer.compare(encode({ a }), encode({ a: b })) === 0
}
