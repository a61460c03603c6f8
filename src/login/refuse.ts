import type { Field } from '../fields/catalog'
import type { ErrorDetails, RefusalCode } from '../errors'
import type { UserView } from './find-candidates'
import { connectingRefusal, isEmailVouched, isInOwnDomain, linkingRefusal, unverifiedEmail } from './linking'
import { nameIdProblem } from './name-id'
import { unresolvedReason } from './plan-references'
import { type ReceivedAssertion, receivedEmail, type ReceivedField } from './received-fields'
import type { LoginPlan } from './result'
import { isBlankValue } from './planned-change'
import type { PlanInput } from './writable-fields'

type Refusal = NonNullable<LoginPlan['refusal']>

/**
 * Why a sign-in is refused; undefined if it isn't. `owner`: the user who already has this identity. Until the app
 * decides, a refusal that it can lift counts only if another rule refuses too.
 */
export function refuse(input: PlanInput, owner: UserView | undefined): Refusal | undefined {
  const refusal = firstRefusal(input, owner)
  if (!refusal || !input.decided.isOpen || !liftable.includes(refusal.code)) return refusal
  return firstRefusal(input, owner, liftable) && refusal
}

/** The refusals that `decide` can lift: with `reactivate`, and with `set`. */
const liftable: readonly RefusalCode[] = ['user_inactive', 'required_field_missing']

function firstRefusal(
  input: PlanInput,
  owner: UserView | undefined,
  lifted: readonly RefusalCode[] = [],
): Refusal | undefined {
  const { source, received, candidates, decided } = input
  if (candidates.isForeign) {
    const message = 'This identity belongs to a user of another organization than this source.'
    return refusal('organization_mismatch', message)
  }
  const differs = owner && nameIdProblem(source, received, owner)
  if (differs !== undefined) return refusal('invalid_assertion', differs, { check: 'name_id_format' })
  const { connecting } = candidates
  if (connecting === 'taken') return refusal('identity_taken', 'This identity belongs to another user.')
  if (!owner && !connecting && !isIdentified(input)) return identifierMissing(input)
  if (!isDomainAllowed(input, owner)) {
    return refusal('domain_refused', 'The email is not in a domain that is listed for this source.')
  }
  if (candidates.users.length > 1) {
    return refusal('ambiguous_user', 'The login identifiers match more than one user.', {
      paths: [...new Set(candidates.users.flatMap(({ matchedBy }) => matchedBy))],
    })
  }
  const [user] = candidates.users
  if (!user) return refuseCreation(input, lifted)
  if (!user.active && !decided.reactivate && !lifted.includes('user_inactive'))
    return refusal('user_inactive', 'This user is not active.')
  const refusalOf = connecting ? connectingRefusal : linkingRefusal
  const reason = owner ? undefined : refusalOf(source, received, user)
  return reason === undefined ? undefined : refusal('linking_refused', reason, { paths: [...user.matchedBy] })
}

function refuseCreation(input: PlanInput, lifted: readonly RefusalCode[]): Refusal | undefined {
  const { source, blocked } = input
  if (!source.provisioning) {
    return refusal('provisioning_disabled', 'No user matches, and this source does not create users.')
  }
  const taken = usableIdentifiers(input).filter(({ field }) => blocked.get(field.path)?.code === 'conflict')
  if (taken.length > 0) {
    return refusal('linking_refused', 'A login identifier belongs to a user who cannot be linked.', {
      paths: taken.map(({ field }) => field.path),
    })
  }
  const incomplete = lifted.includes('required_field_missing') ? undefined : refuseIncomplete(input)
  return incomplete ?? refuseTransient(input)
}

/** Refuses to create a user without a required field, or a path that the model requires. */
function refuseIncomplete(input: PlanInput): Refusal | undefined {
  const { fields, received, blocked } = input
  const missing = fields.filter((field) => isMissing(input, field))
  if (missing.length > 0) {
    const labels = missing.map(({ label }) => label).join(', ')
    const paths = missing.map(({ path }) => path)
    const message = `No user is created without ${labels}.${reasonsOf(received, paths)}`
    return missingFields(input, message, paths)
  }
  const unfilled = [...blocked].flatMap(([path, { code }]) => (code === 'unfilled' ? path : []))
  if (unfilled.length === 0) return undefined
  const message = `The user model requires ${unfilled.join(', ')}, and no received attribute fills it.`
  return missingFields(input, message, unfilled)
}

