import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalogue'
import type { Identity } from '../fields/plugin'
import type { Source } from '../sources/config'
import { superior, type Authority } from './authority'
import { assertedEmail, isIdentityOf, type Arrived, type ArrivedAssertion } from './arrived'
import type { ErrorDetails, RefusalCode } from './errors'
import type { Candidates, UserView } from './candidates'
import { isEmailVouched, isInOwnDomain, linkingRefusal } from './linking'
import type { LoginPlan, Notice, Outcome } from './result'
import { pendingReason, planReferences, type PlannedReference } from './references'
import { isSelected, onMissing } from './selection'

/** Paths that cannot be written, as a first try has shown, and why. */
export type Blocked = Map<string, { code: 'invalid_value' | 'conflict' | 'unfilled'; reason: string }>

export interface PlanInput {
  source: Source
  fields: readonly Field[]
  arrived: ArrivedAssertion
  candidates: Candidates
  authority: Authority
  blocked: Blocked
  now: Date
}

/** One field to write. `input` is what goes through the model's setters to become `to`. */
export interface PlannedChange {
  field: Field
  from: unknown
  to: unknown
  input: unknown
}

/** What is to be done about the identity: nothing, move its lastLoginAt, add it. */
export type IdentityStep = { do: 'nothing' } | { do: 'touch' | 'add'; identity: Identity }

/** All that a sign-in writes. */
export interface AcceptedPlan {
  refusal?: undefined
  outcome: Outcome
  changes: PlannedChange[]
  /** What is remembered anew of fields that refer to another user. */
  references: PlannedReference[]
  identity: IdentityStep
  notices: Notice[]
}

export type Plan = AcceptedPlan | { refusal: NonNullable<LoginPlan['refusal']>; notices: Notice[] }

const TOUCH_INTERVAL = 60 * 60 * 1000

/** Works out what one sign-in does. Pure: the same input gives the same plan, and nothing is written. */
export function planLogin(input: PlanInput): Plan {
  const { candidates, arrived } = input
  const [user] = candidates.users
  const known = candidates.byIdentity ? user : undefined
  const refusal = refuse(input, known)
  if (refusal) return { refusal, notices: [...arrived.nearMisses, ...valueNotices(input)] }
  return user ? planExisting(input, user) : planNew(input)
}

function refuse(input: PlanInput, known: UserView | undefined): LoginPlan['refusal'] {
  const { source, arrived, candidates } = input
  if (!known && !isIdentified(input)) return identifierMissing(input)
  if (!isDomainAllowed(input, known !== undefined)) {
    return refusal('domain_refused', 'The e-mail address is not in a domain that this source may assert.')
  }
  if (candidates.users.length > 1) {
    return refusal('ambiguous_user', 'The login identifiers belong to more than one user.', {
      paths: [...new Set(candidates.users.flatMap(({ matchedBy }) => matchedBy))],
    })
  }
  const [user] = candidates.users
  if (user && !user.active) return refusal('user_inactive', 'This user is not active.')
  if (user && !known) {
    const reason = linkingRefusal(source, arrived, user)
    return reason ? refusal('linking_refused', reason, { paths: [...user.matchedBy] }) : undefined
  }
  return user ? undefined : refuseCreation(input)
}

