import type { Request, RequestHandler } from 'express'
import { isSameOrigin } from '../same-origin'
import { AdminRefusal } from './admin-refusal'
import type { AdminRouterOptions } from './admin-options'

/** Refuses requests that the app's `authorize` does not allow, with 401 or 403. */
export function guard({ authorize }: AdminRouterOptions): RequestHandler {
  return (req, _res, next) => {
    isAuthorized(req, authorize).then(
      (allowed) => next(allowed ? undefined : refusalOf(req)),
      (error: unknown) => next(error),
    )
  }
}

async function isAuthorized(req: Request, authorize: AdminRouterOptions['authorize']): Promise<boolean> {
  return Boolean(await authorize(req))
}

function refusalOf(req: Request): AdminRefusal {
  return req.user
    ? new AdminRefusal(403, 'This is for admins', 'You are signed in, and may not see the SSO sources.')
    : new AdminRefusal(401, 'Please sign in', 'The SSO sources are for admins who have signed in.')
}

/** Refuses every state-changing request that does not come from a page of this site. */
export function sameSite(baseUrl: string): RequestHandler {
  return (req, _res, next) => {
    if (['GET', 'HEAD', 'OPTIONS'].includes(req.method) || isSameOrigin(req, baseUrl)) return next()
    next(
      new AdminRefusal(
        403,
        'This request came from elsewhere',
        'Changes are accepted only from pages of this site. Open the page here and try again.',
      ),
    )
  }
}
