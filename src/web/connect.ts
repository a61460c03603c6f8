import type { Request, RequestHandler, Response } from 'express'
import type { Strategy } from 'passport'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'
import type { SignInStrategy } from '../passport/sign-in-strategy'
import type { Actions } from '../passport/end-request'
import { signedInUser } from '../sessions/app-session'
import { errorPage, errorTitle, sendProblem, wantsJson } from './error-page'
import { leaveFor, sendPage } from './layout'
import { isSameOrigin } from './same-origin'

interface Setup {
  baseUrl: string
  strategy: (id: string) => Strategy
  report: (error: unknown) => Promise<unknown>
}

/**
 * Middleware that lets a signed-in person connect an identity of a source to their account. Only pages of this origin may
 * begin it: another site could otherwise connect an identity of its own.
 */
export function connect(setup: Setup, id: string, options: { returnTo?: string }): RequestHandler {
  return (req, res, next) => {
    if (!isSameOrigin(req, setup.baseUrl)) {
      return void res.status(403).type('text').send('Connecting must begin at a page of this site.')
    }
    if (signedInUser(req) === undefined) {
      return void res.status(401).type('text').send('Sign in before you connect an account.')
    }
    const begun = begin(setup, { id, returnTo: options.returnTo ?? req.query['returnTo'] }, req)
    begun.catch((error: unknown) => refuse(setup, res, namedFault(error, id))).catch(next)
  }
}

function begin(setup: Setup, to: { id: string; returnTo: unknown }, req: Request): Promise<void> {
  const { baseUrl } = setup
  return new Promise((resolve, reject) => {
    const res = req.res!
    res.once('close', resolve)
    // The form of SAML's HTTP-POST binding submits itself by a script.
    res.removeHeader('Content-Security-Policy')
    const actions: Pick<Actions, 'redirect' | 'fail' | 'error'> = {
      redirect: (url) => leaveFor(res, { baseUrl, title: 'Connect an account', url }),
      fail: reject,
      error: reject,
    }
    const strategy = setup.strategy(to.id)
    const started = Object.assign(Object.create(strategy) as Pick<SignInStrategy, 'authenticate'>, actions)
    started.authenticate(req, { connect: true, returnTo: to.returnTo })
  })
}

async function refuse({ baseUrl, report }: Setup, res: Response, error: unknown): Promise<void> {
  await report(error)
  if (!(error instanceof JitError)) throw error
  const { status } = error
  if (wantsJson(res.req)) sendProblem(res, error)
  else sendPage(res, { status, baseUrl, title: errorTitle(error), body: errorPage(error, baseUrl) })
}
