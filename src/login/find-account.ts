import { JitError } from '../errors'
import type { Source } from '../sources/config'
import { accountFound, findByIdentity, foreignFound, ownerFound, type UserLookup } from './find-candidates'
import { isIdentityOf, type ReceivedAssertion } from './received-fields'
import { findUsers, isWithin, type UserStore } from './user-store'

/**
 * Looks up the user to connect the identity to, and the owner of the identity. Identifiers aren't matched. Rejects with
 * JitError `user_inactive` if the user is gone.
 */
export async function findAccount(
  store: UserStore,
  { source, account }: { source: Source; account: string },
  received: ReceivedAssertion,
): Promise<UserLookup> {
  const [user] = await findUsers({ ...store, scope: undefined }, { _id: account })
  if (!user) throw new JitError('user_inactive', 'This user does not exist any more.', { source: source.id })
  const owners = await findByIdentity(store, source, received)
  const owner = owners.find(({ identities }) =>
    identities.some((identity) => isIdentityOf(identity, source, received)),
  )
  if (owner?._id.equals(user._id)) return ownerFound(store, source, user)
  if (!owner && !isWithin(store, user)) return foreignFound(false)
  return accountFound(store, user, owner !== undefined)
}
