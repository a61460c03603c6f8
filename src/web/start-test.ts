import type { Request } from 'express'
import type { Strategy } from 'passport'
import type { Actions } from '../passport/end-request'
import { sendContinuePage } from './continue-page'

/**
 * Starts a test sign-in in the browser of an admin, and answers the request. Rejects, without an answer, where the
 * provider cannot be reached.
 */
export function startTest(
  strategy: Strategy,
  req: Request,
  baseUrl: string,
  returnTo: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const res = req.res!
    res.once('close', resolve)
    // The form of SAML's HTTP-POST binding, which the strategy sends itself, submits itself by a script.
    res.removeHeader('Content-Security-Policy')
    const actions: Pick<Actions, 'redirect' | 'fail' | 'error'> = {
      redirect: (url) => sendContinuePage(res, baseUrl, 'Test sign-in', url),
      fail: reject,
      error: reject,
    }
    const started = Object.assign(Object.create(strategy) as StartableStrategy, actions)
    started.authenticate(req, { test: true, returnTo })
  })
}

interface StartableStrategy {
  authenticate(req: Request, options: { test: true; returnTo: string }): void
}
