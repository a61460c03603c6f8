import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express'
import type { JitContext } from '../../passport/context'
import type { Field } from '../../fields/catalog'
import { namedFault } from '../../mongo/faults'
import { JitError } from '../../errors'
import { type AdminRouterOptions, type AdminSetup } from './admin-context'
import { sendAdminPage, serveAdminScript, serveAdminStylesheet } from './admin-layout'
import { explained } from './admin-refusal'
import { apiErrors, apiRoutes } from './api'
import { guard, sameSite } from './authorization'
import { formRoutes } from './form-routes'
import { refusalPage } from './refusal-page'
import { Saving } from './saving'
import { sourceRoutes } from './source-routes'

/** Room for 1 MiB of metadata, escaped as forms escape it. */
const FORM_LIMIT = '3mb'

interface Setup extends AdminRouterOptions {
  context: JitContext
  fields: readonly Field[]
  /** Whether there is a database to add sources to. */
  canAdd: boolean
}

/**
 * The admin area, to be mounted anywhere: pages, and the JSON API below `api/`. Throws without `authorize`,
 * since whoever may edit sources can sign in as anybody.
 */
export function createAdminRouter(given: Setup): Router {
  if (typeof given.authorize !== 'function') {
    const message = 'adminRouter: give authorize, a function that says whether a request is an admin’s'
    throw new JitError('invalid_configuration', message)
  }
  const { context, fields } = given
  const saving = new Saving({ context, fields })
  const setup: AdminSetup = { ...given, saving }
  const router = Router()
  router.get('/assets/admin.css', serveAdminStylesheet)
  router.get('/assets/admin.js', serveAdminScript)
  router.use(noStore, guard(setup), sameSite(context.baseUrl))
  router.use('/api', fresh(context), apiRoutes(setup))
  router.use(express.urlencoded({ extended: false, limit: FORM_LIMIT, parameterLimit: 5000 }))
  router.use(fresh(context), formRoutes(setup), sourceRoutes(setup))
  router.use(reportFaults(context))
  router.use('/api', apiErrors(context))
  router.use(pageErrors(setup))
  return router
}

const noStore: RequestHandler = (_req, res, next) => {
  res.set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' })
  next()
}

/** Another instance may have saved a moment ago. */
function fresh({ editor }: JitContext): RequestHandler {
  return (_req, _res, next) => {
    editor.refresh().then(() => next(), next)
  }
}

/** A broken database is the app's business too; a refusal is not. */
function reportFaults(context: JitContext): ErrorRequestHandler {
  return (thrown: unknown, _req, _res, next) => {
    const error = explained(thrown) ? thrown : namedFault(thrown)
    if (error instanceof JitError && !error.refused) void context.report(error)
    next(error)
  }
}

function pageErrors({ context, layout }: AdminSetup): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const told = explained(error)
    if (!told || res.headersSent) return next(error)
    const { status, title, message } = told
    const body = refusalPage(title, message, wayOn(req, status, context.baseUrl))
    sendAdminPage(req, res, { status, title, body }, layout)
  }
}

function wayOn(req: Request, status: number, baseUrl: string): { label: string; href: string } | undefined {
  if (status === 403) return undefined
  if (status !== 401) return { label: 'All SSO sources', href: `${req.baseUrl}/` }
  const back = req.method === 'GET' ? `?returnTo=${encodeURIComponent(req.originalUrl)}` : ''
  return { label: 'Sign in', href: `${baseUrl}/${back}` }
}
