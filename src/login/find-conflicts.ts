import { formsOf } from '../fields/normalize'
import { isIndexOf } from '../fields/user-schema'
import type { UserLookup } from './find-candidates'
import { findTaken } from './identifier-holders'
import type { AcceptedPlan } from './plan'
import type { PlannedChange } from './planned-change'
import type { UserStore } from './user-store'
import type { Blocked } from './writable-fields'

type LookedUp = Pick<UserLookup, 'document' | 'taken'>

/**
 * The plan's identifiers that another user holds. A unique index decides that, except for those that another user has in
 * another form from before this library was used: an email in other letter case, an accent as a character of its own.
 */
export async function findConflicts(
  store: UserStore,
  { changes }: AcceptedPlan,
  { document, taken }: LookedUp,
): Promise<Blocked> {
  const known = changes.filter(({ field, isSet }) => !isSet && taken?.has(field.path))
  if (known.length > 0) return conflicts(known.map(({ field }) => field.path))
  const unknown = changes.filter(({ isSet }) => isSet || !taken)
  const identifiers = unknown.filter(
    ({ field, to }) => field.identifier && (field.caseBlind || formsOf(to).length > 1),
  )
  return takenAmong(store, identifiers, document)
}

/** Everything in the plan that a unique index on one path would refuse. */
export function foreseeConflicts(
  store: UserStore,
  { changes }: AcceptedPlan,
  { document }: LookedUp,
): Promise<Blocked> {
  const indexes = store.model.schema.indexes()
  const isUnique = ({ field }: PlannedChange): boolean =>
    indexes.some(([keys, options]) => options.unique && isIndexOf(keys, field.path))
  return takenAmong(store, changes.filter(isUnique), document)
}

async function takenAmong(
  store: UserStore,
  changes: readonly PlannedChange[],
  self: LookedUp['document'],
): Promise<Blocked> {
  const values = changes
    .filter(({ to }) => to !== undefined && to !== null)
    .map(({ field, to }) => ({ field, value: to }))
  return conflicts(await findTaken(store, values, self))
}

export function conflicts(paths: readonly string[]): Blocked {
  return new Map(paths.map((path) => [path, belongsToAnother]))
}

const belongsToAnother = { code: 'conflict', reason: 'belongs to another user' } as const
