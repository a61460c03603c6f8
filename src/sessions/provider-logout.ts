import type { Request } from 'express'
import { JitError } from '../errors'
import { type AppSessionStore, endSessions } from './app-session'
import type { PendingSignIns } from './pending-sign-ins'
import type { ProviderLogout } from './provider-session'
import type { SignedInSessions } from './signed-in-sessions'

/** A provider's logout message: its id, until when it could be sent again, and what it orders. */
export interface LogoutMessage {
  id: string
  expiresAt: Date
  logout: ProviderLogout
}

export interface SessionEnding {
  pendingSignIns: PendingSignIns
  sessions: SignedInSessions
  sessionStore: AppSessionStore
  /** Tells the app's listeners which sessions have ended. */
  loggedOut: (source: string, sessions: string[]) => Promise<void>
}

/**
 * Ends the sessions that a provider's message covers, in the app's session store, and tells the app's listeners. A
 * message serves once, over all instances. One that could not be carried out in full may be sent again: the records
 * of sessions that still live are kept. Rejects with JitError: `replayed`, or a fault.
 */
export async function endProviderSessions(
  { pendingSignIns, sessions, sessionStore, loggedOut }: SessionEnding,
  req: Request,
  { id, expiresAt, logout }: LogoutMessage,
): Promise<void> {
  const { source } = logout
  if (!(await pendingSignIns.isFirstUse(source, id, expiresAt)))
    throw new JitError('replayed', 'The logout message was used before.', { source })
  try {
    const covered = await sessions.endedBy(logout)
    const { ended, failures } = await endSessions(sessionStore.get(), covered, req)
    await sessions.forget(ended)
    if (ended.length > 0) await loggedOut(source, ended)
    if (failures.length > 0) throw notEnded(failures, source)
  } catch (error) {
    // If this fails too, the provider has to send another message.
    await pendingSignIns.forgetUse(source, id).catch(() => undefined)
    throw error
  }
}

/** The error for sessions that the session store could not end. */
export function notEnded(failures: unknown[], source?: string): JitError {
  const message = `The session store could not end ${failures.length} of the sessions of a logout.`
  return new JitError('database_unavailable', message, { source, cause: failures[0] })
}
