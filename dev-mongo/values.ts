import type { Binary, BSONRegExp, Long, Timestamp } from 'bson'
import { BSON, Double } from 'bson'
import type { Collation } from './collation'
import { notImplemented } from './errors'

/** A decoded document. Int32 is a number, as is a double that a number stands for; all else keeps its BSON class. */
export type Doc = Record<string, unknown>

/** Decodes a document so that encoding it again gives the same bytes. */
export function decode(bytes: Uint8Array): Doc {
  return simplify(BSON.deserialize(bytes, { promoteValues: false, bsonRegExp: true })) as Doc
}

/** Encodes a document; a number becomes an int32 where it can, else a double. */
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
  // As a number, an integral double would come back as an int32.
  if (tag === 'Double' && !isInt32(Number(value))) return Number(value)
  return value
}

/** Whether js-bson writes this number as an int32. */
export function isInt32(n: number): boolean {
  return Number.isInteger(n) && n >= -(2 ** 31) && n < 2 ** 31 && !Object.is(n, -0)
}

/** Whether a value is an embedded document (not an array, nor a scalar that has a class). */
export function isDoc(value: unknown): value is Doc {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    tagOf(value) === undefined
  )
}

function tagOf(value: unknown): string | undefined {
  return (value as { _bsontype?: string } | null)?._bsontype
}

/** An own property, so that no path ever reaches a prototype. */
export function own(value: unknown, key: string): unknown {
  return Object.hasOwn(value as Doc, key) ? (value as Doc)[key] : undefined
}

/** A copy that shares nothing changeable with the original. */
export function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T
  if (!isDoc(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, clone(item)])) as T
}

/** A copy that mingo's expressions can compute with: they know no numbers but those of JavaScript. */
export function computable<T>(value: T): T {
  if (Array.isArray(value)) return value.map(computable) as T
  if (isDoc(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, computable(item)])) as T
  const tag = tagOf(value)
  if (tag === 'Decimal128') throw notImplemented('expressions over documents with a Decimal128')
  if (tag !== 'Long' && tag !== 'Double') return value
  if (!Number.isSafeInteger(Number(value)))
    throw notImplemented('expressions over documents with an integer beyond 2^53')
  return Number(value) as T
}

const TYPES: Record<string, [name: string, number: number, order: number]> = {
  MinKey: ['minKey', -1, -1],
  Double: ['double', 1, 10],
  Int32: ['int', 16, 10],
  Long: ['long', 18, 10],
  Decimal128: ['decimal', 19, 10],
  BSONSymbol: ['symbol', 14, 15],
  Binary: ['binData', 5, 30],
  ObjectId: ['objectId', 7, 35],
  Timestamp: ['timestamp', 17, 47],
  BSONRegExp: ['regex', 11, 50],
  DBRef: ['object', 3, 20],
  Code: ['javascript', 13, 60],
  MaxKey: ['maxKey', 127, 127],
}

/** The BSON type of a value: its name and number as in `$type`, and its place in the sort order. */
export function typeOf(value: unknown): { name: string; number: number; order: number } {
  const [name, number, order] = describe(value)
  return { name, number, order }
}

function describe(value: unknown): [string, number, number] {
  if (typeof value === 'string') return ['string', 2, 15]
  if (typeof value === 'number') return isInt32(value) ? ['int', 16, 10] : ['double', 1, 10]
  if (typeof value === 'boolean') return ['bool', 8, 40]
  if (value === undefined) return ['undefined', 6, 0]
  if (value === null) return ['null', 10, 5]
  if (Array.isArray(value)) return ['array', 4, 25]
  if (value instanceof Date) return ['date', 9, 45]
  const tag = tagOf(value)
  return (tag === undefined ? undefined : TYPES[tag]) ?? ['object', 3, 20]
}

/** mongod's order of any two values: by type first, then by value, strings as the collation says. */
export function compareValues(a: unknown, b: unknown, collation?: Collation): number {
  const order = typeOf(a).order
  const byType = order - typeOf(b).order
  if (byType !== 0) return byType
  const items = (value: unknown) => Object.entries(value as Doc)
  switch (order) {
    case 10:
      return compareNumbers(a, b)
    case 15:
      return collation ? collation.compare(String(a), String(b)) : compareText(String(a), String(b))
    case 20:
      return compareEntries(items(a), items(b), collation)
    case 25:
      return compareEntries(items(a), items(b), collation)
    case 30:
      return compareBinary(a as Binary, b as Binary)
    case 40:
    case 45:
      return Number(a) - Number(b)
    case 47:
      return (a as Timestamp).comp(b as Timestamp)
    case 50:
      return compareText(regexText(a), regexText(b))
    default:
      return compareText(String(a), String(b))
  }
}

