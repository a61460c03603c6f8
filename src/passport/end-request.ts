import type { Request } from 'express'
import type { JitContext } from './context'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'

/** The functions that Passport sets on a strategy for the request at hand; one of them is to be called, once. */
export interface Actions {
  success: (user: object, info?: object) => void
  fail: (challenge: unknown, status?: number) => void
  redirect: (url: string, status?: number) => void
  error: (error: unknown) => void
}

/**
 * Gives one request its own strategy object, with this request's actions. To be called first, and at once, in
 * `authenticate`: Passport makes such an object for a strategy's name, but where the app hands the strategy
 * itself to `passport.authenticate` all requests share one, and a later request would replace the actions of
 * those that still wait for the provider.
 */
export function forThisRequest<S extends object>(strategy: S): S & Actions {
  const { success, fail, redirect, error } = strategy as S & Actions
  return Object.assign(Object.create(strategy) as S, { success, fail, redirect, error })
}

/** Ends a request that did not sign anybody in: a refusal is Passport's `fail`, all else its `error`. */
function failOrError(strategy: Pick<Actions, 'fail' | 'error'>, error: unknown): void {
  if (error instanceof JitError && error.refused) strategy.fail(error, error.status)
  else strategy.error(error)
}

/**
 * Runs an asynchronous `authenticate` so that the request ends once, whatever happens. `work` resolves to what
 * ends it (`success` or `redirect`); when it rejects, the app's listeners are told, and the request fails. What
 * the app's own code throws on being told goes to Express, as if `authenticate` were synchronous.
 */
export function endOnce<S extends { name: string }>(
  strategy: S,
  jit: Pick<JitContext, 'report'>,
  req: Request,
  work: (attempt: S & Actions) => Promise<() => void>,
): void {
  const attempt = forThisRequest(strategy)
  work(attempt)
    .then(
      (end) => end(),
      async (error: unknown) => failOrError(attempt, await jit.report(namedFault(error, strategy.name))),
    )
    .catch((error: unknown) => req.next?.(error))
}
