import express, { type ErrorRequestHandler, type Request, type Response, type Router } from 'express'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'
import { receiveLogoutToken } from '../oidc/logout-token'
import type { SamlLimits } from '../saml/limits'
import { isComplete, logoutResponse, orderOf } from '../saml/logout'
import { type LogoutRequest, type LogoutResponse, receiveLogoutMessage } from '../saml/logout-message'
import { refusal } from '../saml/refusal'
import { endProviderSessions, type SessionEnding } from '../sessions/provider-logout'
import { logoutAddress } from '../sources/addresses'
import type { SamlSource, Source } from '../sources/config'
import { errorHandler } from './error-handler'
import { sendProblem, wantsJson } from './error-page'
import { logoutErrorText, notSignedOut, providerMayRemain, sendLogoutPage, signedOut } from './logout-page'
import { readForm } from './read-form'

interface Setup extends SessionEnding {
  baseUrl: string
  successRedirect: string
  samlLimits: Readonly<SamlLimits>
  /** The largest form with a SAML message, in bytes. */
  formLimit: number
  source: (id: string) => Source
  report: (error: unknown) => Promise<unknown>
}

type SourceRequest = Request<{ source: string }>
type Handle = (setup: Setup, req: SourceRequest, res: Response) => Promise<void>

/** The routes for providers' logout messages, and for the browser after its own logout. */
export function createLogoutRouter(setup: Setup): Router {
  const router = express.Router()
  const route =
    (handle: Handle): express.RequestHandler<{ source: string }> =>
    (req, res, next) =>
      void handle(setup, req, res).catch(next)
  const fail = handleError(setup)
  router.get('/:source/logout', route(takeMessage), fail)
  router.post('/:source/logout', readForm(setup.source, setup.formLimit), route(takeMessage), fail)
  router.post(
    '/:source/backchannel-logout',
    readForm(setup.source, '10kb'),
    route(takeToken),
    refuseToken(setup),
  )
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
  const message = receiveLogoutMessage(source, posted, {
    address: logoutAddress(baseUrl, source.id),
    limits,
  })
  if (message.kind === 'request') return carryOut(setup, { source, message, req }, res)
  await demandPending(setup, { source, message, req })
  if (isComplete(message)) res.redirect(successRedirect)
  else sendLogoutPage(res, { baseUrl, next: successRedirect }, providerMayRemain)
}

/** Ends the sessions that a LogoutRequest covers, and answers the provider where the source says where. */
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

/** A LogoutResponse must answer a request that this browser left with. */
async function demandPending(
  { pendingSignIns }: Setup,
  { source, message, req }: { source: SamlSource; message: LogoutResponse; req: SourceRequest },
): Promise<void> {
  if (await pendingSignIns.takeLogout(req, source.id, message.inResponseTo)) return
  throw refusal(source.id, 'in_response_to', 'The message answers no request that this browser left with.')
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
    const { title, text } = logoutErrorText(error)
    if (wantsJson(req)) sendProblem(res, error, { title, detail: text })
    else sendLogoutPage(res, { baseUrl, status, next: successRedirect, error }, { title, text })
  })
}
