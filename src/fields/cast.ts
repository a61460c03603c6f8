import { isDeepStrictEqual } from 'node:util'
import type { SchemaType } from 'mongoose'
import type { Field } from './catalog'
import { elementType, type SetterType } from './schema-type'

/** Thrown when a value does not fit a field. The message may name the field's type, never the value. */
export class CastRefusal extends Error {}

/**
 * Casts a value as the field's schema type stores it, after the model's setters; arrays become plain arrays.
 * Pass `input` to `document.set`, since a setter that runs twice may return something else. `scope` makes the `this`
 * that setters see.
 *
 * Throws CastRefusal for a value that does not fit.
 */
export function cast(field: Field, value: unknown, scope: () => unknown): { input: unknown; value: unknown } {
  const type = field.schemaType as SetterType
  const elements = field.array && (value as unknown[]).map((element) => parse(elementType(type), element))
  const input = elements || parse(type, value)
  try {
    const copy = Array.isArray(input) ? [...(input as unknown[])] : input
    return { input, value: plain(type.applySetters(copy, type.setters.length > 0 ? scope() : undefined)) }
  } catch (error) {
    throw new CastRefusal(`does not fit the type ${field.type}`, { cause: error })
  }
}

/** A document's value as plain data, without Mongoose's arrays and subdocuments. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value as unknown[], plain)
  const { toObject } = (value ?? {}) as { toObject?: () => unknown }
  return typeof toObject === 'function' ? toObject.call(value) : value
}

/** Whether two stored values are equal. Values with an `equals` method, such as ids, are compared by it. */
export function isSameValue(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b) || (isComparable(a) && isComparable(b) && a.equals(b))
}

function isComparable(value: unknown): value is { equals(other: unknown): boolean } {
  return typeof (value as { equals?: unknown } | null | undefined)?.equals === 'function'
}

/** Parses the spellings of boolean, date, number and text; the schema type casts everything else. */
function parse(schemaType: SchemaType | undefined, value: unknown): unknown {
  switch (schemaType?.instance) {
    case 'Boolean':
      return parseBoolean(value)
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

function parseBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  const text =
    typeof value === 'string' || typeof value === 'number' ? String(value).trim().toLowerCase() : ''
  if (['true', '1', 'yes'].includes(text)) return true
  if (['false', '0', 'no'].includes(text)) return false
  throw new CastRefusal('is not one of true, false, 1, 0, yes, no')
}

function parseNumber(value: unknown): number {
  const text = typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new CastRefusal('is not a number')
  const number = Number(text)
  // Beyond this, two different employee numbers could become the same number.
  if (Math.abs(number) > Number.MAX_SAFE_INTEGER) throw new CastRefusal('is too large to be stored exactly')
  return number === 0 ? 0 : number
}

const iso8601 = /^(\d{4})-(\d\d)-(\d\d)(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/

/** Parses an ISO 8601 date, with or without a time. A time without an offset is UTC, so that all servers agree. */
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
