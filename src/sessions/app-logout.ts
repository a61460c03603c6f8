import type { Request } from 'express'
import { endSessions, sessionIdOf } from './app-session'
import { notEnded, type SessionEnding } from './provider-logout'
import type { UserLogout } from './provider-session'

/**
 * Ends the sessions of a user in the app's session store, except the one of the request `except`, and tells the app's
 * listeners. Resolves to how many have ended. A sign-in under way gets no session. If the store could not end them all,
 * it rejects with JitError `database_unavailable`, and another call ends the rest. Rejects with JitError
 * `invalid_configuration` without a store.
 */
export async function endUserSessions(
  { sessions, sessionStore, loggedOut }: Omit<SessionEnding, 'pendingSignIns'>,
  logout: UserLogout,
  except?: Request,
): Promise<number> {
  const store = sessionStore.get()
  const kept = except && sessionIdOf(except)
  const covered = (await sessions.endedByApp(logout)).filter(({ id }) => id !== kept)
  const { ended, failures } = await endSessions(
    store,
    covered.map(({ id }) => id),
  )
  await sessions.forget(ended)
  for (const source of new Set(covered.map((session) => session.source))) {
    const ids = covered.flatMap(({ id, ...session }) => (session.source === source ? id : []))
    const endedThere = ids.filter((id) => ended.includes(id))
    if (endedThere.length > 0) await loggedOut(source, endedThere)
  }
  if (failures.length > 0) throw notEnded(failures)
  return ended.length
}
