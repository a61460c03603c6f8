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

/** What is used of a session store like those of express-session. */
export interface SessionStore {
  destroy(id: string, done: (error?: unknown) => void): void
}

/** The app's session store: that of `createJit`, else that of a request. */
export class AppSessionStore {
  #ofLastRequest: SessionStore | undefined

  constructor(private readonly configured: SessionStore | undefined) {}

  /** Remembers the store of a request. */
  note(req: Request): void {
    this.#ofLastRequest = (req as WithSession).sessionStore ?? this.#ofLastRequest
  }

  /** Throws JitError `invalid_configuration` without a store. */
  get(): SessionStore {
    const store = this.configured ?? this.#ofLastRequest
    if (store) return store
    const message =
      'Sessions cannot be ended: express-session must come before the router, with a store and a cookie path above it; or give createJit({ sessionStore }).'
    throw new JitError('invalid_configuration', message)
  }
}

/**
 * A request that read its session before the session ended may write it back afterwards: one that changed its session,
 * and with express-session's `resave` any. So the session is destroyed again, after each of these milliseconds.
 */
const DESTROY_RETRY_MS = [1_000, 10_000, 60_000]

/** The id of a request's session; undefined without a store like those of express-session. */
export function sessionIdOf(req: Request): string | undefined {
  const { sessionID, session, sessionStore } = req as WithSession
  return session && sessionStore ? sessionID : undefined
}

interface Id {
  toString(): string
}

/** The id, as text, of the user whom Passport restored from a request's session; undefined where nobody is signed in. */
export function signedInUser(req: Request): string | undefined {
  const { _userProperty: property = 'user' } = req as { _userProperty?: string }
  const user = (req as unknown as Record<string, { _id?: Id; id?: Id } | null | undefined>)[property]
  const id = user?._id ?? user?.id
  return id === undefined || sessionIdOf(req) === undefined ? undefined : id.toString()
}

/** When a request's session ends if unused; undefined where its cookie has no lifetime. */
export function sessionExpiry(req: Request): Date | undefined {
  const { expires } = (req as WithSession).session?.cookie ?? {}
  return expires || undefined
}

/**
 * Keeps a request's session from being saved. After a save that failed the session still holds the user, and
 * express-session saves it again with any answer: a person who was told that the sign-in failed would be signed in.
 */
export function dropSession(req: object): void {
  Object.assign(req, { session: null })
}

/** Replaces a request's session with a new one without a user. */
export async function renewSession(req: Request): Promise<void> {
  const { session } = req as WithSession
  if (session) await promisify((done: Done) => session.regenerate(done))()
}

/**
 * Ends sessions in the app's session store. Resolves to the sessions that ended and to the errors of those that did not;
 * one failure does not stop the rest. `req`: the request at hand, which would write its own session back when it ends.
 */
export async function endSessions(
  store: SessionStore,
  ids: readonly string[],
  req?: Request,
): Promise<{ ended: string[]; failures: unknown[] }> {
  const destroy = promisify((id: string, done: Done) => store.destroy(id, done))
  const own = req && sessionIdOf(req)
  const end = async (id: string): Promise<void> => (req && id === own ? renewSession(req) : destroy(id))
  const results = await Promise.allSettled(ids.map(end))
  for (const delay of ids.length > 0 ? DESTROY_RETRY_MS : []) {
    setTimeout(() => ids.forEach((id) => void destroy(id).catch(() => undefined)), delay).unref()
  }
  return {
    ended: ids.filter((_, i) => results[i]?.status === 'fulfilled'),
    failures: results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])),
  }
}
