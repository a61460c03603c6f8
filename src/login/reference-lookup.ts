import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { ReceivedField, ReceivedAssertion } from './received-fields'
import {
  type Candidates,
  findHolders,
  holds,
  type Named,
  query,
  stored,
  type UserStore,
} from './find-candidates'
import type { Referenced } from './explain'
import { isSettled } from './plan-references'
import { userLabel } from './user-label'

type Reference = Extract<ReceivedField, { state: 'reference' }>

/** Whose an identifier is: one user's, whose id it is, or not. */
export type Holder = { id: unknown; holders?: undefined } | { holders: 'nobody' | 'several' }

/**
 * Puts in the place of each reference that may be written the user to whom it refers. What an earlier sign-in has
 * settled costs nothing; all others together cost one database command.
 */
export async function lookUpReferences(
  store: UserStore,
  arrived: ReceivedAssertion,
  { users }: Candidates,
  isWritten: (field: Field) => boolean,
): Promise<ReceivedAssertion> {
  const references = [...arrived.fields.values()].filter(
    (one): one is Reference => one.state === 'reference' && isWritten(one.field),
  )
  if (references.length === 0 || users.length > 1) return arrived
  const [user] = users
  const open = references.filter(({ field, named }) => !user || !isSettled(user, field, named))
  const holders = await holdersOf(
    store,
    open.map(({ field, named }) => ({ field: field.ref!, value: named })),
  )
  const fields = new Map(arrived.fields)
  for (const one of references) {
    const { path } = one.field
    fields.set(path, resolved(one, holders[open.indexOf(one)] ?? { id: user!.values.get(path) }))
  }
  return { ...arrived, fields }
}

function resolved(one: Reference, holder: Holder): ReceivedField {
  if (holder.holders) return { ...one, holders: holder.holders }
  return { ...one, state: 'value', value: holder.id, input: holder.id }
}

/** Whose each of these identifiers is: one database command, or none for none. */
export async function holdersOf(store: UserStore, wanted: readonly Named[]): Promise<Holder[]> {
  const documents = wanted.length === 0 ? [] : await findHolders(store, wanted)
  return wanted.map((one) => {
    const [holder, another] = documents.filter((document) => holds(document, one))
    if (holder && !another) return { id: stored(holder, '_id') }
    return { holders: holder ? 'several' : 'nobody' }
  })
}

/** Who the users are to whom the references were found to refer, by the fields' paths: for an admin's eyes. */
export async function labelReferences(store: UserStore, { fields }: ReceivedAssertion): Promise<Referenced> {
  const found = [...fields.values()].flatMap((one) =>
    one.field.ref && one.state === 'value' ? [{ path: one.field.path, id: one.value }] : [],
  )
  if (found.length === 0) return new Map()
  const users = await query(store, { _id: { $in: found.map(({ id }) => id) } })
  return new Map(
    found.map(({ path, id }) => {
      const user = users.find((one) => isSameValue(stored(one, '_id'), id))
      const shown = String(user?._id ?? id)
      const label = user && userLabel(store.fields, (of) => stored(user, of))
      return [path, { id: shown, label: label ?? shown }]
    }),
  )
}
