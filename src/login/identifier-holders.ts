import type { Field } from '../fields/catalog'
import { composed, formsOf, normalize } from '../fields/normalize'
import { caseBlindCollation } from '../fields/user-schema'
import { findUsers, isWithin, storedValue, type UserDocument, type UserStore } from './user-store'

/** `field` is mostly a login identifier. */
export type FieldValue = { field: Field; value: unknown }

/**
 * Users in the store's scope who may have one of these identifiers. The collation matches more values than `holds`
 * does.
 */
export async function findHolders(
  store: UserStore,
  identifiers: readonly FieldValue[],
): Promise<UserDocument[]> {
  const users = await findUsers(store, anyOf(identifiers)).collation(caseBlindCollation)
  return users.filter((user) => isWithin(store, user))
}

/** Whether a user has this value, by `isSameIdentifier`. */
export function holds(user: UserDocument, { field, value }: FieldValue): boolean {
  return isSameIdentifier(field, storedValue(user, field.path), value)
}

/**
 * Whether a stored value equals an identifier. Identifiers are compared in composed form; emails and user names ignore
 * letter case.
 */
export function isSameIdentifier(field: Field, stored: unknown, value: unknown): boolean {
  if (stored === value) return true
  if (!field.identifier || typeof stored !== 'string' || typeof value !== 'string') return false
  const comparable = field.caseBlind ? normalize : composed
  return comparable(stored) === comparable(value)
}

/** The paths of those values that a user other than `self` has. */
export async function findTaken(
  store: UserStore,
  values: readonly FieldValue[],
  self: UserDocument | undefined,
): Promise<string[]> {
  // Only login identifiers have an index with the collation and are unique within the store's scope.
  const identifiers = values.filter(({ field }) => field.identifier)
  const others = values.filter(({ field }) => !field.identifier)
  const users = [
    ...(identifiers.length > 0 ? await findHolders(store, identifiers) : []),
    ...(others.length > 0 ? await findUsers({ ...store, scope: undefined }, anyOf(others)) : []),
  ].filter((user) => !user._id.equals(self?._id))
  return values.filter((value) => users.some((user) => holds(user, value))).map(({ field }) => field.path)
}

function anyOf(values: readonly FieldValue[]): { $or: object[] } {
  const equals = ({ field, value }: FieldValue): object[] =>
    (field.identifier ? formsOf(value) : [value]).map((form) => ({ [field.path]: form }))
  return { $or: values.flatMap(equals) }
}
