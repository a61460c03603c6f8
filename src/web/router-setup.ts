import type { SamlLimits } from '../saml/limits'
import type { SessionEnding } from '../sessions/provider-logout'
import type { Source } from '../sources/config'

/** What the routes of `jit.router()` share. */
export interface RouterSetup extends SessionEnding {
  baseUrl: string
  samlLimits: Readonly<SamlLimits>
  successRedirect: string
  /** Throws JitError. */
  source: (id: string) => Source
  report: (error: unknown) => Promise<unknown>
}
