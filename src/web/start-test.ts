import type { Request } from 'express'
import type { Strategy } from 'passport'
import type { Actions } from '../passport/end-request'
import type { SignInStrategy } from '../passport/sign-in-strategy'
import { sendContinuePage } from './layout'

/**
 * Starts a test sign-in and answers the request with a page that leads this browser to the provider. The callback shows
 * the result to this browser only. Call it only for requests that an admin may make, on the origin of `baseUrl`.
 * `returnTo`, a path of this origin, is linked from the result. Rejects with JitError: `unknown_source`,
 * `provider_unavailable`, ...
 */
export function startTest(
  strategy: Strategy,
  req: Request,
  { baseUrl, returnTo }: { baseUrl: string; returnTo: string },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const res = req.res!
    res.once('close', resolve)
    // The form of SAML's HTTP-POST binding submits itself by a script.
    res.removeHeader('Content-Security-Policy')
    const actions: Pick<Actions, 'redirect' | 'fail' | 'error'> = {
      redirect: (url) => sendContinuePage(res, { baseUrl, title: 'Test sign-in', url }),
      fail: reject,
      error: reject,
    }
    const started = Object.assign(Object.create(strategy) as Pick<SignInStrategy, 'authenticate'>, actions)
    started.authenticate(req, { test: true, returnTo })
  })
}