/** Whether two values are the same to mongod: 1, 1.0 and Long 1 are, `{a, b}` and `{b, a}` are not. */
export function sameValue(a: unknown, b: unknown, collation?: Collation): boolean {
  return compareValues(a, b, collation) === 0
}

function compareText(a: string, b: string): number {
  // UTF-8 bytes and UTF-16 units sort alike below the surrogates, which almost every string stays under.
  if (a === b) return 0
  return /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1
}

function compareEntries(a: [string, unknown][], b: [string, unknown][], collation?: Collation): number {
  for (const [i, [key, value]] of a.entries()) {
    const other = b[i]
    if (!other) return 1
    const difference =
      typeOf(value).order - typeOf(other[1]).order ||
      compareText(key, other[0]) ||
      compareValues(value, other[1], collation)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function compareBinary(a: Binary, b: Binary): number {
  return a.position - b.position || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value())
}

function regexText(value: unknown): string {
  const { pattern, options } = value as BSONRegExp
  return `${pattern}\0${options}`
}

type Decimal = { digits: bigint; exponent: number }

function compareNumbers(a: unknown, b: unknown): number {
  if (tagOf(a) === 'Decimal128' || tagOf(b) === 'Decimal128') {
    const [x, y] = [decimalOf(a), decimalOf(b)]
    if (x && y) {
      const exponent = Math.min(x.exponent, y.exponent)
      return order(
        x.digits * 10n ** BigInt(x.exponent - exponent),
        y.digits * 10n ** BigInt(y.exponent - exponent),
      )
    }
  }
  return order(plainNumber(a), plainNumber(b))
}

function order(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a))
  return a < b ? -1 : a > b ? 1 : 0
}

function plainNumber(value: unknown): number | bigint {
  return tagOf(value) === 'Long' ? (value as Long).toBigInt() : Number(String(value))
}

/** undefined for NaN and the infinities */
function decimalOf(value: unknown): Decimal | undefined {
  // A hundred digits tell a double from every Decimal128, which has 34.
  const text =
    typeof value === 'number' || value instanceof Double ? Number(value).toPrecision(100) : String(value)
  const match = /^(-?\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

/**
 * A string that two values share exactly when they are the same; under a collation it may also be shared
 * by values that differ, and it is undefined where no such string is known (see `Collation.fold`).
 */
export function keyOf(value: unknown, collation?: Collation): string | undefined {
  const { order, name } = typeOf(value)
  if (order === 10) return `n${numberKey(value)};`
  if (order === 15) {
    const text = collation ? collation.fold(String(value)) : String(value)
    return text === undefined ? undefined : `s${text.length}:${text}`
  }
  if (order === 20 || order === 25) {
    let key = `${name}{`
    for (const [field, item] of Object.entries(value as Doc)) {
      const part = keyOf(item, collation)
      if (part === undefined) return undefined
      key += `${field.length}:${field}${part}`
    }
    return `${key}}`
  }
  return `${name}(${scalarText(value)})`
}

function scalarText(value: unknown): string {
  if (value instanceof Date) return String(value.getTime())
  if (tagOf(value) === 'Binary') return `${(value as Binary).sub_type}:${(value as Binary).toString('hex')}`
  if (tagOf(value) === 'BSONRegExp') return regexText(value)
  return String(value)
}

function numberKey(value: unknown): string {
  const number = plainNumber(value)
  if (typeof number === 'bigint') return String(number)
  if (Number.isInteger(number) && tagOf(value) !== 'Decimal128') return String(BigInt(number))
  const decimal = decimalOf(value)
  if (!decimal) return String(number)
  const text = String(decimal.digits)
  const digits = text.replace(/(?<=\d)0+$/, '')
  const exponent = decimal.exponent + text.length - digits.length
  return exponent >= 0 ? String(BigInt(digits) * 10n ** BigInt(exponent)) : `${digits}e${exponent}`
}

/** A value as mongod prints it in its messages. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (Array.isArray(value)) return value.length ? `[ ${value.map(show).join(', ')} ]` : '[]'
  if (isDoc(value)) {
    const fields = Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`)
    return fields.length ? `{ ${fields.join(', ')} }` : '{}'
  }
  if (value instanceof Date) return `new Date(${value.getTime()})`
  switch (tagOf(value)) {
    case 'ObjectId':
      return `ObjectId('${String(value)}')`
    case 'Double':
      return `${Number(value).toFixed(1)}`
    case 'Binary':
      return `BinData(${(value as Binary).sub_type}, ${(value as Binary).toString('hex').toUpperCase()})`
    case 'Timestamp':
      return `Timestamp(${(value as Timestamp).t}, ${(value as Timestamp).i})`
    case 'BSONRegExp':
      return `/${(value as BSONRegExp).pattern}/${(value as BSONRegExp).options}`
    default:
      return String(value)
  }
}
