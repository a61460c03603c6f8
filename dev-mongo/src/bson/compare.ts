import type { Binary, BSONRegExp, Timestamp } from 'bson'
import type { Collation } from './collation'
import type { Doc } from './document'
import { compareNumbers, numberKey } from './numbers'
import { isNumeric, typeOf } from './types'

/** Compares any two values in mongod's order: by type first, then by value, strings by the collation. */
export function compareValues(a: unknown, b: unknown, collation?: Collation): number {
  const { name, order } = typeOf(a)
  const byType = order - typeOf(b).order
  if (byType !== 0) return byType
  switch (name) {
    case 'int':
    case 'long':
    case 'double':
    case 'decimal':
      return compareNumbers(a, b)
    case 'string':
    case 'symbol':
      return collation ? collation.compare(String(a), String(b)) : compareText(String(a), String(b))
    case 'object':
    case 'array':
      return compareEntries(a as Doc, b as Doc, collation)
    case 'binData':
      return compareBinary(a as Binary, b as Binary)
    case 'bool':
    case 'date':
      return Number(a) - Number(b)
    case 'timestamp':
      return (a as Timestamp).comp(b as Timestamp)
    case 'regex':
      return compareText(regexText(a), regexText(b))
    default:
      return compareText(String(a), String(b))
  }
}

/** Whether mongod takes two values as equal: 1, 1.0 and Long 1 are equal, `{a, b}` and `{b, a}` are not. */
export function sameValue(a: unknown, b: unknown, collation?: Collation): boolean {
  return compareValues(a, b, collation) === 0
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  // UTF-8 bytes and UTF-16 units sort alike in strings without surrogates, which are almost all strings.
  return /[\ud800-\udfff]/.test(a + b) ? Buffer.compare(Buffer.from(a), Buffer.from(b)) : a < b ? -1 : 1
}

function compareEntries(a: Doc, b: Doc, collation?: Collation): number {
  const [entries, others] = [Object.entries(a), Object.entries(b)]
  for (const [i, [key, value]] of entries.entries()) {
    const other = others[i]
    if (!other) return 1
    const difference =
      typeOf(value).order - typeOf(other[1]).order ||
      compareText(key, other[0]) ||
      compareValues(value, other[1], collation)
    if (difference !== 0) return difference
  }
  return entries.length - others.length
}

function compareBinary(a: Binary, b: Binary): number {
  return a.position - b.position || a.sub_type - b.sub_type || Buffer.compare(a.value(), b.value())
}

function regexText(value: unknown): string {
  const { pattern, options } = value as BSONRegExp
  return `${pattern}\0${options}`
}

/**
 * A text that two values share exactly if they are equal. Under a collation, different values may share it too, and
 * it is undefined if a string cannot be folded (see `Collation.fold`).
 */
export function keyOf(value: unknown, collation?: Collation): string | undefined {
  if (isNumeric(value)) return `n${numberKey(value)};`
  const { name } = typeOf(value)
  if (name === 'string' || name === 'symbol') {
    const text = collation ? collation.fold(String(value)) : String(value)
    return text === undefined ? undefined : `s${text.length}:${text}`
  }
  if (name !== 'object' && name !== 'array') return `${name}(${scalarText(value)})`
  let key = `${name}{`
  for (const [field, item] of Object.entries(value as Doc)) {
    const part = keyOf(item, collation)
    if (part === undefined) return undefined
    key += `${field.length}:${field}${part}`
  }
  return `${key}}`
}

function scalarText(value: unknown): string {
  if (value instanceof Date) return String(value.getTime())
  switch (typeOf(value).name) {
    case 'binData':
      return `${(value as Binary).sub_type}:${(value as Binary).toString('hex')}`
    case 'regex':
      return regexText(value)
    default:
      return String(value)
  }
}
