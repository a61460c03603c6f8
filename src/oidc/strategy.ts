import type { Request } from 'express'
import type { Strategy } from 'passport'
import { hostOf, type SignInHost } from '../passport/host'
import type { JitHandle, JitStrategy } from '../passport/jit-strategy'
import type { StartOptions } from '../passport/protocol'
import { authenticate } from '../passport/sign-in-strategy'
import { OpenIDConnectStrategy } from './authorization-request'

/**
 * The Passport strategy of one OpenID Connect source. A request with `code`, `error` or `state` finishes a sign-in; any
 * other starts one. `passport.authenticate` takes `returnTo`, `prompt`, `display` and `loginHint`. On `req.authInfo`
 * it leaves `jit` and `returnTo`. A refusal is Passport's `fail` with a JitError; a fault is its `error`.
 */
export const OidcJitStrategy: JitStrategy = class OidcJitStrategy
  extends OpenIDConnectStrategy
  implements Strategy
{
  private readonly host: SignInHost

  constructor(jit: JitHandle, sourceId: string) {
    super()
    this.name = sourceId
    this.host = hostOf(jit)
  }

  override authenticate(req: Request, options?: StartOptions): void {
    authenticate(this, this.host, { req, options, protocol: 'oidc' })
  }
}
