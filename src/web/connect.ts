import type { RequestHandler } from 'express'
import type { Strategy } from 'passport'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'
import { signedInUser } from '../sessions/app-session'
import { sendError } from './error-page'
import { leaveFor } from './layout'
import { isSameOrigin } from './same-origin'
import { startAtProvider } from './start-at-provider'

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
    const { baseUrl, report } = setup
    const start = (): Promise<void> =>
      startAtProvider(setup.strategy(id), req, {
        connect: true,
        returnTo: options.returnTo ?? req.query['returnTo'],
        leave: (response, url) => leaveFor(response, { baseUrl, title: 'Connect an account', url }),
      })
    Promise.resolve()
      .then(start)
      .catch(async (thrown: unknown) => {
        const error = namedFault(thrown, id)
        await report(error)
        if (!(error instanceof JitError)) throw error
        sendError(res, error, baseUrl)
      })
      .catch(next)
  }
}
