import { isSameValue } from '../fields/cast'
import type { Referenced } from './explain'
import { type FieldValue, findHolders, holds } from './identifier-holders'
import { isSettled } from './plan-references'
import type { ReceivedAssertion, ReceivedField, Unresolved } from './received-fields'
import { userLabel } from './user-label'
import { findUsers, storedValue, type UserStore } from './user-store'
import { isWritten, type SignInInput } from './writable-fields'

type Reference = Extract<ReceivedField, { state: 'reference' }>

/** The one user who has an identifier, or why there isn't one. */
export type Holder = { id: unknown; unresolved?: undefined } | { unresolved: Unresolved }

/**
 * Replaces each reference that may be written by the user it refers to. References that an earlier sign-in
 * settled cost nothing; the others cost one database command together.
 */
export async function lookUpReferences(store: UserStore, input: SignInInput): Promise<ReceivedAssertion> {
  const { received, candidates } = input
  const writes = isWritten(input)
  const references = [...received.fields.values()].filter(
    (entry): entry is Reference => entry.state === 'reference' && writes(entry.field),
  )
  if (references.length === 0 || candidates.users.length > 1) return received
  const [user] = candidates.users
  const open = references.filter(({ field, identifier }) => !user || !isSettled(user, field, identifier))
  const identifiers = open.map(({ field, identifier }) => ({ field: field.ref!, value: identifier }))
  const holders = await findEachHolder(store, identifiers)
  const fields = new Map(received.fields)
  for (const reference of references) {
    const { path } = reference.field
    const holder = holders[open.indexOf(reference)] ?? { id: user!.values.get(path) }
    fields.set(path, resolve(reference, holder))
  }
  return { ...received, fields }
}

function resolve(reference: Reference, holder: Holder): ReceivedField {
  if (holder.unresolved) return { ...reference, unresolved: holder.unresolved }
  return { ...reference, state: 'value', value: holder.id, input: holder.id }
}

/** The holder of each identifier, in one database command, or none if there are no identifiers. */
export async function findEachHolder(
  store: UserStore,
  identifiers: readonly FieldValue[],
): Promise<Holder[]> {
  const users = identifiers.length === 0 ? [] : await findHolders(store, identifiers)
  return identifiers.map((identifier) => {
    const [user, another] = users.filter((candidate) => holds(candidate, identifier))
    if (user && !another) return { id: storedValue(user, '_id') }
    return { unresolved: user ? 'several' : 'nobody' }
  })
}

export async function labelReferences(store: UserStore, { fields }: ReceivedAssertion): Promise<Referenced> {
  const resolved = [...fields.values()].flatMap((entry) =>
    entry.field.ref && entry.state === 'value' ? [{ path: entry.field.path, id: entry.value }] : [],
  )
  if (resolved.length === 0) return new Map()
  const users = await findUsers(store, { _id: { $in: resolved.map(({ id }) => id) } })
  return new Map(
    resolved.map(({ path, id: wanted }) => {
      const user = users.find((candidate) => isSameValue(storedValue(candidate, '_id'), wanted))
      const id = String(user?._id ?? wanted)
      const label = user && userLabel(store.fields, (of) => storedValue(user, of))
      return [path, { id, label: label ?? id }]
    }),
  )
}
