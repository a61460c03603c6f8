import type { Request, Response } from 'express'
import type { Strategy } from 'passport'
import type { Actions } from '../passport/end-request'
import type { SignInStrategy } from '../passport/sign-in-strategy'
import type { StartOptions } from '../passport/protocol'

interface Start extends StartOptions {
  /** Leads the browser to the provider. */
  leave: (res: Response, url: string) => void
}

/** Starts a sign-in outside Passport, and answers the request. Rejects with JitError. */
export function startAtProvider(
  strategy: Strategy,
  req: Request,
  { leave, ...options }: Start,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const res = req.res!
    res.once('close', resolve)
    // The form of SAML's HTTP-POST binding submits itself by a script.
    res.removeHeader('Content-Security-Policy')
    const actions: Pick<Actions, 'redirect' | 'fail' | 'error'> = {
      redirect: (url) => leave(res, url),
      fail: reject,
      error: reject,
    }
    const started = Object.assign(Object.create(strategy) as Pick<SignInStrategy, 'authenticate'>, actions)
    started.authenticate(req, options)
  })
}
