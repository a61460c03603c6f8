import { promisify } from 'node:util'
import express, { type ErrorRequestHandler, type RequestHandler, type Response, type Router } from 'express'
import type { Strategy } from 'passport'
import { JitError } from '../errors'
import type { Field } from '../fields/catalog'
import { domainOf } from '../fields/normalize'
import { namedFault } from '../mongo/faults'
import { TestSignIn } from '../passport/test-sign-in'
import { formBytes } from '../saml/limits'
import { spMetadata } from '../saml/sp-metadata'
import { dropSession } from '../sessions/app-session'
import { safeReturnTo } from '../sessions/return-to'
import type { Source } from '../sources/config'
import { fieldMapping } from '../sources/mapping'
import { demandAnswer, readForm } from './callback-message'
import { errorHandler } from './error-handler'
import { sendError } from './error-page'
import { sendContinuePage, sendPage, serveStylesheet } from './layout'
import { createLogoutRouter } from './logout-router'
import type { PassportInstance, RouterOptions } from './router-options'
import type { RouterSetup } from './router-setup'
import { loginAddress, signInPage } from './sign-in-page'
import { signOut } from './sign-out'
import { sendTestResult } from './test-result-page'

interface Setup extends RouterSetup {
  fields: readonly Field[]
  passport: PassportInstance
  failureRedirect: RouterOptions['failureRedirect']
  enabledSources: () => Source[]
  enabledSource: (id: string) => Source
  strategy: (id: string) => Strategy
}

export function createRouter(setup: Setup): Router {
  const router = express.Router()
  const formLimit = formBytes(setup.samlLimits)
  const answer = demandAnswer(setup.source)
  router.use((req, _res, next) => {
    setup.sessionStore.note(req)
    next()
  })
  router.get('/', (req, res) => showSignIn(setup, res, { returnTo: safeReturnTo(req.query['returnTo']) }))
  router.post('/', express.urlencoded({ extended: false, inflate: false, limit: '10kb' }), findSource(setup))
  router.get('/style.css', serveStylesheet)
  router.post('/logout', signOut(setup))
  router.use(createLogoutRouter(setup))
  router.get('/:source/login', signIn(setup))
  router.get('/:source/callback', answer, signIn(setup))
  router.post('/:source/callback', readForm(setup.source, formLimit), answer, signIn(setup))
  router.get('/:source/metadata', metadata(setup))
  router.use(handleError(setup))
  return router
}

function showSignIn(setup: Setup, res: Response, asked: { returnTo?: string; email?: string }): void {
  const { baseUrl } = setup
  sendPage(res, { baseUrl, title: 'Sign in', body: signInPage(setup.enabledSources(), baseUrl, asked) })
}

/** Sends a person to the source of their email's domain, whether or not such a user exists. */
function findSource(setup: Setup): RequestHandler {
  return (req, res) => {
    const { email, returnTo } = (req.body ?? {}) as Record<string, unknown>
    const safe = safeReturnTo(returnTo)
    const address = typeof email === 'string' ? email.trim() : ''
    const domain = domainOf(address)
    const source = setup
      .enabledSources()
      .find(({ domains }) => domain !== undefined && domains.includes(domain))
    if (!source) return showSignIn(setup, res, { returnTo: safe, email: address })
    const { baseUrl } = setup
    sendContinuePage(res, { baseUrl, title: 'Sign in', url: loginAddress(baseUrl, source.id, safe) })
  }
}

function signIn(setup: Setup): RequestHandler<{ source: string }> {
  return (req, res, next) => {
    res.set('Cache-Control', 'no-store')
    const finish = (error: unknown, user?: Express.User | false | null, info?: unknown): void => {
      if (error) return next(error)
      if (info instanceof TestSignIn) return sendTestResult(res, setup.baseUrl, info)
      if (!user) return next(info)
      completeSignIn(setup, res, { user, info: info as object }).catch((fault: unknown) => {
        dropSession(req)
        next(namedFault(fault, req.params.source))
      })
    }
    const strategy = setup.strategy(req.params.source)
    const options = { successReturnToOrRedirect: setup.successRedirect }
    const authenticate = setup.passport.authenticate(strategy, options, finish) as RequestHandler
    authenticate(req as never, res, next)
  }
}

async function completeSignIn(
  { successRedirect, passport }: Setup,
  res: Response,
  { user, info }: { user: Express.User; info: { returnTo?: string } },
): Promise<void> {
  const { req } = res
  await promisify((done: (error?: unknown) => void) => req.logIn(user, done))()
  // Passport's typings lack the method that makes `req.authInfo`.
  const { transformAuthInfo } = passport as unknown as { transformAuthInfo: TransformAuthInfo }
  req.authInfo = await promisify(transformAuthInfo.bind(passport))(info, req)
  res.redirect(info.returnTo ?? successRedirect)
}

type Done = (error: unknown, info: Express.AuthInfo) => void
type TransformAuthInfo = (info: object, req: object, done: Done) => void

function metadata({ baseUrl, fields, enabledSource }: Setup): RequestHandler<{ source: string }> {
  return (req, res) => {
    const source = enabledSource(req.params.source)
    if (source.protocol !== 'saml')
      throw new JitError('unknown_source', 'Only SAML sources have metadata.', { source: source.id })
    res.type('application/samlmetadata+xml').send(spMetadata(source, fieldMapping(source, fields), baseUrl))
  }
}

/** Answers errors of these routes. Errors from elsewhere go to the app's own error handler. */
function handleError({ baseUrl, report, failureRedirect }: Setup): ErrorRequestHandler {
  return errorHandler(async ({ error: thrown, req, res, next }) => {
    const error = namedFault(thrown)
    await report(error)
    if (!(error instanceof JitError) || res.headersSent) return next(error)
    if (error.refused && failureRedirect !== undefined) {
      res.redirect(typeof failureRedirect === 'function' ? failureRedirect(error, req) : failureRedirect)
    } else sendError(res, error, baseUrl)
  })
}
