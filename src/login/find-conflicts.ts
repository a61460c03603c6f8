import { isIndexOf } from '../fields/user-schema'
import type { UserLookup } from './find-candidates'
import { findTaken } from './identifier-holders'
import type { AcceptedPlan } from './plan'
import type { PlannedChange } from './planned-change'
import type { UserStore } from './user-store'
import type { Blocked } from './writable-fields'

type LookedUp = Pick<UserLookup, 'document' | 'taken'>

/**
 * The plan's identifiers that another user holds. A unique index decides that, except for emails and user names that
 * another user has in other letter case from before this library was used.
 */
export async function findConflicts(
  store: UserStore,
  { changes }: AcceptedPlan,
  { document, taken }: LookedUp,
): Promise<Blocked> {
  if (taken) return conflicts(changes.map(({ field }) => field.path).filter((path) => taken.has(path)))
  const identifiers = changes.filter(({ field }) => field.identifier && field.caseBlind)
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
