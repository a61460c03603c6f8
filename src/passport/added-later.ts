import type { Request } from 'express'
import type { Strategy } from 'passport'
import type { JitContext } from './context'
import { endOnce } from './end-request'

/**
 * The Passport strategy of a source that may be added, edited or deleted while the app runs: each request looks
 * up what the source is now, and is an `unknown_source` refusal where there is none.
 */
export class AddedLaterStrategy implements Strategy {
  readonly name: string
  // Not #private: Passport calls `authenticate` on objects made by Object.create.
  private readonly jit: JitContext
  private readonly make: () => Strategy

  /** `make` gives the strategy of the source's protocol, and throws JitError where there is no such source. */
  constructor(jit: JitContext, id: string, make: () => Strategy) {
    this.name = id
    this.jit = jit
    this.make = make
  }

  authenticate(req: Request, options?: object): void {
    endOnce(this, this.jit, req, ({ success, fail, redirect, error }) => {
      const strategy = this.make() as { authenticate(req: Request, options?: object): void }
      Object.assign(strategy, { success, fail, redirect, error })
      return Promise.resolve(() => strategy.authenticate(req, options))
    })
  }
}
