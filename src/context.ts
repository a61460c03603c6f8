import type { Assertion } from './login/assertion'
import type { LoginPlan, LoginResult } from './login/result'
import type { SourceEditor } from './sources/admin'
import type { Source } from './sources/config'
import type { SignInRequests } from './strategies/requests'

/** What the strategies and routers need of a Jit, and the app does not. */
export interface JitContext {
  /** The public address of `router()`, without a trailing slash. */
  readonly baseUrl: string
  readonly requests: SignInRequests
  /** For the admin area. */
  readonly editor: SourceEditor
  /** The validated source. Throws JitError `unknown_source`, `source_disabled` or `invalid_configuration`. */
  source(id: string): Source
  /** The attribute names that this source's IdP must send, one per field, and the fields' labels. */
  mapping(source: Source): MappedField[]
  login(id: string, assertion: Assertion): Promise<LoginResult>
  preview(id: string, assertion: Assertion): Promise<LoginPlan>
  /** Tells the app's listeners of a refusal or a fault, once; resolves to the error itself. */
  report(error: unknown): Promise<unknown>
}

/** One field of the user model, as one source fills it. */
export interface MappedField {
  path: string
  label: string
  attribute: string
  required: boolean
  /** Which standard field it is (`email`, ...); undefined for a custom one. */
  standard?: string
}

/** Under which a Jit carries its context: not enumerable, not part of the public contract. */
export const context: unique symbol = Symbol('passport-jit context')

export interface HasContext {
  readonly [context]: JitContext
}