function refuseCreation(input: PlanInput): LoginPlan['refusal'] {
  const { source, fields, arrived, blocked } = input
  if (!source.provisioning) {
    return refusal('provisioning_disabled', 'There is no such user, and this source does not create users.')
  }
  const missing = fields.filter((field) => {
    const { state } = arrived.fields.get(field.path)!
    const fit = state === 'value' && !blocked.has(field.path)
    const optional = field.hasDefault && (state === 'absent' || state === 'empty')
    return field.required && !fit && !optional
  })
  if (missing.length > 0) {
    const labels = missing.map(({ label }) => label).join(', ')
    const pending = missing.flatMap(({ path }) => {
      const one = arrived.fields.get(path)!
      return one.state === 'reference' && one.holders ? ` ${pendingReason(one, one.holders)}` : []
    })
    return missingFields(
      input,
      `No user is created without ${labels}.${pending.join('')}`,
      missing.map(({ path }) => path),
    )
  }
  const unfilled = [...blocked].flatMap(([path, { code }]) => (code === 'unfilled' ? path : []))
  if (unfilled.length > 0) {
    const message = `The user model demands ${unfilled.join(', ')}, and nothing that arrived fills it.`
    return missingFields(input, message, unfilled)
  }
  const identifiers = usableIdentifiers(input).filter(({ field }) => blocked.has(field.path))
  if (identifiers.length > 0) {
    return refusal('linking_refused', 'A login identifier belongs to a user who cannot be linked.', {
      paths: identifiers.map(({ field }) => field.path),
    })
  }
  // Without a lasting subject the next sign-in would find the new user by identifiers alone, under `linking`.
  if (arrived.subject !== null) return undefined
  const lost =
    linkingRefusal(source, arrived, newcomer(input)) ??
    (isEmailVouched(source, arrived) ? undefined : 'Nobody vouches for the e-mail address.')
  if (lost === undefined) return undefined
  return refusal('linking_refused', `A transient subject can only return by its identifiers. ${lost}`)
}

function missingFields({ arrived }: PlanInput, message: string, paths: string[]): LoginPlan['refusal'] {
  return refusal('required_field_missing', message, {
    expected: paths.flatMap((path) => arrived.fields.get(path)?.attribute ?? []),
    received: shown(arrived.received),
    paths,
  })
}

function newcomer(input: PlanInput): UserView {
  const matchedBy = usableIdentifiers(input).map(({ field }) => field.path)
  return { active: true, identities: [], values: new Map(), references: new Map(), matchedBy }
}

function planNew(input: PlanInput): Plan {
  const { source, arrived, now } = input
  const written = writable(input)
  const changes = written.flatMap((one): PlannedChange[] => {
    const { field } = one
    if (one.state === 'value') return [{ field, from: undefined, to: one.value, input: one.input }]
    const to = cleared(field)
    return losesDefault(source, one) ? [{ field, from: undefined, to, input: to }] : []
  })
  return {
    outcome: 'provisioned',
    changes,
    references: planReferences(source, written),
    identity: addIdentity(source, arrived, now, changes.some(isEmailChange)),
    notices: [...arrived.nearMisses, ...valueNotices(input)],
  }
}

/** What this sign-in writes, where it differs. */
function writable(input: PlanInput): Arrived[] {
  const writes = isWritten(input)
  return [...input.arrived.fields.values()].filter(
    ({ field }) => writes(field) && !input.blocked.has(field.path),
  )
}

/** The next sign-in would clear the schema's default, so it is not given in the first place. */
function losesDefault(source: Source, one: Arrived): boolean {
  const { field, state } = one
  const cleared = (state === 'absent' || state === 'empty') && onMissing(source, one) === 'clear'
  const clearable = field.hasDefault && !field.required && !field.identifier
  return cleared && clearable && isSelected(source, field, 'sync')
}

function planExisting(input: PlanInput, user: UserView): Plan {
  const { source, arrived, candidates, now } = input
  const written = writable(input)
  const found = written.map((one) => planField(input, user, one))
  const changes = found.flatMap(({ change }) => change ?? [])
  const references = planReferences(source, written, user)
  const linking = !candidates.byIdentity && arrived.subject !== null
  const email = changes.some(isEmailChange)
  const identity = linking
    ? addIdentity(source, arrived, now, email)
    : touchIdentity(input, user, changes.length + references.length > 0, email)
  return {
    outcome: linking ? 'linked' : changes.length > 0 ? 'synced' : 'unchanged',
    changes,
    references,
    identity,
    notices: [
      ...arrived.nearMisses,
      ...valueNotices(input),
      ...ownedNotices(input, user),
      ...found.flatMap(({ notice }) => notice ?? []),
    ],
  }
}

