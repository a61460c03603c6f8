import { removeIdentities } from '../login/disconnect'
import type { UserStore } from '../login/user-store'
import { endUserSessions } from '../sessions/app-logout'

type Setup = Parameters<typeof endUserSessions>[0] & { store: UserStore }

/** Removes a user's identities at a source, and ends the sessions that it began. Resolves to how many it removed. */
export async function disconnect(
  setup: Setup,
  from: { user: string; source: string },
  force: boolean,
): Promise<number> {
  // Nothing is removed where the sessions could not be ended.
  setup.sessionStore.get()
  const removed = await removeIdentities(setup.store, from, force)
  await endUserSessions(setup, from)
  return removed
}
