import type { RequestHandler } from 'express'
import type { SourceDetails } from '../sources/details'

/** Middleware for the app's own pages: every source's details on `res.locals.ssoSources`. */
export function exposeSources(sources: () => SourceDetails[]): RequestHandler {
  return (_req, res, next) => {
    res.locals['ssoSources'] = sources()
    next()
  }
}
