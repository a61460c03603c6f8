import type { Request } from 'express'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'

/** The functions that Passport sets on a strategy for each request; exactly one of them is called. */
export interface Actions {
  success: (user: object, info?: object) => void
  fail: (challenge: unknown, status?: number) => void
  redirect: (url: string, status?: number) => void
  error: (error: unknown) => void
}

interface Attempt {
  req: Request
  source: string
  report: (error: unknown) => Promise<unknown>
}

/**
 * The actions of this request. Call it first and synchronously in `authenticate`: where an app passes the strategy
 * object itself to `passport.authenticate`, all requests share that object, and the next request replaces them.
 */
export function actionsOf(strategy: object): Actions {
  const { success, fail, redirect, error } = strategy as Actions
  return { success, fail, redirect, error }
}

/**
 * Ends a request exactly once. `work` resolves to the action that ends it. If it rejects, the app's listeners are
 * told; then a refusal becomes Passport's `fail`, and everything else its `error`. What the app's own code throws
 * meanwhile goes to Express, as if `authenticate` were synchronous.
 */
export function endOnce(
  actions: Actions,
  { req, source, report }: Attempt,
  work: () => Promise<() => void>,
): void {
  work()
    .then(
      (end) => end(),
      async (thrown: unknown) => {
        const error = await report(namedFault(thrown, source))
        if (error instanceof JitError && error.refused) actions.fail(error, error.status)
        else actions.error(error)
      },
    )
    .catch((error: unknown) => req.next?.(error))
}
