import type { Field } from '../fields/catalog'
import { cast, CastRefusal } from '../fields/cast'
import { isNearMiss, legible } from '../fields/near-miss'
import { normalize } from '../fields/normalize'
import type { Identity } from '../fields/plugin'
import type { Source } from '../sources/config'
import { attributeName } from '../sources/mapping'
import type { Assertion } from './assertion'
import { claimValue, isElsewhere, ownValue, tokenClaims } from './claims'
import { JitError } from '../errors'
import type { Notice } from './result'

/** The longest value, in bytes of UTF-8. */
const MAX_VALUE_BYTES = 16 * 1024
/** The most values in one attribute. */
const MAX_VALUES = 2000

/** What an assertion says of one field. */
export type ReceivedField = { field: Field; attribute: string; several: boolean } & (
  | { state: 'absent' | 'empty' }
  | { state: 'invalid'; reason: string }
  /** `named`: of a reference, the identifier by which the user was found whose id is the value. */
  | { state: 'value'; value: unknown; input: unknown; named?: unknown }
  /** Another user, by an identifier; `holders`: who has it, once it was looked up, where that is not one user. */
  | { state: 'reference'; named: unknown; holders?: 'nobody' | 'several' }
)

/** An assertion as this source's fields understand it. */
export interface ReceivedAssertion {
  issuer: string
  subject: string | null
  emailVerified: boolean | undefined
  fields: Map<string, ReceivedField>
  /** The names of the attributes about the person that arrived. */
  received: string[]
  /** Near misses: unmapped attributes that look like a mapped one that did not arrive. */
  nearMisses: Notice[]
}

/**
 * Reads an assertion: each field's attribute is looked up, checked, transformed and cast. Pure, but for what
 * the model's own setters do; `scope` is the `this` that they see.
 *
 * Throws JitError `invalid_assertion` for what is no assertion.
 */
export function readFields(
  source: Source,
  fields: readonly Field[],
  assertion: Assertion,
  scope: () => unknown,
): ReceivedAssertion {
  checkShape(source, assertion)
  const read = fields.map((field) => readField(source, field, assertion.attributes, scope))
  const received = receivedNames(source, read, assertion)
  return {
    issuer: assertion.issuer,
    subject: assertion.subject,
    emailVerified: typeof assertion.emailVerified === 'boolean' ? assertion.emailVerified : undefined,
    fields: new Map(read.map((arrived) => [arrived.field.path, arrived])),
    received,
    nearMisses: findNearMisses(read, received),
  }
}

/** Without what an ID token says of itself, which nobody has set up at the provider; but for what is mapped. */
function receivedNames({ protocol }: Source, read: ReceivedField[], { attributes }: Assertion): string[] {
  const names = Object.keys(attributes)
  if (protocol === 'saml') return names
  const mapped = read.map(({ attribute }) => attribute)
  return names.filter((name) => !tokenClaims.includes(name) || mapped.includes(name))
}

/** What the assertion says of the e-mail address; undefined where the model has no such field. */
export function assertedEmail(arrived: ReceivedAssertion): ReceivedField | undefined {
  return [...arrived.fields.values()].find(({ field }) => field.standard === 'email')
}

/** Whether a stored identity is the one that the assertion is of. */
export function isIdentityOf(one: Identity, source: Source, arrived: ReceivedAssertion): boolean {
  return one.source === source.id && one.issuer === arrived.issuer && one.subject === arrived.subject
}

function checkShape(source: Source, assertion: Assertion): void {
  const { issuer, subject, attributes } = assertion ?? {}
  const fault = !isName(issuer)
    ? 'issuer'
    : subject !== null && !isName(subject)
      ? 'subject'
      : typeof attributes !== 'object' || attributes === null || Array.isArray(attributes)
        ? 'attributes'
        : undefined
  if (fault) {
    throw new JitError('invalid_assertion', `The assertion's ${fault} cannot be used.`, {
      source: source.id,
      details: { check: fault },
    })
  }
}

/** What an identity can be made of: text that is not blank, and that the database gives back as it is. */
function isName(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '' && textFault(value) === undefined
}

