import { cast, CastRefusal } from '../fields/cast'
import type { Field } from '../fields/catalog'
import { attributeName } from '../sources/mapping'
import { normalize } from '../fields/normalize'
import type { Source } from '../sources/config'
import { type Assertion, XmlValue } from './assertion'
import { claimValue, isElsewhere, ownValue } from './claims'
import type { ReceivedField } from './received-fields'

/** In UTF-8. */
const MAX_VALUE_BYTES = 16 * 1024
/** In one attribute. */
const MAX_VALUES = 2000

export interface Reading {
  source: Source
  assertion: Assertion
  /** Makes the `this` that the model's setters see. */
  scope: () => unknown
}

export function readField(field: Field, reading: Reading): ReceivedField {
  const { source, assertion } = reading
  const { attributes } = assertion
  const attribute = attributeName(source, field)
  const base = { field, attribute, several: false }
  const raw = (source.protocol === 'oidc' ? claimValue : ownValue)(attributes, attribute)
  if (raw === undefined) {
    const isThere = source.protocol === 'oidc' && isElsewhere(attributes, attribute)
    const reason = isThere ? notSent : assertion.unreadable
    return reason === undefined ? { ...base, state: 'absent' } : { ...base, state: 'invalid', reason }
  }
  const fault = xmlFault(field, raw, assertion.nameIdAttributes?.includes(attribute)) ?? wireFault(raw)
  if (fault) return { ...base, state: 'invalid', reason: fault }
  try {
    return readValue(base, raw, reading)
  } catch (error) {
    if (!(error instanceof CastRefusal)) throw error
    return { ...base, state: 'invalid', reason: error.message }
  }
}

const notSent = 'was not sent: the provider only says where to fetch it'

type Base = Pick<ReceivedField, 'field' | 'attribute' | 'several'>

/** Throws CastRefusal for a value that does not fit the field. */
function readValue(base: Base, raw: unknown, reading: Reading): ReceivedField {
  const { field } = base
  const transformed = transform(field, raw, reading)
  if (transformed === undefined || transformed === null) return { ...base, state: 'absent' }
  const values = (Array.isArray(transformed) ? transformed : [transformed]).filter((value) => !isBlank(value))
  if (values.length === 0) return { ...base, state: 'empty' }
  const fault = field.transform && values.map(textFault).find((reason) => reason !== undefined)
  if (fault) return { ...base, state: 'invalid', reason: fault }
  const received = { ...base, several: !field.array && values.length > 1 }
  const content: unknown = field.array ? values : values[0]
  const { value, input } = castNormalized(field.ref ?? field, content, reading.scope)
  // A setter may return nothing. An empty identifier would match everyone who has none.
  if (isBlank(value)) return { ...base, state: 'empty' }
  return field.ref
    ? { ...received, state: 'reference', identifier: value }
    : { ...received, state: 'value', value, input }
}

/** Invisible characters. Identifiers must not contain any (RFC 8264 4.2.3): two people's would look the same. */
const invisible = /\p{Default_Ignorable_Code_Point}/u

function castNormalized(field: Field, value: unknown, scope: Reading['scope']): ReturnType<typeof cast> {
  if ((field.identifier || field.caseBlind) && typeof value === 'string' && invisible.test(value)) {
    throw new CastRefusal('contains invisible characters')
  }
  if (!field.caseBlind || typeof value !== 'string') return cast(field, value, scope)
  const normalized = normalize(value)
  const result = cast(field, normalized, scope)
  // The schema's own `lowercase` lowers letters that `normalize` keeps: the result would be another person's email.
  if (result.value !== normalized && result.value === normalized.toLowerCase()) {
    throw new CastRefusal('contains a letter whose lower case is a different letter')
  }
  return result
}

function transform(field: Field, raw: unknown, { source, assertion }: Reading): unknown {
  if (!field.transform) return raw
  let value: unknown
  try {
    value = field.transform(raw, { source: source.id, path: field.path, attributes: assertion.attributes })
  } catch (error) {
    throw new CastRefusal('was rejected by its transform', { cause: error })
  }
  if (typeof (value as { then?: unknown } | undefined)?.then === 'function') {
    throw new CastRefusal('has an asynchronous transform; it must return the value itself')
  }
  return value
}

/** What XML may hold in the place of text fits no field; a NameID is text, but no login identifier. */
function xmlFault(field: Field, raw: unknown, isNameId = false): string | undefined {
  if ([raw].flat().some((value) => value instanceof XmlValue)) return 'holds an XML element'
  return isNameId && field.identifier ? 'is a NameID, which is no login identifier' : undefined
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function wireFault(raw: unknown): string | undefined {
  if (!Array.isArray(raw)) return valueFault(raw)
  if (raw.length > MAX_VALUES) return 'has too many values'
  for (const value of raw as unknown[]) {
    const fault = value === null || value === undefined ? undefined : valueFault(value)
    if (fault) return fault
  }
  return undefined
}

function valueFault(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is not a finite number'
  return typeof value === 'string' ? textFault(value) : 'is not text, a number or a boolean'
}

export function textFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  // A UTF-16 unit is at most three bytes of UTF-8, so most values need no counting.
  if (value.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(value) > MAX_VALUE_BYTES) return 'is too long'
  if (/\p{Cc}/u.test(value)) return 'contains control characters'
  return /\p{Cs}/u.test(value) ? 'is not well-formed Unicode' : undefined
}
