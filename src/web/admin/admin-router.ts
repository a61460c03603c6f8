import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express'
import { JitError } from '../../errors'
import { namedFault } from '../../mongo/faults'
import { errorHandler } from '../error-handler'
import { html, type Html } from '../html'
import { type AdminSetup, admit, admitted, viewOf } from './admin-context'
import { sendAdminPage, serveAdminScript, serveAdminStylesheet } from './admin-layout'
import type { SourceFence } from './admin-options'
import { AdminRefusal, describeError } from './admin-refusal'
import { apiErrors, apiRoutes } from './api'
import { formRoutes } from './form-routes'
import { frame } from './page-parts'
import { isSameOrigin } from '../same-origin'
import { sourceRoutes } from './source-routes'

/** Room for 1 MiB of metadata, escaped as forms escape it. */
const FORM_LIMIT = '3mb'

/**
 * The admin area, to be mounted anywhere: pages, and the JSON API below `api/`. Throws without `authorize`, since
 * anybody who can edit sources can sign in as anybody.
 */
export function createAdminRouter(setup: AdminSetup): Router {
  if (typeof setup.authorize !== 'function') {
    const message = 'adminRouter: give authorize, a function that says whether a request is an admin’s'
    throw new JitError('invalid_configuration', message)
  }
  const router = Router()
  router.get('/assets/admin.css', serveAdminStylesheet)
  router.get('/assets/admin.js', serveAdminScript)
  router.use(noStore, guard(setup), sameSite(setup.baseUrl))
  router.use('/api', fresh, apiRoutes())
  router.use(express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 5000 }))
  router.use(fresh, formRoutes(), sourceRoutes())
  router.use(reportFaults(setup))
  router.use('/api', apiErrors(setup))
  router.use(pageErrors(setup))
  return router
}

const noStore: RequestHandler = (_req, res, next) => {
  res.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  next()
}

/** Refuses requests that the app's `authorize` does not allow, with 401 or 403. The others get their view. */
function guard(setup: AdminSetup): RequestHandler {
  return (req, _res, next) => {
    const allowed = Promise.resolve().then(() => setup.authorize(req))
    allowed
      .then((answer) => {
        const fence = fenceOf(answer)
        if (!fence && !isYes(answer)) throw answer ? notAdmin() : refusalOf(req)
        admit(req, viewOf(setup, fence))
      })
      .then(() => next(), next)
  }
}

/** A user's document is an object too, and must not open everything. */
function isYes(answer: unknown): boolean {
  return Boolean(answer) && typeof answer !== 'object' && typeof answer !== 'function'
}

/** Of a plain object only: a document may have a path `organization`, and says nothing of being an admin. */
function fenceOf(answer: unknown): SourceFence | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined
  const prototype: unknown = Object.getPrototypeOf(answer)
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  const { organization } = answer as { organization?: unknown }
  if (!isPlain || typeof organization !== 'string' || organization.trim() === '') return undefined
  return { organization }
}

function refusalOf(req: Request): AdminRefusal {
  if (req.user) return notAdmin()
  return new AdminRefusal(401, 'Please sign in', 'The SSO sources are for admins who have signed in.')
}

function notAdmin(): AdminRefusal {
  return new AdminRefusal(403, 'This is for admins', 'You are signed in, and may not see the SSO sources.')
}

/** Refuses every state-changing request that does not come from a page of this site. */
function sameSite(baseUrl: string): RequestHandler {
  return (req, _res, next) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(req.method) || isSameOrigin(req, baseUrl)) return next()
    const message = 'Changes are accepted only from pages of this site. Open the page here and try again.'
    next(new AdminRefusal(403, 'This request came from elsewhere', message))
  }
}

/** Another instance may have saved a moment ago. */
const fresh: RequestHandler = (req, _res, next) => {
  admitted(req)
    .editor.refresh()
    .then(() => next(), next)
}

/** The app learns of a broken database, but not of a refusal. */
function reportFaults({ report }: AdminSetup): ErrorRequestHandler {
  return errorHandler(({ error: thrown, next }) => {
    const error = describeError(thrown) ? thrown : namedFault(thrown)
    if (error instanceof JitError && !error.refused) void report(error)
    next(error)
  })
}

function pageErrors(setup: AdminSetup): ErrorRequestHandler {
  return errorHandler(({ error, req, res, next }) => {
    const description = describeError(error)
    if (!description || res.headersSent) return next(error)
    const { status, title, message } = description
    const main = html`<h1>${title}</h1>
      <p>${message}</p>
      ${linkAfter(req, status, setup.baseUrl)}`
    sendAdminPage({ setup, req, res }, { status, title, body: frame({ main }) })
  })
}

function linkAfter(req: Request, status: number, baseUrl: string): Html | undefined {
  if (status === 403) return undefined
  if (status !== 401) return html`<p><a class="button" href="${req.baseUrl}/">All SSO sources</a></p>`
  const back = req.method === 'GET' ? `?returnTo=${encodeURIComponent(req.originalUrl)}` : ''
  return html`<p><a class="button" href="${baseUrl}/${back}">Sign in</a></p>`
}