function readField(
  source: Source,
  field: Field,
  attributes: Record<string, unknown>,
  scope: () => unknown,
): ReceivedField {
  const attribute = attributeName(source, field)
  const base = { field, attribute, several: false }
  const raw = (source.protocol === 'oidc' ? claimValue : ownValue)(attributes, attribute)
  if (raw === undefined) {
    const isThere = source.protocol === 'oidc' && isElsewhere(attributes, attribute)
    return isThere ? { ...base, state: 'invalid', reason: notSent } : { ...base, state: 'absent' }
  }
  const fault = Array.isArray(raw) && raw.length > MAX_VALUES ? 'has too many values' : firstFault(raw)
  if (fault) return { ...base, state: 'invalid', reason: fault }
  try {
    const transformed = transform(source, field, raw, attributes)
    if (transformed === undefined || transformed === null) return { ...base, state: 'absent' }
    const values = (Array.isArray(transformed) ? transformed : [transformed]).filter((one) => !isBlank(one))
    if (values.length === 0) return { ...base, state: 'empty' }
    const broken = field.transform && values.map(textFault).find((one) => one !== undefined)
    if (broken) return { ...base, state: 'invalid', reason: broken }
    const several = !field.array && values.length > 1
    const wanted: unknown = field.array ? values : values[0]
    const cast = castNormal(field.ref ?? field, wanted, scope)
    // Setters may leave nothing of a value; and nothing is what everybody has who has no such value.
    if (isBlank(cast.value)) return { ...base, state: 'empty' }
    return field.ref
      ? { ...base, several, state: 'reference', named: cast.value }
      : { ...base, several, state: 'value', ...cast }
  } catch (error) {
    if (!(error instanceof CastRefusal)) throw error
    return { ...base, state: 'invalid', reason: error.message }
  }
}

const notSent = 'was not sent: the provider names another place to fetch it from'

/** What is there and cannot be seen. Identifiers have none of it (RFC 8264 4.2.3): two people's would look the same. */
const invisible = /\p{Default_Ignorable_Code_Point}/u

function castNormal(field: Field, wanted: unknown, scope: () => unknown): { input: unknown; value: unknown } {
  if ((field.identifier || field.caseBlind) && typeof wanted === 'string' && invisible.test(wanted)) {
    throw new CastRefusal('holds invisible characters')
  }
  if (!field.caseBlind || typeof wanted !== 'string') return cast(field, wanted, scope)
  const normal = normalize(wanted)
  const result = cast(field, normal, scope)
  // The schema's own `lowercase` folds what `normalise` keeps apart: somebody else's address would come out.
  if (result.value !== normal && result.value === normal.toLowerCase()) {
    throw new CastRefusal('holds a letter whose lower case is another letter')
  }
  return result
}

function transform(source: Source, field: Field, raw: unknown, attributes: Record<string, unknown>): unknown {
  if (!field.transform) return raw
  let value: unknown
  try {
    value = field.transform(raw, { source: source.id, path: field.path, attributes })
  } catch (error) {
    throw new CastRefusal('is refused by its transform', { cause: error })
  }
  if (typeof (value as { then?: unknown } | undefined)?.then === 'function') {
    throw new CastRefusal('has a transform that is asynchronous; it must return the value itself')
  }
  return value
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

function firstFault(raw: unknown): string | undefined {
  for (const one of Array.isArray(raw) ? (raw as unknown[]) : [raw]) {
    const fault = one === null || one === undefined ? undefined : wireFault(one)
    if (fault) return fault
  }
  return undefined
}

/** Why a single value is not taken from anybody, whatever the field. */
function wireFault(value: unknown): string | undefined {
  if (typeof value === 'boolean') return undefined
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'is not a finite number'
  return typeof value === 'string' ? textFault(value) : 'is neither text, number nor boolean'
}

function textFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  // A UTF-16 unit is at most three bytes of UTF-8, so most values need no counting.
  if (value.length * 3 > MAX_VALUE_BYTES && Buffer.byteLength(value) > MAX_VALUE_BYTES) return 'is too long'
  if (/\p{Cc}/u.test(value)) return 'holds control characters'
  return /\p{Cs}/u.test(value) ? 'is not well-formed Unicode' : undefined
}

function findNearMisses(read: ReceivedField[], received: string[]): Notice[] {
  const absent = read.filter(({ state }) => state === 'absent')
  if (absent.length === 0) return []
  const mapped = new Set(read.map(({ attribute }) => attribute))
  const unmapped = received.filter((name) => !mapped.has(name)).slice(0, 200)
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
