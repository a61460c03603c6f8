import type { Field } from '../fields/catalog'
import { isNearMiss, legible } from '../fields/near-miss'
import { normalize } from '../fields/normalize'
import type { Source } from '../sources/config'
import type { Assertion } from './assertion'
import { ownValue, tokenClaims } from './claims'
import { JitError } from '../errors'
import { nameIdOf } from './name-id'
import { readField, type Reading } from './read-field'
import { textFault } from './read-values'
import type { ReceivedAssertion, ReceivedField } from './received-fields'
import type { Notice } from './result'

/**
 * Reads an assertion: looks up, checks, transforms and casts each field's attribute. Pure, apart from what
 * the model's own setters do.
 *
 * Throws JitError `invalid_assertion` if issuer, subject or attributes can't be used.
 */
export function readAssertion(fields: readonly Field[], reading: Reading): ReceivedAssertion {
  const { source, assertion } = reading
  checkShape(source, assertion)
  const { issuer, subject, attributes } = assertion
  const entries = fields.map((field) => readField(field, reading))
  const attributeNames = namesAboutPerson(reading, entries)
  return {
    issuer,
    subject,
    nameId: source.protocol === 'saml' ? nameIdOf(assertion) : undefined,
    attributes,
    emailVerified: readEmailVerified(assertion, entries),
    fields: new Map(entries.map((entry) => [entry.field.path, entry])),
    attributeNames,
    nearMisses: findNearMisses(entries, attributeNames),
  }
}

/**
 * `email_verified` vouches only for the value of the claim `email` (OpenID Connect Core 5.1). A value from another
 * claim or from a transform counts as verified only if it equals that value.
 */
function readEmailVerified(
  { emailVerified, attributes }: Assertion,
  entries: readonly ReceivedField[],
): ReceivedAssertion['emailVerified'] {
  if (emailVerified === undefined && typeof ownValue(attributes, 'email_verified') === 'string') return 'text'
  if (emailVerified !== true) return emailVerified === false ? false : undefined
  const email = entries.find(({ field }) => field.standard === 'email')
  if (email?.state !== 'value' || (email.names.length === 1 && !email.field.transform)) return true
  const { value } = email
  const claims: unknown[] = [ownValue(attributes, 'email')].flat()
  const isClaim = claims.some((claim) => typeof claim === 'string' && normalize(claim) === value)
  return isClaim ? true : undefined
}

/** Leaves out claims about the ID token, which nobody configured at the provider, unless they are mapped. */
function namesAboutPerson({ source, assertion }: Reading, entries: readonly ReceivedField[]): string[] {
  const names = Object.keys(assertion.attributes)
  if (source.protocol === 'saml') return names
  const mapped = entries.flatMap((entry) => entry.names)
  return names.filter((name) => !tokenClaims.includes(name) || mapped.includes(name))
}

function checkShape(source: Source, assertion: Assertion): void {
  const { issuer, subject, nameId, attributes } = assertion ?? {}
  const hasAttributes = typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes)
  if (!isName(issuer)) throw unusable(source, 'issuer')
  if (subject !== null && !isName(subject)) throw unusable(source, 'subject')
  if (Object.values(nameId ?? {}).some((value) => value && !isName(value)))
    throw unusable(source, 'name_id_format')
  if (!hasAttributes) throw unusable(source, 'attributes')
}

function unusable({ id }: Source, check: string): JitError {
  const message = `The assertion's ${check} cannot be used.`
  return new JitError('invalid_assertion', message, { source: id, details: { check } })
}

/** Whether a value can be part of an identity: text that is not blank and that the database returns unchanged. */
function isName(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && textFault(value) === undefined
}

function findNearMisses(entries: readonly ReceivedField[], attributeNames: readonly string[]): Notice[] {
  const absent = entries.filter(({ state }) => state === 'absent')
  if (absent.length === 0) return []
  const mapped = new Set(entries.flatMap(({ names }) => names))
  const unmapped = attributeNames.filter((name) => !mapped.has(name)).slice(0, 200)
  return absent.flatMap(({ field, names }) =>
    unmapped.flatMap((name) => {
      const expected = names.find((candidate) => isNearMiss(name, candidate))
      if (expected === undefined) return []
      const message = `Got “${legible(name)}”, expected “${expected}” for ${field.label}.`
      return { code: 'near_miss' as const, path: field.path, attribute: name, message }
    }),
  )
}
