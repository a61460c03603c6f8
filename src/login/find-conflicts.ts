import type { Field } from '../fields/catalog'
import { formsOf } from '../fields/normalize'
import { isIndexOn, keysOf } from '../fields/index-keys'
import type { UserLookup } from './find-candidates'
import { findTaken } from './identifier-holders'
import type { AcceptedPlan } from './plan'
import type { PlannedChange } from './planned-change'
import { storedValue, type UserStore } from './user-store'
import type { Blocked } from './writable-fields'

type LookedUp = Pick<UserLookup, 'document' | 'taken'>

/**
 * The plan's identifiers that another user has. A unique index finds most of them. It misses values stored in another
 * form before this library was used: an email in different letter case, or an accent as a separate character.
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

/**
 * Everything in the plan that a unique index on one path, or on an identifier within the organization, would refuse.
 */
export function foreseeConflicts(
  store: UserStore,
  { changes }: AcceptedPlan,
  { document }: LookedUp,
): Promise<Blocked> {
  const indexes = store.model.schema.indexes()
  const organization = store.scope && store.organization?.path
  const paths = ({ identifier, path }: Field): string[] => keysOf(path, identifier ? organization : undefined)
  const isUnique = ({ field }: PlannedChange): boolean =>
    indexes.some(([keys, options]) => options.unique && isIndexOn(keys, paths(field)))
  return takenAmong(store, changes.filter(isUnique), document)
}

/**
 * The login identifiers of an existing user that another user in their new organization already has. Two users would
 * have the same identifier.
 */
export async function findTakenByJoining(
  store: UserStore,
  { membership }: AcceptedPlan,
  { document }: LookedUp,
): Promise<Blocked> {
  if (membership?.joins === undefined || !store.scope || !document) return new Map()
  const values = store.fields
    .filter(({ identifier }) => identifier)
    .map((field) => ({ field, value: storedValue(document, field.path) }))
    .filter(({ value }) => value !== undefined && value !== null && value !== '')
  return values.length === 0 ? new Map() : conflicts(await findTaken(store, values, document))
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
