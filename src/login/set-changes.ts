import { CastRefusal, isSameValue } from '../fields/cast'
import { castSet, settableField, settableProblem } from '../fields/settable'
import { cleared, type PlannedChange } from './planned-change'
import { decideFault } from './read-answer'
import { findUsers, newUser, storedValue, type UserDocument, type UserStore } from './user-store'
import type { UndecidedInput } from './writable-fields'

type Situation = Pick<UndecidedInput, 'source'> & { document: UserDocument | undefined }

/** By path; undefined for a value that is already stored. */
type SetChanges = Map<string, PlannedChange | undefined>

/**
 * The changes that give a user these values. Throws JitError `invalid_configuration` for a path or a value that can't
 * be set.
 */
export async function planSet(
  store: UserStore,
  { source, document }: Situation,
  set: Readonly<Record<string, unknown>>,
): Promise<SetChanges> {
  const { schema } = store.model
  const changes: SetChanges = new Map()
  for (const [path, value] of Object.entries(set)) {
    try {
      const problem = settableProblem(schema, path)
      if (problem !== undefined) throw new CastRefusal(problem)
      changes.set(path, await planValue(store, { path, value, document }))
    } catch (error) {
      if (!(error instanceof CastRefusal)) throw error
      throw decideFault(source, `set['${path}']: ${error.message}`)
    }
  }
  return changes
}

async function planValue(
  store: UserStore,
  { path, value, document }: { path: string; value: unknown; document: UserDocument | undefined },
): Promise<PlannedChange | undefined> {
  const field = settableField(store.model.schema, store.fields, path)
  const from = document && (await stored(store, document, path))
  const blank = cleared(field)
  const { input, value: to } =
    value === undefined ? { input: blank, value: blank } : castSet(field, value, () => newUser(store))
  if (isSameValue(from, to)) return undefined
  if (document && field.immutable) throw new CastRefusal('the path is immutable, so only a new user gets it')
  return { field, from, to, input, isSet: true }
}

/** The stored value, even if the schema hides the path from queries. */
async function stored(store: UserStore, document: UserDocument, path: string): Promise<unknown> {
  if (document.isSelected(path)) return storedValue(document, path)
  const [user] = await findUsers(store, { _id: document._id }).select(`+${path}`)
  return user && storedValue(user, path)
}
