import type { Request } from 'express'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'
import { dropSession, renewSession, sessionExpiry, sessionIdOf } from '../sessions/app-session'
import type { NewSession } from '../sessions/provider-session'
import type { Source } from '../sources/config'
import type { SignInHost } from './host'
import { rememberSource } from './signed-in-through'

type Done = (error?: unknown) => void

type Host = Pick<SignInHost, 'sessions' | 'report'>

/** What Passport puts on a request; its typings lack the user's place. */
type WithLogIn = Request & {
  logIn(user: Express.User, options: object, done?: Done): void
  _userProperty?: string
}

/**
 * Records the session that this request is about to begin, whether the router, Passport or a callback of the app calls
 * `req.logIn`. Without such a call nothing is recorded. Neither the provider nor the app could end a session that isn't
 * recorded, so a session that can't be recorded does not begin.
 */
export function recordAtLogIn(
  req: Request,
  host: Host,
  { source, session }: { source: Source; session: NewSession },
): void {
  const request = req as WithLogIn
  const logIn = request.logIn.bind(request)
  request.logIn = request.login = (user: Express.User, options: object | Done, done?: Done): void => {
    if (typeof options === 'function') return request.logIn(user, {}, options as Done)
    if ((options as { session?: boolean } | undefined)?.session === false) return logIn(user, options, done)
    logIn(user, options, (error) => {
      if (error) {
        dropSession(req)
        return done?.(error)
      }
      rememberSource(req, source)
      record(request, host, session)
        .then(
          () => done?.(),
          (fault) => done?.(fault),
        )
        .catch((thrown: unknown) => req.next?.(thrown))
    })
  }
}

/** Rejects if the session could not begin. The request then has a new session without a user. */
async function record(req: WithLogIn, { sessions, report }: Host, session: NewSession): Promise<void> {
  const id = sessionIdOf(req)
  if (id === undefined) return
  const { source } = session
  try {
    if (await sessions.begin(id, session, sessionExpiry(req))) return
    throw new JitError(
      'invalid_assertion',
      'This session has been ended already, by the identity provider or by the app.',
      {
        source,
        details: { check: 'session' },
      },
    )
  } catch (error) {
    Object.assign(req, { [req._userProperty ?? 'user']: null })
    // The browser never learned the session's id, so a session left in the store serves no one.
    await renewSession(req).catch(() => undefined)
    throw await report(namedFault(error, source))
  }
}
