import type { Request } from 'express'
import { hostOf, type SignInHost } from '../passport/host'
import type { JitHandle, JitStrategy } from '../passport/jit-strategy'
import { authenticate } from '../passport/sign-in-strategy'
import type { SamlSource } from '../sources/config'
import { NodeSamlStrategy } from './node-saml'

/**
 * The Passport strategy of one SAML source. GET starts a sign-in, by HTTP-Redirect or HTTP-POST; POST finishes one.
 * `passport.authenticate` takes `returnTo`, a path of this origin. On `req.authInfo` it leaves `jit`, `returnTo` and
 * `saml`. A refusal is Passport's `fail` with a JitError; a fault is its `error`.
 */
export const SamlJitStrategy: JitStrategy = class SamlJitStrategy extends NodeSamlStrategy {
  override name: string
  private readonly host: SignInHost

  constructor(jit: JitHandle, sourceId: string) {
    super(() => this.host.source(sourceId) as SamlSource)
    this.name = sourceId
    this.host = hostOf(jit)
  }

  override authenticate(req: object, options?: object): void {
    authenticate(this, this.host, { req: req as Request, options, protocol: 'saml' })
  }
}
