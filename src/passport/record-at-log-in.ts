import type { Request } from 'express'
import type { JitContext } from './context'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'
import { dropSession, renewSession, sessionExpiry, sessionIdOf } from '../sessions/app-session'
import type { ProviderSession } from '../sessions/provider-session'

type Done = (error?: unknown) => void

/** Passport's own; the user's place on the request is not in its typings. */
type WithLogIn = Request & {
  logIn(user: Express.User, options: object, done?: Done): void
  _userProperty?: string
}

/**
 * Has a session that this request is about to begin remembered, whoever calls Passport's `logIn`: the router,
 * Passport itself, or a callback of the app; where nobody does, there is none. A session that cannot be
 * remembered could not be ended by the provider, and so does not begin.
 */
export function recordAtLogIn(
  req: Request,
  jit: Pick<JitContext, 'sessions' | 'report'>,
  signedIn: ProviderSession,
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
      record(request, jit, signedIn)
        .then(
          () => done?.(),
          (fault) => done?.(fault),
        )
        .catch((thrown: unknown) => req.next?.(thrown))
    })
  }
}

/** Rejects where the session could not begin after all; then the request's is another, with nobody in it. */
async function record(
  req: WithLogIn,
  jit: Pick<JitContext, 'sessions' | 'report'>,
  signedIn: ProviderSession,
): Promise<void> {
  const id = sessionIdOf(req)
  if (id === undefined) return
  try {
    if (await jit.sessions.begin(id, signedIn, sessionExpiry(req))) return
    throw new JitError('invalid_assertion', 'The identity provider has ended this session already', {
      source: signedIn.source,
      details: { check: 'session' },
    })
  } catch (error) {
    Object.assign(req, { [req._userProperty ?? 'user']: null })
    // Its id was never told to the browser: where it cannot be taken out of the store, nobody has it.
    await renewSession(req).catch(() => undefined)
    throw await jit.report(namedFault(error, signedIn.source))
  }
}
