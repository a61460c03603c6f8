import { Error as MongooseErrors } from 'mongoose'
import { JitError } from '../errors'
import { latestSignIn } from './apply'
import { findUsers, type UserDocument, type UserStore } from './user-store'

/** How many times to try again if another process writes the user first. */
const MAX_ATTEMPTS = 20

/**
 * Removes a user's identities at a source, even a deleted one. Resolves to the number of removed identities. If the
 * user would have none left and `force` isn't true, it rejects with JitError `linking_refused` and writes nothing.
 */
export async function removeIdentities(
  store: UserStore,
  { user: id, source }: { user: string; source: string },
  force: boolean,
): Promise<number> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const [user] = await findUsers(store, { _id: id })
    const before = user?.identities ?? []
    const kept = before.filter((identity) => identity.source !== source)
    const removed = before.length - kept.length
    if (!user || removed === 0) return 0
    if (kept.length === 0 && !force) {
      const message =
        'This is the only sign-in of the user, who could not come back through a source. Give { force: true } to remove it.'
      throw new JitError('linking_refused', message, { source })
    }
    if (await save(user, source)) return removed
  }
  const message = 'Gave up: other processes keep changing the same user.'
  throw new JitError('database_unavailable', message, { source })
}

/** Resolves to false if another process wrote the user first. */
async function save(user: UserDocument, source: string): Promise<boolean> {
  user.$where = { 'identities.lastLoginAt': { $not: { $gt: latestSignIn(user) } } }
  const isRemoved = (identity: { source: string }): boolean => identity.source === source
  const kept = user.identities.filter((identity) => !isRemoved(identity))
  // The unverified email still blocks linking while someone who may have prepared the account can sign in.
  if (kept[0] && user.identities.some((identity) => isRemoved(identity) && identity.unvouchedEmail)) {
    kept[0].unvouchedEmail = true
  }
  // Replacing the whole list increments the document's version, so a pending sign-in looks the user up again.
  user.set('identities', kept)
  try {
    await user.save({ validateBeforeSave: false })
    return true
  } catch (error) {
    const { VersionError, DocumentNotFoundError } = MongooseErrors
    if (error instanceof VersionError || error instanceof DocumentNotFoundError) return false
    throw error
  }
}
