import { cast, CastRefusal } from '../fields/cast'
import type { Field } from '../fields/catalog'
import { isEmail, normalize } from '../fields/normalize'
import type { Source } from '../sources/config'
import { attributeNames } from '../sources/mapping'
import { type Assertion, XmlValue } from './assertion'
import { arrivedName, claimValue, isBlank, isElsewhere, ownValue } from './claims'
import { isIdentifying, readValues } from './read-values'
import type { ReceivedField } from './received-fields'

export interface Reading {
  source: Source
  assertion: Assertion
  /** Makes the `this` that the model's setters see. */
  scope: () => unknown
}

export function readField(field: Field, reading: Reading): ReceivedField {
  const { source, assertion } = reading
  const { attributes } = assertion
  const names = attributeNames(source, field)
  const valueOf = (name: string): unknown =>
    (source.protocol === 'oidc' ? claimValue : ownValue)(attributes, name)
  const attribute = arrivedName(names, valueOf)
  if (attribute === undefined) {
    const base = { field, attribute: names[0], names, several: false }
    const isThere = source.protocol === 'oidc' && names.some((name) => isElsewhere(attributes, name))
    const reason = isThere ? notSent : assertion.unreadable
    return reason === undefined ? { ...base, state: 'absent' } : { ...base, state: 'invalid', reason }
  }
  const base = { field, attribute, names, several: false }
  const fault = xmlFault(field, valueOf(attribute), assertion.nameIdAttributes?.includes(attribute))
  if (fault) return { ...base, state: 'invalid', reason: fault }
  try {
    return readValue(base, valueOf(attribute), reading)
  } catch (error) {
    if (!(error instanceof CastRefusal)) throw error
    return { ...base, state: 'invalid', reason: error.message }
  }
}

const notSent = 'was not sent: the provider only says where to fetch it'

type Base = Pick<ReceivedField, 'field' | 'attribute' | 'names' | 'several'>

/** Throws CastRefusal for a value that does not fit the field. */
function readValue(base: Base, raw: unknown, reading: Reading): ReceivedField {
  const { field } = base
  const transformed = transform(field, raw, reading)
  if (transformed === undefined || transformed === null) return { ...base, state: 'absent' }
  const values = readValues(field, transformed)
  if (values.length === 0) return { ...base, state: 'empty' }
  const received = { ...base, several: !field.array && values.length > 1 }
  const content: unknown = field.array ? values : values[0]
  if (field.standard === 'email' && !field.ref) requireEmail(content)
  const { value, input } = castNormalized(field.ref ?? field, content, reading.scope)
  // A setter may return nothing. An empty identifier would match everyone who has none.
  if (isBlank(value)) return { ...base, state: 'empty' }
  return field.ref
    ? { ...received, state: 'reference', identifier: value }
    : { ...received, state: 'value', value, input }
}

function requireEmail(content: unknown): void {
  const areEmails = [content].flat().every((value) => typeof value === 'string' && isEmail(value))
  if (!areEmails) throw new CastRefusal('is not an email address')
}

function castNormalized(field: Field, value: unknown, scope: Reading['scope']): ReturnType<typeof cast> {
  if (isIdentifying(field) && typeof value === 'boolean') throw new CastRefusal('is not text or a number')
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

/** An XML element instead of text fits no field. A NameID is text, but never a login identifier. */
function xmlFault(field: Field, raw: unknown, isNameId = false): string | undefined {
  if ([raw].flat().some((value) => value instanceof XmlValue)) return 'holds an XML element'
  return isNameId && field.identifier ? 'is a NameID, which is no login identifier' : undefined
}
