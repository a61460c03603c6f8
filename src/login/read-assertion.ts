import type { Field } from '../fields/catalog'
import { isNearMiss, legible } from '../fields/near-miss'
import type { Source } from '../sources/config'
import type { Assertion } from './assertion'
import { tokenClaims } from './claims'
import { JitError } from '../errors'
import { readField, type Reading, textFault } from './read-field'
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
  const { issuer, subject, emailVerified } = assertion
  const entries = fields.map((field) => readField(field, reading))
  const attributeNames = namesAboutPerson(reading, entries)
  return {
    issuer,
    subject,
    attributes: assertion.attributes,
    emailVerified: typeof emailVerified === 'boolean' ? emailVerified : undefined,
    fields: new Map(entries.map((entry) => [entry.field.path, entry])),
    attributeNames,
    nearMisses: findNearMisses(entries, attributeNames),
  }
}

/** Leaves out claims about the ID token, which nobody configured at the provider, unless they are mapped. */
function namesAboutPerson({ source, assertion }: Reading, entries: readonly ReceivedField[]): string[] {
  const names = Object.keys(assertion.attributes)
  if (source.protocol === 'saml') return names
  const mapped = entries.map(({ attribute }) => attribute)
  return names.filter((name) => !tokenClaims.includes(name) || mapped.includes(name))
}

function checkShape(source: Source, assertion: Assertion): void {
  const { issuer, subject, attributes } = assertion ?? {}
  const hasAttributes = typeof attributes === 'object' && attributes !== null && !Array.isArray(attributes)
  if (!isName(issuer)) throw unusable(source, 'issuer')
  if (subject !== null && !isName(subject)) throw unusable(source, 'subject')
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
  const mapped = new Set(entries.map(({ attribute }) => attribute))
  const unmapped = attributeNames.filter((name) => !mapped.has(name)).slice(0, 200)
  return absent.flatMap(({ field, attribute }) =>
    unmapped
      .filter((name) => isNearMiss(name, attribute))
      .map((name) => ({
        code: 'near_miss' as const,
        path: field.path,
        attribute: name,
        message: `Got “${legible(name)}”, expected “${attribute}” for ${field.label}.`,
      })),
  )
}
