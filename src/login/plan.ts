import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { Source } from '../sources/config'
import type { ReceivedField } from './received-fields'
import type { UserView } from './find-candidates'
import { addIdentity, touchIdentity, type IdentityStep } from './identity-step'
import { isEmailVouched } from './linking'
import { notice, ownedNotices, valueNotices } from './notices'
import { isWritten, type PlanInput } from './writable-fields'
import { planReferences, type PlannedReference } from './plan-references'
import { refuse } from './refuse'
import type { LoginPlan, Notice, Outcome } from './result'
import { isSelected, onMissing } from '../sources/selection'

/** One field to write. `input` is what goes through the model's setters to become `to`. */
export interface PlannedChange {
  field: Field
  from: unknown
  to: unknown
  input: unknown
}

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

/** Works out what one sign-in does. Pure: the same input gives the same plan, and nothing is written. */
export function planLogin(input: PlanInput): Plan {
  const { candidates, arrived } = input
  const [user] = candidates.users
  const known = candidates.byIdentity ? user : undefined
  const refusal = refuse(input, known)
  if (refusal) return { refusal, notices: [...arrived.nearMisses, ...valueNotices(input)] }
  return user ? planExisting(input, user) : planNew(input)
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
function writable(input: PlanInput): ReceivedField[] {
  const writes = isWritten(input)
  return [...input.arrived.fields.values()].filter(
    ({ field }) => writes(field) && !input.blocked.has(field.path),
  )
}

/** The next sign-in would clear the schema's default, so it is not given in the first place. */
function losesDefault(source: Source, one: ReceivedField): boolean {
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
  one: ReceivedField,
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

function isEmailChange({ field }: PlannedChange): boolean {
  return field.standard === 'email'
}
