import { isDeepStrictEqual } from 'node:util'
import type { SchemaType } from 'mongoose'
import { elementType, type Field } from './catalog'

/** Thrown where a value does not fit a field. Its message names the field's type, never the value. */
export class CastRefusal extends Error {}

/**
 * A value as the field's own schema type would store it, setters included; arrays are plain arrays.
 * `input` is what to hand to `document.set`, since setters need not give the same when they run twice.
 *
 * Throws CastRefusal for a value that does not fit.
 */
export function cast(field: Field, value: unknown, scope: () => unknown): { input: unknown; value: unknown } {
  const type = field.schemaType as SetterType
  const input = field.array
    ? (value as unknown[]).map((one) => parse(elementType(type), one))
    : parse(type, value)
  try {
    const given = Array.isArray(input) ? [...(input as unknown[])] : input
    return { input, value: plain(type.applySetters(given, type.setters.length > 0 ? scope() : undefined)) }
  } catch (error) {
    throw new CastRefusal(`does not fit the type ${field.type}`, { cause: error })
  }
}

/** What Mongoose's schema types can do beyond what their typings say. */
type SetterType = SchemaType & {
  setters: unknown[]
  applySetters(value: unknown, scope: unknown): unknown
}

/** A document's value as plain data: Mongoose's arrays become arrays. */
export function plain(value: unknown): unknown {
  return Array.isArray(value) ? Array.from(value as unknown[]) : value
}

/** Whether two values, as they are stored, are equal: ids and the like know best themselves. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) || (isComparable(a) && isComparable(b) && a.equals(b))
}

function isComparable(value: unknown): value is { equals(other: unknown): boolean } {
  return typeof (value as { equals?: unknown } | null | undefined)?.equals === 'function'
}

/** What the wire's spellings mean; everything else is left to the schema type's own casting. */
function parse(schemaType: SchemaType | undefined, value: unknown): unknown {
  switch (schemaType?.instance) {
    case 'Boolean':
      return typeof value === 'boolean' ? value : parseBoolean(String(value))
    case 'Date':
      return value instanceof Date ? value : parseDate(value)
    case 'Number':
    case 'Double':
    case 'Int32':
      return parseNumber(value)
    case 'String':
      return parseText(value)
    default:
      return value
  }
}

function parseText(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return String(value)
  throw new CastRefusal('is not text')
}

const booleans = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
])

function parseBoolean(value: string): boolean {
  const known = booleans.get(value.trim().toLowerCase())
  if (known === undefined) throw new CastRefusal('is none of true, false, 1, 0, yes, no')
  return known
}

function parseNumber(value: unknown): number {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new CastRefusal('is not a number')
  const number = Number(text)
  // Beyond this two different numbers would become one: no way to tell employees apart.
  if (Math.abs(number) > Number.MAX_SAFE_INTEGER)
    throw new CastRefusal('is too large a number to be kept exactly')
  return number === 0 ? 0 : number
}

const iso8601 = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** ISO 8601, a date or a date with a time. Without an offset it is UTC, the same on every server. */
function parseDate(value: unknown): Date {
  const text = typeof value === 'string' ? value.trim() : ''
  const match = iso8601.exec(text)
  if (!match) throw new CastRefusal('is not an ISO 8601 date')
  const [, year, month, day, offset] = match
  const date = new Date(text.includes('T') && offset === undefined ? `${text}Z` : text)
  const exists = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day)
  if (Number.isNaN(date.getTime()) || !exists) throw new CastRefusal('is not an ISO 8601 date')
  return date
}
