import { promisify } from 'node:util'
import type { Request } from 'express'
import { JitError } from '../errors'

type Done = (error?: unknown) => void

/** What is used of a request that has passed express-session. */
interface WithSession {
  sessionID?: string
  session?: { cookie?: { expires?: Date | false | null }; regenerate(done: Done): void }
  sessionStore?: SessionStore
}

interface SessionStore {
  destroy(id: string, done: Done): void
}

/**
 * A request that had read its session before it was ended may write it back when it is over: one that changed its
 * session, and with express-session's `resave` any. So it is ended again, after so many milliseconds.
 */
const AGAIN = [1_000, 10_000, 60_000]

/** The id of a request's session; undefined where sessions are not kept in a store of express-session's kind. */
export function sessionIdOf(req: Request): string | undefined {
  const { sessionID, session, sessionStore } = req as WithSession
  return session && sessionStore ? sessionID : undefined
}

/** When a request's session ends if it is not used; undefined where its cookie has no lifetime. */
export function sessionExpiry(req: Request): Date | undefined {
  const { expires } = (req as WithSession).session?.cookie ?? {}
  return expires || undefined
}

/**
 * Has nothing of a request's session saved when it ends. One that could not be saved holds the user all the same, and
 * express-session saves it once more with the answer, whatever that is: whoever was told that the sign-in failed would
 * be signed in.
 */
export function dropSession(req: object): void {
  Object.assign(req, { session: null })
}

/** Gives a request another session, with nobody in it; the one that it had is gone. */
export async function renewSession(req: Request): Promise<void> {
  const { session } = req as WithSession
  if (session) await promisify((done: Done) => session.regenerate(done))()
}

/**
 * Ends sessions in the store of the app, which this request has passed. Resolves to those that are gone, and to why
 * others are not: one that cannot be ended does not keep the others. Rejects with JitError `invalid_configuration`
 * where there is no store.
 */
export async function endSessions(
  req: Request,
  ids: readonly string[],
): Promise<{ gone: string[]; failures: unknown[] }> {
  const { sessionStore } = req as WithSession
  if (!sessionStore) {
    const message =
      'Sessions cannot be ended: express-session has to come before the router, with a store, and with a cookie ' +
      'path that the router is below.'
    throw new JitError('invalid_configuration', message)
  }
  const destroy = promisify((id: string, done: Done) => sessionStore.destroy(id, done))
  const own = sessionIdOf(req)
  // What this request holds would be written back when it ends.
  const end = async (id: string): Promise<void> => (id === own ? renewSession(req) : destroy(id))
  const ended = await Promise.allSettled(ids.map(end))
  for (const delay of ids.length > 0 ? AGAIN : []) {
    setTimeout(() => ids.forEach((id) => void destroy(id).catch(() => undefined)), delay).unref()
  }
  return {
    gone: ids.filter((_, i) => ended[i]?.status === 'fulfilled'),
    failures: ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : [])),
  }
}
