import type { Request } from 'express'
import type { JitContext } from '../passport/context'
import { JitError } from '../errors'
import { endSessions } from './app-session'
import type { ProviderLogout } from './provider-session'

/** By which a provider's message is told from all its others, and until when it could come again. */
interface Message {
  id: string
  expiresAt: Date
}

/**
 * Ends the sessions that a provider's order is about, in the session store of the app, and tells the app's listeners.
 * A message serves once, on whatever instance; one that could not be carried out in full may come again, since the
 * records of sessions that still live are kept. Rejects with JitError: `replayed`, or a fault.
 */
export async function carryOut(
  jit: Pick<JitContext, 'requests' | 'sessions' | 'loggedOut'>,
  req: Request,
  message: Message,
  order: ProviderLogout,
): Promise<void> {
  const { source } = order
  if (!(await jit.requests.firstUse(source, message.id, message.expiresAt))) {
    throw new JitError('replayed', 'The logout message was used before', { source })
  }
  try {
    const { gone, failures } = await endSessions(req, await jit.sessions.endedBy(order))
    await jit.sessions.forget(gone)
    if (gone.length > 0) await jit.loggedOut(source, gone)
    if (failures.length > 0) throw notEnded(source, failures)
  } catch (error) {
    // Where this fails too, the provider has another message to send.
    await jit.requests.forgetUse(source, message.id).catch(() => undefined)
    throw error
  }
}

function notEnded(source: string, failures: unknown[]): JitError {
  const message = `The session store could not end ${failures.length} of the sessions of a logout message`
  return new JitError('database_unavailable', message, { source, cause: failures[0] })
}
