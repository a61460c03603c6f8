import { promisify } from 'node:util'
import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express'
import type { PassportStatic, Strategy } from 'passport'
import type { JitContext } from '../context'
import { domainOf } from '../fields/normalise'
import { namedFault } from '../login/database'
import { JitError } from '../login/errors'
import type { Source } from '../sources/config'
import { safeReturnTo } from '../strategies/return-to'
import { formBytes } from '../strategies/saml-limits'
import { spMetadata } from '../strategies/saml-metadata'
import { TestSignIn } from '../strategies/test-sign-in'
import { sendContinuePage } from './continue-page'
import { errorPage, errorTitle, problemOf } from './error-page'
import { sendPage, serveStylesheet } from './layout'
import { isSameOrigin } from './same-site'
import { loginAddress, signInPage } from './sign-in-page'
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

  router.get('/', (req, res) => showSignIn(setup, res, { returnTo: safeReturnTo(req.query['returnTo']) }))
  router.post('/', express.urlencoded({ extended: false, inflate: false, limit: '10kb' }), findSource(setup))
  router.get('/style.css', serveStylesheet)
  router.post('/logout', signOut(setup))
  router.get('/:source/login', signIn(setup))
  router.get('/:source/callback', demandAnswer, signIn(setup))
  router.post('/:source/callback', readForm(setup), signIn(setup))
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
      completeSignIn(setup, req as unknown as Request, res, user, info as object).catch(next)
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

/** Without this, opening the callback's address would start a sign-in, and a reload would do so again. */
const demandAnswer: RequestHandler<{ source: string }> = (req, _res, next) => {
  const { code, error, state, SAMLResponse, SAMLRequest } = req.query
  if ([code, error, state, SAMLResponse, SAMLRequest].some((one) => one !== undefined)) return next()
  throw new JitError('invalid_assertion', 'The callback was called without an answer from the provider.', {
    source: req.params.source,
    status: 400,
    details: { check: 'response' },
  })
}

function signOut({ context, successRedirect = '/' }: Setup): RequestHandler {
  return (req, res, next) => {
    if (!isSameOrigin(req, context.baseUrl)) {
      res.status(403).type('text').send('Sign-out must come from a page of this site.')
      return
    }
    if (!req.logout) return res.redirect(successRedirect)
    req.logout((error: unknown) => (error ? next(error) : res.redirect(successRedirect)))
  }
}

function metadata({ context }: Setup): RequestHandler<{ source: string }> {
  return (req, res) => {
    const source = context.source(req.params.source)
    if (source.protocol !== 'saml') {
      throw new JitError('unknown_source', 'Only SAML sources have metadata.', { source: source.id })
    }
    res.type('application/samlmetadata+xml').send(spMetadata(source, context.mapping(source), source.label))
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
      res.status(error.status).set('Cache-Control', 'no-store').type('application/problem+json')
      res.send(JSON.stringify(problemOf(error)))
    } else {
      sendPage(res, error.status, context.baseUrl, errorTitle(error), errorPage(error, context.baseUrl))
    }
  }
  // Express 4 does not look at what a handler promises.
  return (error: unknown, req, res, next) => void Promise.resolve(answer(error, req, res, next)).catch(next)
}

function wantsJson(req: Request): boolean {
  const json = ['application/problem+json', 'application/json']
  return json.includes(req.accepts(['html', ...json]) || 'html')
}

/**
 * The form of an answer, unless the app has read it already. What the parser refuses is no message at all; that
 * includes compressed forms, which no browser sends.
 */
function readForm({ context }: Setup): RequestHandler<{ source: string }> {
  const limit = formBytes(context.samlLimits)
  const parse = express.urlencoded({ extended: false, inflate: false, limit, parameterLimit: 50 })
  return (req, res, next) => {
    const source = context.anySource(req.params.source).id
    parse(req, res, (fault?: unknown) => {
      if (fault === undefined) return next()
      const check = (fault as { type?: unknown }).type === 'entity.too.large' ? 'size' : 'body'
      const message = 'The form that was posted cannot be read.'
      next(
        new JitError('invalid_assertion', message, { source, status: 400, details: { check }, cause: fault }),
      )
    })
  }
}