/** What one field of an existing user comes to; what cannot be written is left to `valueNotices`. */
function planField(
  input: PlanInput,
  user: UserView,
  one: Arrived,
): { change?: PlannedChange; notice?: Notice } {
  const { field } = one
  if (one.state === 'invalid' || one.state === 'reference') return {}
  const from = user.values.get(field.path)
  if (one.state === 'value') {
    if (isSameValue(from, one.value)) return {}
    if (isForgotten(input, field)) {
      const message = `${field.label} stays as it is: nobody vouches for “${one.attribute}”.`
      return { notice: notice(one, 'invalid_value', message) }
    }
    return { change: { field, from, to: one.value, input: one.input } }
  }
  if (onMissing(input.source, one) === 'keep' || isBlankValue(from)) return {}
  if (field.required || field.identifier) {
    return {
      notice: notice(one, 'not_cleared', `${field.label} arrived without a value and is never cleared.`),
    }
  }
  const to = cleared(field)
  return { change: { field, from, to, input: to } }
}

/** What is written where nothing is to be. A path that has a default would come back with it; null stays. */
function cleared(field: Field): unknown {
  return field.array ? [] : field.hasDefault ? null : undefined
}

/** An address that nobody vouches for, from a subject without an identity that would remember so. */
function isForgotten({ source, arrived }: PlanInput, field: Field): boolean {
  return field.standard === 'email' && arrived.subject === null && !isEmailVouched(source, arrived)
}

