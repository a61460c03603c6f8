import { promisify } from 'node:util'
import type { Request, RequestHandler, Response } from 'express'
import { namedFault } from '../mongo/faults'
import { endSessionAddress } from '../oidc/logout'
import { logoutRequest } from '../saml/logout'
import { sessionIdOf } from '../sessions/app-session'
import type { ProviderSession } from '../sessions/provider-session'
import { logoutAddress } from '../sources/addresses'
import { leaveFor } from './layout'
import { providerMayRemain, sendLogoutPage } from './logout-page'
import type { RouterSetup as Setup } from './router-setup'
import { isSameOrigin } from './same-origin'

/**
 * `POST /logout`: ends the session here, even if the rest fails. Then it sends the browser to the provider that the
 * session began at, where that provider can end its own session.
 */
export function signOut(setup: Setup): RequestHandler {
  const { baseUrl, successRedirect, sessions, report } = setup
  const answer = async (req: Request, res: Response): Promise<void> => {
    const id = sessionIdOf(req)
    // Asked before the session ends, since its id changes then; awaited after, so that a failure can't keep it alive.
    const recorded = id === undefined ? Promise.resolve(undefined) : sessions.of(id)
    recorded.catch(() => undefined)
    // Absent if the app has not set Passport up.
    if (req.logout) await promisify((done: (error?: unknown) => void) => req.logout(done))()
    try {
      const session = await recorded
      if (!session || id === undefined) return res.redirect(successRedirect)
      await sessions.forget([id])
      await setup.loggedOut(session.source, [id])
      const address = await providerAddress(setup, req, session)
      if (address === undefined) res.redirect(successRedirect)
      else leaveFor(res, { baseUrl, title: 'Sign out', url: address })
    } catch (error) {
      await report(namedFault(error))
      sendLogoutPage(res, { baseUrl, next: successRedirect }, providerMayRemain)
    }
  }
  return (req, res, next) => {
    if (isSameOrigin(req, baseUrl)) return void answer(req, res).catch(next)
    res.status(403).type('text').send('Sign-out must come from a page of this site.')
  }
}

/** Where this browser ends its session at the provider; undefined where it can't. */
async function providerAddress(setup: Setup, req: Request, session: ProviderSession) {
  const source = setup.source(session.source)
  if (source.protocol === 'oidc') {
    return endSessionAddress(source, session, logoutAddress(setup.baseUrl, source.id))
  }
  const request = logoutRequest(source, session)
  if (request) await setup.pendingSignIns.start(req, { id: request.id, source: source.id })
  return request?.redirect
}
