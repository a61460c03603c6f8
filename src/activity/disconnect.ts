import { removeIdentities } from '../login/disconnect'
import type { UserStore } from '../login/user-store'
import { endUserSessions } from '../sessions/app-logout'

type Setup = Parameters<typeof endUserSessions>[0] & { store: UserStore }

/**
 * Removes a user's identities at a source, and ends the sessions that the source began. Resolves to the number of
 * removed identities.
 */
export async function disconnect(
  setup: Setup,
  from: { user: string; source: string },
  force: boolean,
): Promise<number> {
  // If the sessions can't be ended, nothing is removed.
  setup.sessionStore.get()
  const removed = await removeIdentities(setup.store, from, force)
  await endUserSessions(setup, from)
  return removed
}