function isBlankValue(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** The notices that depend on what arrived, not on who it is about. */
function valueNotices(input: PlanInput): Notice[] {
  const { source, arrived, blocked, candidates } = input
  const writes = isWritten(input)
  const isNew = candidates.users.length === 0
  const kept = isNew ? 'is not set' : 'stays as it is'
  return [...arrived.fields.values()]
    .filter(({ field }) => writes(field))
    .flatMap((one): Notice[] => {
      const { field, attribute } = one
      const stop = blocked.get(field.path)
      if (stop && stop.code !== 'unfilled')
        return [notice(one, stop.code, `${field.label} ${kept}: “${attribute}” ${stop.reason}.`)]
      if (one.state === 'invalid') {
        return [notice(one, 'invalid_value', `${field.label} ${kept}: “${attribute}” ${one.reason}.`)]
      }
      if (one.state === 'reference' && one.holders) {
        return [
          notice(one, 'reference_pending', `${field.label} ${kept}: ${pendingReason(one, one.holders)}`),
        ]
      }
      if (one.several) {
        return [
          notice(
            one,
            'multiple_values',
            `${field.label} holds one value; the first of “${attribute}” was taken.`,
          ),
        ]
      }
      const isMissing = one.state === 'absent' || one.state === 'empty'
      const isKept = isMissing && (isNew ? one.state === 'absent' : onMissing(source, one) === 'keep')
      if (!isKept) return []
      const arrivedAs = one.state === 'absent' ? 'did not arrive' : 'arrived empty'
      return [
        notice(one, 'attribute_missing', `“${attribute}” ${arrivedAs}; ${field.label} was left as it is.`),
      ]
    })
}

/** What arrived for a field about which another source decides. */
function ownedNotices({ source, arrived, candidates, authority }: PlanInput, user: UserView): Notice[] {
  const wanted = isWanted({ source, arrived, candidates })
  return [...arrived.fields.values()].flatMap((one) => {
    const { field, state } = one
    const owner = superior(authority, source, user.identities, field)
    if (!owner || state === 'absent' || !wanted(field)) return []
    return [notice(one, 'owned_elsewhere', `${field.label} is kept in step by “${owner.label}”.`)]
  })
}

function notice({ field, attribute }: Arrived, code: Notice['code'], message: string): Notice {
  return { code, path: field.path, attribute, message }
}

/** Which fields this sign-in writes, if they fit. */
export function isWritten(
  input: Pick<PlanInput, 'source' | 'arrived' | 'candidates' | 'authority'>,
): (field: Field) => boolean {
  const wanted = isWanted(input)
  const identities = input.candidates.users[0]?.identities ?? []
  return (field) => wanted(field) && !superior(input.authority, input.source, identities, field)
}

/** Which fields this source fills in such a sign-in. */
export function isWanted({
  source,
  arrived,
  candidates,
}: Pick<PlanInput, 'source' | 'arrived' | 'candidates'>): (field: Field) => boolean {
  const use = candidates.users.length === 0 ? 'provision' : 'sync'
  return (field) => isSelected(source, field, use) && arrived.fields.has(field.path)
}

function usableIdentifiers({ source, arrived }: PlanInput): Extract<Arrived, { state: 'value' }>[] {
  return source.identifiers.flatMap((path) => {
    const one = arrived.fields.get(path)
    return one?.state === 'value' ? [one] : []
  })
}

/** An identifier that arrived but cannot be read may be anybody's: then the others do not count either. */
function isIdentified(input: PlanInput): boolean {
  const unreadable = input.source.identifiers.some(
    (path) => input.arrived.fields.get(path)?.state === 'invalid',
  )
  return !unreadable && usableIdentifiers(input).length > 0
}

function identifierMissing({ source, arrived }: PlanInput): NonNullable<LoginPlan['refusal']> {
  const expected = source.identifiers.map((path) => arrived.fields.get(path)!.attribute)
  return refusal(
    'identifier_missing',
    `No login identifier arrived that can be used (${expected.join(', ')}).`,
    {
      expected,
      received: shown(arrived.received),
      paths: [...source.identifiers],
    },
  )
}

function isDomainAllowed({ source, arrived }: PlanInput, known: boolean): boolean {
  if (source.domains.length === 0 || isInOwnDomain(source, arrived)) return true
  const state = assertedEmail(arrived)?.state ?? 'absent'
  return known && (state === 'absent' || state === 'empty')
}

function isEmailChange({ field }: PlannedChange): boolean {
  return field.standard === 'email'
}

function addIdentity(
  source: Source,
  arrived: ArrivedAssertion,
  now: Date,
  writesEmail: boolean,
): IdentityStep {
  if (arrived.subject === null) return { do: 'nothing' }
  const identity: Identity = {
    source: source.id,
    issuer: arrived.issuer,
    subject: arrived.subject,
    linkedAt: now,
    lastLoginAt: now,
  }
  if (writesEmail && !isEmailVouched(source, arrived)) identity.unvouchedEmail = true
  return { do: 'add', identity }
}

function touchIdentity(
  { source, arrived, now }: PlanInput,
  user: UserView,
  changed: boolean,
  writesEmail: boolean,
): IdentityStep {
  const stored = user.identities.find((one) => isIdentityOf(one, source, arrived))
  if (!stored) return { do: 'nothing' }
  const vouched = isEmailVouched(source, arrived)
  const unvouchedEmail = writesEmail
    ? !vouched
    : Boolean(stored.unvouchedEmail) && !(vouched && holdsEmail(user, arrived))
  const due = now.getTime() - (stored.lastLoginAt?.getTime() ?? 0) >= TOUCH_INTERVAL
  if (!changed && !due && unvouchedEmail === Boolean(stored.unvouchedEmail)) return { do: 'nothing' }
  const { unvouchedEmail: _before, ...rest } = stored
  return { do: 'touch', identity: { ...rest, lastLoginAt: now, ...(unvouchedEmail && { unvouchedEmail }) } }
}

function holdsEmail(user: UserView, arrived: ArrivedAssertion): boolean {
  const email = assertedEmail(arrived)
  return email?.state === 'value' && user.values.get(email.field.path) === email.value
}

function refusal(
  code: RefusalCode,
  message: string,
  details: ErrorDetails = {},
): NonNullable<LoginPlan['refusal']> {
  return { code, message, details }
}

/** Attribute names for a page or a log: as many and as long as somebody can read. */
function shown(names: readonly string[]): string[] {
  return names.slice(0, 100).map((name) => (name.length > 256 ? `${name.slice(0, 256)}…` : name))
}
