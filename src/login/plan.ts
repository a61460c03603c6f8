import { isSameValue } from '../fields/cast'
import { isWithin } from '../fields/schema-paths'
import type { Source } from '../sources/config'
import { isSelected, onMissing } from '../sources/selection'
import type { UserView } from './find-candidates'
import { addIdentity, touchIdentity, type IdentityStep } from './identity-step'
import { isEmailVouched, unverifiedEmail } from './linking'
import { type Membership, planMembership } from './membership'
import { notice, ownedNotices, valueNotices } from './notices'
import { cleared, isBlankValue, isEmailChange, type PlannedChange } from './planned-change'
import { planReferences, type PlannedReference } from './plan-references'
import type { ReceivedField } from './received-fields'
import { refuse } from './refuse'
import type { LoginPlan, Notice, Outcome } from './result'
import { isWritten, type PlanInput } from './writable-fields'

export interface AcceptedPlan {
  refusal?: undefined
  outcome: Outcome
  changes: PlannedChange[]
  references: PlannedReference[]
  /** Undefined if the app has no organizations, or when references are filled. */
  membership?: Membership | undefined
  identity: IdentityStep
  notices: Notice[]
}

interface RefusedPlan {
  refusal: NonNullable<LoginPlan['refusal']>
  notices: Notice[]
}

export type Plan = AcceptedPlan | RefusedPlan

/** Plans one sign-in. Pure: the same input gives the same plan, and nothing is written. */
export function planLogin(input: PlanInput): Plan {
  const { candidates, received } = input
  const [user] = candidates.users
  const refusal = refuse(input, candidates.byIdentity ? user : undefined)
  if (refusal) return { refusal, notices: [...received.nearMisses, ...valueNotices(input)] }
  return user ? planExisting(input, user) : planNew(input)
}

function planNew(input: PlanInput): Plan {
  const { source, received } = input
  const entries = writable(input)
  const filled = entries.flatMap((entry): PlannedChange[] => {
    const { field } = entry
    if (entry.state === 'value') return [{ field, from: undefined, to: entry.value, input: entry.input }]
    const to = cleared(field)
    return losesDefault(source, entry) ? [{ field, from: undefined, to, input: to }] : []
  })
  const changes = [...filled, ...setChanges(input)]
  return {
    outcome: 'provisioned',
    changes,
    references: planReferences(source, entries),
    membership: planMembership(input.organization, source, []),
    identity: addIdentity(input, changes.some(isEmailChange)),
    notices: [...received.nearMisses, ...valueNotices(input)],
  }
}

/** The entries to write. Values that the app or the source sets override received ones. */
function writable(input: PlanInput): ReceivedField[] {
  const { received, blocked, decided } = input
  const writes = isWritten(input)
  const set = [...decided.set.keys()]
  const entries = [...received.fields.values()]
  return entries.filter(
    ({ field: { path }, field }) =>
      writes(field) && !blocked.has(path) && !set.some((parent) => isWithin(path, parent)),
  )
}

function setChanges({ decided }: PlanInput): PlannedChange[] {
  return [...decided.set.values()].flatMap((change) => change ?? [])
}

/** Whether the next sign-in would clear the schema's default. Then a new user doesn't get it. */
function losesDefault(source: Source, entry: ReceivedField): boolean {
  const { field, state } = entry
  const isCleared = (state === 'absent' || state === 'empty') && onMissing(source, entry) === 'clear'
  const isClearable = field.hasDefault && !field.required && !field.identifier
  return isCleared && isClearable && isSelected(source, field, 'sync')
}

function planExisting(input: PlanInput, user: UserView): Plan {
  const { source, received, candidates } = input
  const entries = writable(input)
  const planned = entries.map((entry) => planField(input, user, entry))
  const changes = [...planned.flatMap(({ change }) => change ?? []), ...setChanges(input)]
  const references = planReferences(source, entries, user)
  const isLinking = !candidates.byIdentity && received.subject !== null
  const email = changes.some(isEmailChange)
  const membership = planMembership(input.organization, source, user.organizations)
  const anything = changes.length + references.length > 0 || membership?.joins !== undefined
  return {
    outcome: isLinking ? 'linked' : changes.length > 0 ? 'synced' : 'unchanged',
    changes,
    references,
    membership,
    identity: isLinking ? addIdentity(input, email) : touchIdentity(input, user, { anything, email }),
    notices: [
      ...received.nearMisses,
      ...valueNotices(input),
      ...ownedNotices(input, user),
      ...planned.flatMap(({ notice }) => notice ?? []),
    ],
  }
}

type PlannedField = { change?: PlannedChange; notice?: Notice }

const unchanged: PlannedField = {}

/** Plans one field of an existing user. `valueNotices` covers values that can't be written. */
function planField(input: PlanInput, user: UserView, entry: ReceivedField): PlannedField {
  const { field } = entry
  if (entry.state === 'invalid' || entry.state === 'reference') return unchanged
  const from = user.values.get(field.path)
  if (entry.state === 'value') {
    if (isSameValue(from, entry.value)) return unchanged
    if (isUntraceableEmail(input, field)) {
      const message = `${field.label} is not changed. ${unverifiedEmail(input.received)}`
      return { notice: notice(entry, 'invalid_value', message) }
    }
    return { change: { field, from, to: entry.value, input: entry.input } }
  }
  if (onMissing(input.source, entry) === 'keep' || isBlankValue(from)) return unchanged
  if (field.required || field.identifier) {
    const message = `${field.label} was received without a value, but is never cleared.`
    return { notice: notice(entry, 'not_cleared', message) }
  }
  const to = cleared(field)
  return { change: { field, from, to, input: to } }
}

/** Whether this is an untrusted email from a transient subject: no stored identity could remember that. */
function isUntraceableEmail({ source, received }: PlanInput, field: ReceivedField['field']): boolean {
  return field.standard === 'email' && received.subject === null && !isEmailVouched(source, received)
}
