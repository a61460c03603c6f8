import express, { type ErrorRequestHandler, type Request, type Response, type Router } from 'express'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'
import { receiveLogoutToken } from '../oidc/logout-token'
import { formBytes } from '../saml/limits'
import { isComplete, logoutResponse, orderOf } from '../saml/logout'
import { type LogoutRequest, receiveLogoutMessage } from '../saml/logout-message'
import { refusal } from '../saml/refusal'
import { endProviderSessions } from '../sessions/provider-logout'
import { logoutAddress } from '../sources/addresses'
import type { SamlSource } from '../sources/config'
import { readForm } from './callback-message'
import { errorHandler } from './error-handler'
import { sendProblem, wantsJson } from './error-page'
import { notAccepted, notSignedOut, providerMayRemain, sendLogoutPage, signedOut } from './logout-page'
import type { RouterSetup as Setup } from './router-setup'

type SourceRequest = Request<{ source: string }>
type Handle = (setup: Setup, req: SourceRequest, res: Response) => Promise<void>

export function createLogoutRouter(setup: Setup): Router {
  const router = express.Router()
  const route =
    (handle: Handle): express.RequestHandler<{ source: string }> =>
    (req, res, next) =>
      void handle(setup, req, res).catch(next)
  const fail = handleError(setup)
  // Express would answer it as a GET. Only the person's browser may use a message up.
  router.head('/:source/logout', (_req, res) => void res.end())
  router.get('/:source/logout', route(takeMessage), fail)
  const messageForm = readForm(setup.source, formBytes(setup.samlLimits))
  router.post('/:source/logout', messageForm, route(takeMessage), fail)
  const tokenForm = readForm(setup.source, '10kb')
  router.post('/:source/backchannel-logout', tokenForm, route(takeToken), refuseToken(setup))
  return router
}

async function takeMessage(setup: Setup, req: SourceRequest, res: Response): Promise<void> {
  const { baseUrl, successRedirect, samlLimits: limits } = setup
  res.set('Cache-Control', 'no-store')
  const source = setup.source(req.params.source)
  // The browser returns from the provider's own logout. Nothing here depends on how that ended.
  if (source.protocol === 'oidc') return res.redirect(successRedirect)
  const query = req.originalUrl.split('?').slice(1).join('?')
  const posted = { method: req.method, query, form: (req.body ?? {}) as Record<string, unknown> }
  const address = logoutAddress(baseUrl, source.id)
  const message = receiveLogoutMessage(source, posted, { address, limits })
  if (message.kind === 'request') return carryOut(setup, { source, message, req }, res)
  // It must answer a request that this browser left with.
  if (!(await setup.pendingSignIns.takeLogout(req, source.id, message.inResponseTo)))
    throw refusal(source.id, 'in_response_to', 'The message answers no request that this browser left with.')
  if (isComplete(message)) res.redirect(successRedirect)
  else sendLogoutPage(res, { baseUrl, next: successRedirect }, providerMayRemain)
}

/** Ends the sessions that a LogoutRequest covers, and answers the provider if the source has its address. */
async function carryOut(
  setup: Setup,
  { source, message, req }: { source: SamlSource; message: LogoutRequest; req: SourceRequest },
  res: Response,
): Promise<void> {
  const hasEnded = await endProviderSessions(setup, req, orderOf(source, message)).then(
    () => true,
    async (thrown: unknown) => {
      const error = namedFault(thrown, source.id)
      if (error instanceof JitError && error.refused) throw error
      await setup.report(error)
      return false
    },
  )
  const answer = logoutResponse(source, message, hasEnded)
  if (answer !== undefined) return res.redirect(answer)
  const page = { baseUrl: setup.baseUrl, next: setup.successRedirect }
  if (hasEnded) sendLogoutPage(res, page, signedOut)
  else sendLogoutPage(res, { ...page, status: 503 }, notSignedOut)
}

async function takeToken(setup: Setup, req: SourceRequest, res: Response): Promise<void> {
  const source = setup.source(req.params.source)
  if (source.protocol !== 'oidc') {
    const message = 'Only OpenID Connect sources take logout tokens.'
    throw new JitError('unknown_source', message, { source: source.id })
  }
  const { logout_token: token } = (req.body ?? {}) as Record<string, unknown>
  const isForm = req.is('application/x-www-form-urlencoded')
  await endProviderSessions(setup, req, await receiveLogoutToken(source, isForm ? token : undefined))
  res.status(200).set('Cache-Control', 'no-store').end()
}

/** Back-Channel Logout 1.0, 2.8: 400, whether a token was refused or could not be carried out. */
function refuseToken({ report }: Setup): ErrorRequestHandler {
  return errorHandler(async ({ error: thrown, res }) => {
    const error = namedFault(thrown)
    await report(error)
    if (!(error instanceof JitError)) throw error
    const { refused, reference } = error
    res.status(error.code === 'unknown_source' ? 404 : 400).set('Cache-Control', 'no-store')
    res.json({
      error: refused ? 'invalid_request' : 'logout_failed',
      error_description: `The logout token was ${refused ? 'refused' : 'not carried out in full'} (${reference}).`,
    })
  })
}

function handleError({ baseUrl, successRedirect, report }: Setup): ErrorRequestHandler {
  return errorHandler(async ({ error: thrown, req, res }) => {
    const error = namedFault(thrown)
    await report(error)
    if (!(error instanceof JitError)) throw error
    const { status } = error
    const text = error.refused ? notAccepted : notSignedOut
    if (wantsJson(req)) sendProblem(res, error, text)
    else sendLogoutPage(res, { baseUrl, status, next: successRedirect, error }, text)
  })
}
