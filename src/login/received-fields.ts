import type { Field } from '../fields/catalog'
import type { Identity, NameQualifiers } from '../fields/identity'
import type { Source } from '../sources/config'
import type { Notice } from './result'

/**
 * One field of an assertion. `attribute`: the name that was read, or the first of `names` if none arrived. `several`:
 * more than one value was received for a field that holds one, and the first is used.
 */
export type ReceivedField = {
  field: Field
  attribute: string
  names: readonly string[]
  several: boolean
} & (
  | { state: 'absent' | 'empty' }
  | { state: 'invalid'; reason: string }
  /** `identifier`: for a reference, the login identifier of the user whose id is the value. */
  | { state: 'value'; value: unknown; input: unknown; identifier?: unknown }
  /** Another user, by login identifier. `unresolved`: set by a look-up that did not find exactly one user. */
  | { state: 'reference'; identifier: unknown; unresolved?: Unresolved }
)

/** How many users have the identifier of a reference that could not be resolved. */
export type Unresolved = 'nobody' | 'several'

export interface ReceivedAssertion {
  issuer: string
  subject: string | null
  /** With its format. Undefined over OpenID Connect, and if the assertion doesn't say. */
  nameId: NameQualifiers | undefined
  /** `text`: the provider sent `email_verified` as text, which is ignored. */
  emailVerified: boolean | 'text' | undefined
  /** The received attributes, by name. */
  attributes: Readonly<Record<string, unknown>>
  /** Every field, by path. */
  fields: ReadonlyMap<string, ReceivedField>
  /** The names of the received attributes that are about the person. */
  attributeNames: string[]
  /** Unmapped attributes that look like a mapped one that is absent. */
  nearMisses: Notice[]
}

/** The received email; undefined if the model has no such field. */
export function receivedEmail(received: ReceivedAssertion): ReceivedField | undefined {
  return [...received.fields.values()].find(({ field }) => field.standard === 'email')
}

export function isIdentityOf(identity: Identity, source: Source, received: ReceivedAssertion): boolean {
  const { issuer, subject } = received
  return identity.source === source.id && identity.issuer === issuer && identity.subject === subject
}
