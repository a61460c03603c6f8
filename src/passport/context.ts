import type { Request } from 'express'
import type { Activity } from '../activity/activity'
import type { Assertion } from '../login/assertion'
import type { Explanation } from '../login/explanation'
import type { LoginPlan, LoginResult } from '../login/result'
import type { Editor } from '../stored-sources/editor'
import type { Source } from '../sources/config'
import type { MappedField } from '../sources/mapping'
import type { SignedInSessions } from '../sessions/signed-in-sessions'
import type { PendingSignIns } from '../sessions/pending-sign-ins'
import type { SamlLimits } from '../saml/limits'

/** What the strategies and routers need of a Jit, and the app does not. */
export interface JitContext {
  /** The public address of `router()`, without a trailing slash. */
  readonly baseUrl: string
  readonly requests: PendingSignIns
  /** Which sessions of the app belong to which of the providers' own. */
  readonly sessions: SignedInSessions
  /** Complete. */
  readonly samlLimits: Readonly<SamlLimits>
  /** For the admin area. */
  readonly editor: Editor
  /** What the admin area shows of past sign-ins; undefined where the app wants none (`activity: false`). */
  readonly activity: Activity | undefined
  /** The validated source. Throws JitError `unknown_source`, `source_disabled` or `invalid_configuration`. */
  source(id: string): Source
  /** The same, whether it is switched on or off. */
  anySource(id: string): Source
  /** The attribute names that this source's IdP must send, one per field, and the fields' labels. */
  mapping(source: Source): MappedField[]
  login(id: string, assertion: Assertion): Promise<LoginResult>
  preview(id: string, assertion: Assertion): Promise<LoginPlan>
  /** What `login` would do and why, values included, also for a source that is switched off. Writes nothing. */
  explain(id: string, assertion: Assertion): Promise<Explanation>
  /**
   * Starts a test sign-in and answers the request, with a page that leads this browser to the provider; the result
   * is shown by `router()`'s callback, to this browser alone. Only for requests that an admin may make, and on
   * the origin of `baseUrl`. `returnTo`: a path of this origin that the result links back to. Rejects with
   * JitError: `unknown_source`, `provider_unavailable`, ...
   */
  startTest(req: Request, id: string, returnTo: string): Promise<void>
  /** Tells the app's listeners which sessions have ended. */
  loggedOut(source: string, sessions: string[]): Promise<void>
  /** Tells the app's listeners of a refusal or a fault, once; resolves to the error itself. */
  report(error: unknown): Promise<unknown>
}

/** Under which a Jit carries its context: not enumerable, not part of the public contract. */
export const context: unique symbol = Symbol('passport-jit context')

export interface HasContext {
  readonly [context]: JitContext
}
