import { findHolders } from './identifier-holders'
import { findUsers, type UserDocument, type UserStore } from './user-store'

/** The user with this id or email who is linked to a source; undefined if not found. */
export async function findLinkedUser(
  store: UserStore,
  source: string,
  idOrEmail: string,
): Promise<UserDocument | undefined> {
  const email = store.fields.find(({ standard }) => standard === 'email')
  const users = idOrEmail.includes('@')
    ? email && (await findHolders(store, [{ field: email, value: idOrEmail.trim().toLowerCase() }]))
    : await byId(store, idOrEmail)
  const linked = (users ?? []).filter(({ identities }) => identities.some((one) => one.source === source))
  return linked.length === 1 ? linked[0] : undefined
}

async function byId(store: UserStore, id: string): Promise<UserDocument[]> {
  try {
    return await findUsers(store, { _id: store.model.schema.path('_id').cast(id) as unknown })
  } catch (error) {
    if ((error as Error).name === 'CastError') return []
    throw error
  }
}
