import { promisify } from 'node:util'
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express'
import type { PassportStatic, Strategy } from 'passport'
import type { JitContext } from '../passport/context'
import { domainOf } from '../fields/normalize'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'
import { logoutAddress } from '../sources/addresses'
import { dropSession } from '../sessions/app-session'
import type { Source } from '../sources/config'
import { safeReturnTo } from '../sessions/return-to'
import { formBytes } from '../saml/limits'
import { spMetadata } from '../saml/sp-metadata'
import { TestSignIn } from '../passport/test-sign-in'
import { sendContinuePage } from './continue-page'
import { demandAnswer } from './demand-answer'
import { errorPage, errorTitle, sendProblem, wantsJson } from './error-page'
import { sendPage, serveStylesheet } from './layout'
import { createLogoutRouter } from './logout-router'
import { readForm } from './read-form'
import { loginAddress, signInPage } from './sign-in-page'
import { signOut } from './sign-out'
import { sendTestResult } from './test-result-page'

export interface RouterOptions {
  /** Where to go after a sign-in that began without `returnTo`, and after signing out. Default: `/`. */
  successRedirect?: string
  /** Where to go after a refusal. Default: a page that explains it, with its status. */
  failureRedirect?: string | ((error: JitError, req: Request) => string)
}

/** What is used of Passport: the shared instance has it, and one of the app's own, whose types differ. */
export type PassportInstance = Pick<PassportStatic, 'authenticate'>

interface Setup extends RouterOptions {
  context: JitContext
  passport: PassportInstance
  /** Those that are enabled. */
  sources: () => Source[]
  strategy: (id: string) => Strategy
}

/** The sign-in routes: to be mounted at `baseUrl`. */
export function createRouter(setup: Setup): Router {
  const router = express.Router()
  const { context, successRedirect = '/' } = setup
  const messageLimit = formBytes(context.samlLimits)

  router.get('/', (req, res) => showSignIn(setup, res, { returnTo: safeReturnTo(req.query['returnTo']) }))
  router.post('/', express.urlencoded({ extended: false, inflate: false, limit: '10kb' }), findSource(setup))
  router.get('/style.css', serveStylesheet)
  router.post('/logout', signOut(context, successRedirect))
  router.use(createLogoutRouter(context, successRedirect, messageLimit))
  router.get('/:source/login', signIn(setup))
  router.get('/:source/callback', demandAnswer(context), signIn(setup))
  router.post('/:source/callback', readForm(context, messageLimit), demandAnswer(context), signIn(setup))
  router.get('/:source/metadata', metadata(setup))
  router.use(handleError(setup))
  return router
}

function showSignIn(setup: Setup, res: Response, asked: { returnTo?: string; email?: string }): void {
  const { baseUrl } = setup.context
  sendPage(res, 200, baseUrl, 'Sign in', signInPage(setup.sources(), baseUrl, asked))
}

/** Sends a person to the source that their e-mail address belongs to; whether there is such a user plays no part. */
function findSource(setup: Setup): RequestHandler {
  return (req, res) => {
    const { email, returnTo } = (req.body ?? {}) as Record<string, unknown>
    const safe = safeReturnTo(returnTo)
    const address = typeof email === 'string' ? email.trim() : ''
    const domain = domainOf(address)
    const source = setup.sources().find(({ domains }) => domain !== undefined && domains.includes(domain))
    if (!source) return showSignIn(setup, res, { returnTo: safe, email: address })
    const { baseUrl } = setup.context
    sendContinuePage(res, baseUrl, 'Sign in', loginAddress(baseUrl, source.id, safe))
  }
}

function signIn(setup: Setup): RequestHandler<{ source: string }> {
  return (req, res, next) => {
    res.set('Cache-Control', 'no-store')
    const finish = (error: unknown, user?: Express.User | false | null, info?: unknown): void => {
      if (error) return next(error)
      if (info instanceof TestSignIn) return sendTestResult(res, setup.context.baseUrl, info)
      if (!user) return next(info)
      completeSignIn(setup, req as unknown as Request, res, user, info as object).catch((fault: unknown) => {
        dropSession(req)
        next(namedFault(fault, req.params.source))
      })
    }
    const authenticate = setup.passport.authenticate(
      setup.strategy(req.params.source),
      finish,
    ) as RequestHandler
    authenticate(req, res, next)
  }
}

async function completeSignIn(
  { successRedirect = '/', passport }: Setup,
  req: Request,
  res: Response,
  user: Express.User,
  info: object,
): Promise<void> {
  const logIn = promisify((done: (error?: unknown) => void) => req.logIn(user, done))
  await logIn()
  req.authInfo = await transformedInfo(passport, req, info)
  res.redirect((info as { returnTo?: string }).returnTo ?? successRedirect)
}

/** As Passport itself makes `req.authInfo`; the method is missing from its typings. */
function transformedInfo(passport: PassportInstance, req: Request, info: object): Promise<Express.AuthInfo> {
  type Transform = (
    info: object,
    req: Request,
    done: (error: unknown, info: Express.AuthInfo) => void,
  ) => void
  const untyped = passport as unknown as Record<'transformAuthInfo', Transform>
  return promisify(untyped.transformAuthInfo.bind(passport))(info, req)
}

function metadata({ context }: Setup): RequestHandler<{ source: string }> {
  return (req, res) => {
    const source = context.source(req.params.source)
    if (source.protocol !== 'saml') {
      throw new JitError('unknown_source', 'Only SAML sources have metadata.', { source: source.id })
    }
    const logout = logoutAddress(context.baseUrl, source.id)
    res
      .type('application/samlmetadata+xml')
      .send(spMetadata(source, context.mapping(source), source.label, logout))
  }
}

/** Ends what went wrong in these routes; what is not this library's is left to the app's own error handler. */
function handleError({ context, failureRedirect }: Setup): ErrorRequestHandler {
  const answer: ErrorRequestHandler = async (thrown: unknown, req, res, next) => {
    const error = namedFault(thrown)
    await context.report(error)
    if (!(error instanceof JitError) || res.headersSent) return next(error)
    if (error.refused && failureRedirect !== undefined) {
      res.redirect(typeof failureRedirect === 'function' ? failureRedirect(error, req) : failureRedirect)
    } else if (wantsJson(req)) {
      sendProblem(res, error)
    } else {
      sendPage(res, error.status, context.baseUrl, errorTitle(error), errorPage(error, context.baseUrl))
    }
  }
  // Express 4 does not look at what a handler promises.
  return (error: unknown, req, res, next) => void Promise.resolve(answer(error, req, res, next)).catch(next)
}
