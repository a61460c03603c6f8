import type { Request } from 'express'
import type { Strategy } from 'passport'
import { sendContinuePage } from './layout'
import { startAtProvider } from './start-at-provider'

/**
 * Starts a test sign-in and answers the request with a page that leads this browser to the provider. The callback shows
 * the result to this browser only. Call it only for requests that an admin may make, on the origin of `baseUrl`.
 * `returnTo`, a path of this origin, is linked from the result. Rejects with JitError: `unknown_source`,
 * `provider_unavailable`, ...
 */
export function startTest(
  strategy: Strategy,
  req: Request,
  { baseUrl, returnTo }: { baseUrl: string; returnTo: string },
): Promise<void> {
  return startAtProvider(strategy, req, {
    test: true,
    returnTo,
    leave: (res, url) => sendContinuePage(res, { baseUrl, title: 'Test sign-in', url }),
  })
}
