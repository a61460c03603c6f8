import type { Assertion } from '../login/assertion'
import type { Answer, NewSignIn, PendingSignIn } from '../sessions/pending-sign-ins'
import type { ProviderSession } from '../sessions/provider-session'
import type { Protocol, Source } from '../sources/config'

/** A callback's request as plain data. */
export interface CallbackRequest {
  method: string
  query: Readonly<Record<string, unknown>>
  /** The parsed form; undefined without a parser. */
  body: unknown
}

/** What may be passed to `passport.authenticate`. It wins over the source's own options. */
export interface StartOptions {
  /** Where to go after the sign-in, a path of this origin. Default: `returnTo` in the query. */
  returnTo?: unknown
  /** OpenID Connect only, like the two below. */
  prompt?: string
  display?: string
  loginHint?: string
  /** Starts a test sign-in, also through a source that is off. Its answer signs nobody in. */
  test?: true
  /** Connects the identity to the user who is signed in. The answer signs nobody in. */
  connect?: true
}

/** Where to send the browser, and what to remember until it comes back. */
export type Begun = { pending: Pick<NewSignIn, 'id' | 'nonce' | 'codeVerifier'> } & (
  { redirect: string } | { form: string }
)

/** The provider's answer in a callback. Nothing in it is verified yet. `requestId`: InResponseTo, or `state`. */
export type Message = Answer

/** What `receive` may use up. Each pending sign-in and each assertion serves once. */
export interface Browser {
  /** Takes a sign-in that this browser started here; undefined if it started none with this id. */
  take(id: string): Promise<PendingSignIn | undefined>
  /** Resolves to false where this source's assertion was used before. It is remembered until `expiresAt`. */
  isFirstUse(assertionId: string, expiresAt: Date): Promise<boolean>
}

export interface Received {
  assertion: Assertion
  /** What the provider needs to end this session later. */
  providerSession: ProviderSession
  /** A path of this origin. */
  returnTo: string | undefined
  /** The protocol's own part of `req.authInfo`. */
  authInfo?: object
}

/** One protocol, without Passport, sessions and HTTP responses. Its functions reject with JitError. */
export interface SignInProtocol<S extends Source = Source, M extends Message = Message> {
  /** The answer in a request to the callback; undefined where the request starts a sign-in. */
  read(source: S, request: CallbackRequest): M | undefined
  begin(source: S, options: StartOptions): Promise<Begun>
  receive(source: S, answer: { message: M; browser: Browser }): Promise<Received>
}

export type Protocols = Record<Protocol, SignInProtocol>
