import { promisify } from 'node:util'
import type { Request, RequestHandler, Response } from 'express'
import type { JitContext } from '../passport/context'
import { namedFault } from '../mongo/faults'
import { sessionIdOf } from '../sessions/app-session'
import { endSessionAddress } from '../oidc/logout'
import { samlLogoutAddress } from '../saml/logout'
import { sendContinuePage } from './continue-page'
import { providerMayRemain, sendLogoutPage } from './logout-page'
import { isSameOrigin } from './same-origin'

/**
 * `POST /logout`: ends the session here, whatever else may fail, and then sends the browser to the provider that it
 * began at, where that can end its own.
 */
export function signOut(context: JitContext, successRedirect: string): RequestHandler {
  const answer = async (req: Request, res: Response): Promise<void> => {
    const id = sessionIdOf(req)
    const known = id === undefined ? Promise.resolve(undefined) : context.sessions.of(id)
    // Whether it is known is asked first, since its id will be another; and looked at when it has ended.
    known.catch(() => undefined)
    await logOut(req)
    try {
      const signedIn = await known
      if (!signedIn || id === undefined) return res.redirect(successRedirect)
      await context.sessions.forget([id])
      await context.loggedOut(signedIn.source, [id])
      const source = context.anySource(signedIn.source)
      const address =
        source.protocol === 'saml'
          ? await samlLogoutAddress(context, source, req, signedIn)
          : await endSessionAddress(context, source, signedIn)
      if (address === undefined) res.redirect(successRedirect)
      else goToProvider(context, req, res, address)
    } catch (error) {
      await context.report(namedFault(error))
      sendLogoutPage(res, { baseUrl: context.baseUrl, next: successRedirect }, providerMayRemain)
    }
  }
  return (req, res, next) => {
    if (isSameOrigin(req, context.baseUrl)) return void answer(req, res).catch(next)
    res.status(403).type('text').send('Sign-out must come from a page of this site.')
  }
}

/** Passport's own; nothing where the app has not set Passport up. */
async function logOut(req: Request): Promise<void> {
  if (req.logout) await promisify((done: (error?: unknown) => void) => req.logout(done))()
}

/** Browsers hold a form's redirects against the form-action of its page, which apps set to themselves. */
function goToProvider({ baseUrl }: JitContext, req: Request, res: Response, address: string): void {
  res.set('Cache-Control', 'no-store')
  if (req.get('Sec-Fetch-Mode') === 'navigate') sendContinuePage(res, baseUrl, 'Sign out', address)
  else res.redirect(address)
}
