import { CastRefusal } from '../fields/cast'
import type { Field } from '../fields/catalog'
import { hasReplacedCharacter } from '../fields/normalize'

/** In UTF-8. */
const MAX_VALUE_BYTES = 16 * 1024
/** In one attribute. */
const MAX_VALUES = 2000

/**
 * The values of an attribute, or of its transform's result, without blank ones. Text is trimmed and composed (NFC).
 * Throws CastRefusal if there are too many, or if one can't be used.
 */
export function readValues(field: Field, received: unknown): unknown[] {
  const values: unknown[] = Array.isArray(received) ? received : [received]
  if (values.length > MAX_VALUES) throw new CastRefusal('has too many values')
  return values
    .filter((value) => value !== undefined && value !== null)
    .flatMap((value) => readOne(field, value))
}

function readOne(field: Field, value: unknown): unknown[] {
  if (typeof value === 'string') {
    const text = readText(field, value)
    return text === '' ? [] : [text]
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new CastRefusal('is not a finite number')
  // A transform may return anything that the schema can cast, such as a Date.
  const isPlain = typeof value === 'number' || typeof value === 'boolean'
  if (!isPlain && !field.transform) throw new CastRefusal('is not text, a number or a boolean')
  return [value]
}

/** Invisible characters. Identifiers must not contain any (RFC 8264 4.2.3): two people's would look the same. */
const invisible = /\p{Default_Ignorable_Code_Point}/u

/** Whether a field's values identify a person. Two of them must never look the same. */
export function isIdentifying(field: Field): boolean {
  return field.identifier || field.caseBlind
}

function readText(field: Field, received: string): string {
  const identifies = isIdentifying(field.ref ?? field)
  if (identifies && invisible.test(received)) throw new CastRefusal('contains invisible characters')
  const text = received.trim()
  const fault = sizeFault(received) ?? characterFault(text, identifies ? control : controlInLine)
  if (fault !== undefined) throw new CastRefusal(fault)
  if (identifies && hasReplacedCharacter(text)) {
    throw new CastRefusal('contains a character that looks like another letter')
  }
  return text.normalize('NFC')
}

const control = /\p{Cc}/u
/** All control characters except line breaks and tabs. */
const controlInLine = /[^\P{Cc}\t\n\r]/u

/** Why a text can't be part of an identity; undefined if it can. */
export function textFault(text: string): string | undefined {
  return sizeFault(text) ?? characterFault(text, control)
}

function sizeFault(text: string): string | undefined {
  // A UTF-16 unit is at most three bytes of UTF-8, so most values need no counting.
  return text.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(text) > MAX_VALUE_BYTES
    ? 'is too long'
    : undefined
}

function characterFault(text: string, unwanted: RegExp): string | undefined {
  if (unwanted.test(text)) return 'contains control characters'
  return /\p{Cs}/u.test(text) ? 'is not well-formed Unicode' : undefined
}