/** Why received fields have no value. */
function reasonsOf({ fields }: ReceivedAssertion, paths: readonly string[]): string {
  const reasons = paths.flatMap((path) => {
    const entry = fields.get(path)!
    if (entry.state === 'invalid') return ` “${entry.attribute}” ${entry.reason}.`
    const unresolved = entry.state === 'reference' && entry.unresolved
    return unresolved ? ` ${unresolvedReason(entry, unresolved)}` : []
  })
  return reasons.join('')
}

/** Whether a new user would lack a field that is required or, if it was received, has to match at the next sign-in. */
function isMissing({ source, received, blocked, decided }: PlanInput, field: Field): boolean {
  if (decided.set.has(field.path)) return field.required && isBlankValue(decided.set.get(field.path)?.to)
  const { state } = received.fields.get(field.path)!
  const isUsable = state === 'value' && !blocked.has(field.path)
  const isDefaulted = field.hasDefault && (state === 'absent' || state === 'empty')
  const isNeeded = field.required || (state === 'value' && source.identifiers.includes(field.path))
  return isNeeded && !isUsable && !isDefaulted
}

/** With a transient subject, the next sign-in has to find the new user by identifiers alone, as `linking` allows. */
function refuseTransient(input: PlanInput): Refusal | undefined {
  const { source, received } = input
  if (received.subject !== null) return undefined
  const isVouched = isEmailVouched(source, received)
  const reason =
    linkingRefusal(source, received, newcomer(input)) ?? (isVouched ? undefined : unverifiedEmail(received))
  if (reason === undefined) return undefined
  const message = `With a transient subject, users are recognized by login identifiers only. ${reason}`
  return refusal('linking_refused', message)
}

function missingFields({ received }: PlanInput, message: string, paths: string[]): Refusal {
  return refusal('required_field_missing', message, {
    expected: paths.flatMap((path) => received.fields.get(path)?.names ?? []),
    received: shortened(received.attributeNames),
    paths,
  })
}

function newcomer(input: PlanInput): UserView {
  const matchedBy = usableIdentifiers(input).map(({ field }) => field.path)
  return {
    active: true,
    identities: [],
    values: new Map(),
    references: new Map(),
    matchedBy,
    organizations: [],
  }
}

function usableIdentifiers({ source, received }: PlanInput): Extract<ReceivedField, { state: 'value' }>[] {
  return source.identifiers.flatMap((path) => {
    const entry = received.fields.get(path)
    return entry?.state === 'value' ? [entry] : []
  })
}

/** An email that can't be read could be anyone's, so no other identifier counts then. */
function isIdentified(input: PlanInput): boolean {
  const email = receivedEmail(input.received)
  const isUnreadable = email?.state === 'invalid' && input.source.identifiers.includes(email.field.path)
  return !isUnreadable && usableIdentifiers(input).length > 0
}

function identifierMissing({ source, received }: PlanInput): Refusal {
  const expected = source.identifiers.flatMap((path) => received.fields.get(path)!.names)
  const reasons = reasonsOf(received, source.identifiers)
  const message = `No usable login identifier was received (${expected.join(', ')}).${reasons}`
  return refusal('identifier_missing', message, {
    expected,
    received: shortened(received.attributeNames),
    paths: [...source.identifiers],
  })
}

function isDomainAllowed({ source, received }: PlanInput, owner: UserView | undefined): boolean {
  if (source.domains.length === 0 && !source.delegated) return true
  if (isInOwnDomain(source, received)) return true
  if (!owner) return false
  const email = receivedEmail(received)
  if (!email || email.state === 'absent' || email.state === 'empty') return true
  // Without a domain, a delegated source lets in people it knows, as long as their email doesn't change.
  if (source.domains.length > 0 || email.state !== 'value') return false
  return owner.values.get(email.field.path) === email.value
}

function refusal(code: RefusalCode, message: string, details: ErrorDetails = {}): Refusal {
  return { code, message, details }
}

/** Attribute names for a page or a log: no more, and no longer, than a person can read. */
function shortened(names: readonly string[]): string[] {
  return names.slice(0, 100).map((name) => (name.length > 256 ? `${name.slice(0, 256)}…` : name))
}
