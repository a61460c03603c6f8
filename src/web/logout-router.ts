import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express'
import type { JitContext } from '../passport/context'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'
import { takeLogoutToken } from '../oidc/logout'
import { takeSamlLogout } from '../saml/logout'
import { sendProblem, wantsJson } from './error-page'
import { logoutErrorWords, notSignedOut, providerMayRemain, sendLogoutPage, signedOut } from './logout-page'
import { readForm } from './read-form'

type SourceRequest = Request<{ source: string }>

/** The routes to which providers send their logout messages, and the browser after its own logout. */
export function createLogoutRouter(
  context: JitContext,
  successRedirect: string,
  messageLimit: number,
): Router {
  const router = express.Router()
  const fail = handleError(context, successRedirect)
  const take: RequestHandler<{ source: string }> = (req, res, next) =>
    void takeMessage(context, successRedirect, req, res).catch(next)
  const end: RequestHandler<{ source: string }> = (req, res, next) =>
    void takeToken(context, req, res).catch(next)
  router.get('/:source/logout', take, fail)
  router.post('/:source/logout', readForm(context, messageLimit), take, fail)
  router.post('/:source/backchannel-logout', readForm(context, '10kb'), end, refuseToken(context))
  return router
}

async function takeMessage(
  context: JitContext,
  successRedirect: string,
  req: SourceRequest,
  res: Response,
): Promise<void> {
  res.set('Cache-Control', 'no-store')
  const source = context.anySource(req.params.source)
  // The provider's own logout is over, or was never begun: there is nothing here that it could change.
  if (source.protocol === 'oidc') return res.redirect(successRedirect)
  const result = await takeSamlLogout(context, source, req)
  const page = { baseUrl: context.baseUrl, next: successRedirect }
  if (result.kind === 'answered') {
    return result.success ? res.redirect(successRedirect) : sendLogoutPage(res, page, providerMayRemain)
  }
  if (result.answerTo !== undefined) return res.redirect(result.answerTo)
  if (result.complete) sendLogoutPage(res, page, signedOut)
  else sendLogoutPage(res, { ...page, status: 503 }, notSignedOut)
}

async function takeToken(context: JitContext, req: SourceRequest, res: Response): Promise<void> {
  const source = context.anySource(req.params.source)
  if (source.protocol !== 'oidc') {
    throw new JitError('unknown_source', 'Only OpenID Connect sources take logout tokens.', {
      source: source.id,
    })
  }
  await takeLogoutToken(context, source, req)
  res.status(200).set('Cache-Control', 'no-store').end()
}

/** Back-Channel Logout 1.0, 2.8: 400, whether a token was refused or could not be carried out. */
function refuseToken(context: JitContext): ErrorRequestHandler {
  const answer = async (thrown: unknown, res: Response): Promise<void> => {
    const error = namedFault(thrown)
    await context.report(error)
    if (!(error instanceof JitError)) throw error
    const { refused, reference } = error
    res.status(error.code === 'unknown_source' ? 404 : 400).set('Cache-Control', 'no-store')
    res.json({
      error: refused ? 'invalid_request' : 'logout_failed',
      error_description: `The logout token was ${refused ? 'refused' : 'not carried out in full'} (${reference}).`,
    })
  }
  return (error: unknown, _req, res, next) => void answer(error, res).catch(next)
}

function handleError(context: JitContext, successRedirect: string): ErrorRequestHandler {
  const answer = async (thrown: unknown, req: Request, res: Response): Promise<void> => {
    const error = namedFault(thrown)
    await context.report(error)
    if (!(error instanceof JitError)) throw error
    const { status } = error
    const words = logoutErrorWords(error)
    if (wantsJson(req)) {
      sendProblem(res, error, { title: words.title, detail: words.text })
    } else {
      sendLogoutPage(res, { baseUrl: context.baseUrl, status, next: successRedirect, error }, words)
    }
  }
  return (error: unknown, req, res, next) => void answer(error, req, res).catch(next)
}
