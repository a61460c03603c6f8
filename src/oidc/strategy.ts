import { createHash, randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { Strategy } from 'passport'
import { Strategy as OpenIDConnectStrategy } from 'passport-openidconnect'
import type { HasContext, JitContext } from '../passport/context'
import { context } from '../passport/context'
import type { Assertion } from '../login/assertion'
import { JitError } from '../errors'
import type { LoginResult } from '../login/result'
import { signedInByOidc } from './logout'
import { recordAtLogIn } from '../passport/record-at-log-in'
import type { ProviderSession } from '../sessions/provider-session'
import type { OidcSource, Source } from '../sources/config'
import type { Actions } from '../passport/end-request'
import { endOnce } from '../passport/end-request'
import type { Claims } from '../login/claims'
import { assertionOf, lacksMappedClaim } from './claims'
import { refusal } from './refusal'
import type { OidcSignIn } from './id-token'
import { verifyIdToken } from './id-token'
import type { OidcProvider, ProviderMetadata } from './provider'
import { providerOf } from './provider'
import type { Tokens } from './tokens'
import { redeemCode } from './tokens'
import { fetchUserInfo } from './userinfo'
import { type PendingSignIn, testRequestId } from '../sessions/pending-sign-ins'
import { safeReturnTo } from '../sessions/return-to'
import { endTest } from '../passport/test-sign-in'

/** passport-openidconnect's strategy, as much of it as our declarations should name. */
interface ParentStrategy {
  name: string
  authenticate(req: Request, options?: object): void
}

const Parent: new (options: object, verify: () => void) => ParentStrategy = OpenIDConnectStrategy

/** What may be given to `passport.authenticate`: instead of the source's own, but for `returnTo`. */
export interface OidcStartOptions {
  /** Where to go afterwards, a path of this origin. Default: `returnTo` of the query. */
  returnTo?: unknown
  prompt?: string
  display?: string
  loginHint?: string
  /** Starts a test sign-in, also through a source that is switched off: its answer signs nobody in. */
  test?: true
}

/** The parameters of an authorization response, from the query or, with `form_post`, the body. */
type AuthorizationResponse = Readonly<Record<string, unknown>>

/**
 * The Passport strategy of one OpenID Connect source: the authorization code flow (OpenID Connect Core 3.1)
 * with PKCE (RFC 7636), state and nonce. A request without `code`, `error` and `state` starts a sign-in, one
 * with them finishes it. Passport gets the user, and `{ jit: LoginResult, returnTo }` as `req.authInfo`.
 *
 * The authorization request is passport-openidconnect's own. What it does with the answer is replaced: it
 * verifies no signature, compares no UserInfo subject and knows no clock tolerance.
 */
export const OidcJitStrategy: new (jit: HasContext, sourceId: string) => Strategy = class OidcJitStrategy
  extends Parent
  implements Strategy
{
  // Not #private: Passport calls `authenticate` on objects made by Object.create.
  private readonly jit: JitContext

  /** `jit` is what `createJit` returned; `id` the source's, and the strategy's name. */
  constructor(jit: HasContext, id: string) {
    // The source may be added or changed at run time: all of this is set anew for each request.
    const unset = `${jit[context].baseUrl}/`
    super({ issuer: unset, authorizationURL: unset, tokenURL: unset, clientID: id }, () => undefined)
    this.name = id
    this.jit = jit[context]
  }

  override authenticate(req: Request, options: OidcStartOptions = {}): void {
    endOnce(this, this.jit, req, (attempt) => this.run(attempt, req, options))
  }

  /** Resolves to what ends the request. */
  private async run(attempt: this & Actions, req: Request, options: OidcStartOptions): Promise<() => void> {
    const { jit, name } = this
    const source = oidcSource(jit.anySource(name))
    const response = options.test ? {} : authorizationResponse(req, source)
    const test = await jit.requests.takeTest(req, name, response.state)
    if (test) {
      const answer = async () => (await receive(jit, source, ours(source, test), response)).assertion
      const ended = await endTest(jit, source, test, answer)
      return () => attempt.fail(ended)
    }
    if (!options.test) jit.source(name)
    if (!isEmpty(response)) {
      const { result, returnTo } = await finish(jit, source, req, response)
      return () => attempt.success(result.user, { jit: result, returnTo })
    }
    Object.assign(attempt, await start(jit, source, req, options))
    // Its own reading of the request is not wanted: the query of a POST is not the provider's answer.
    return () => super.authenticate.call(attempt, { query: {} } as Request)
  }
}

function oidcSource(source: Source): OidcSource {
  if (source.protocol === 'oidc') return source
  const { id } = source
  throw new JitError('invalid_configuration', `Source "${id}" is not an OpenID Connect source`, {
    source: id,
  })
}

function authorizationResponse(req: Request, source: OidcSource): AuthorizationResponse {
  if (req.method !== 'POST') return req.query
  if (req.body === undefined && source.oidc.responseMode === 'form_post')
    throw new JitError(
      'invalid_configuration',
      'With `oidc.responseMode` form_post the callback route needs express.urlencoded()',
      { source: source.id },
    )
  return (req.body ?? {}) as AuthorizationResponse
}

function isEmpty({ code, error, state }: AuthorizationResponse): boolean {
  return code === undefined && error === undefined && state === undefined
}

/**
 * Remembers a sign-in, bound to this browser, and returns the members of passport-openidconnect's strategy with
 * which it makes the authorization request (OpenID Connect Core 3.1.2.1, RFC 7636 4.3).
 */
async function start(
  jit: JitContext,
  source: OidcSource,
  req: Request,
  options: OidcStartOptions,
): Promise<object> {
  const { authorizationURL } = await providerOf(source).metadata()
  const [state, nonce, codeVerifier] = [randomToken(), randomToken(), randomToken()]
  const id = options.test ? testRequestId(state) : state
  const returnTo = safeReturnTo(options.returnTo ?? req.query['returnTo'])
  await jit.requests.start(req, {
    ...{ id, source: source.id, nonce, codeVerifier },
    // The database would make a null of an undefined.
    ...(returnTo !== undefined && { returnTo }),
    ...(options.test && { test: true }),
  })
  const { oidc } = source
  return {
    _oauth2: { _authorizeUrl: authorizationURL, _clientId: oidc.clientID },
    _callbackURL: oidc.callbackURL,
    _stateStore: stateStore(id),
    // It puts `openid` in front.
    _scope: oidc.scope
      .split(' ')
      .filter((scope) => scope !== 'openid')
      .join(' '),
    _responseMode: oidc.responseMode,
    _prompt: options.prompt ?? oidc.prompt,
    _display: options.display ?? oidc.display,
    _uiLocales: oidc.uiLocales,
    _loginHint: options.loginHint ?? oidc.loginHint,
    _acrValues: oidc.acrValues,
    authorizationParams: () => ({
      nonce,
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      // Its own option drops a `max_age` of 0.
      ...(oidc.maxAge !== undefined && { max_age: oidc.maxAge }),
    }),
  }
}

/** passport-openidconnect's store of states: it asks for a state, and what that one is to hold is kept elsewhere. */
function stateStore(state: string): object {
  type Stored = (error: null, state: string) => void
  return {
    store: (_req: unknown, _ctx: unknown, _state: unknown, _meta: unknown, done: Stored) => done(null, state),
  }
}

/** 256 bits of randomness; as a code verifier of 43 characters (RFC 7636 4.1). */
function randomToken(): string {
  return randomBytes(32).toString('base64url')
}

async function finish(
  jit: JitContext,
  source: OidcSource,
  req: Request,
  response: AuthorizationResponse,
): Promise<{ result: LoginResult; returnTo: string | undefined }> {
  const signIn = await takeSignIn(jit, source, req, response)
  const { assertion, signedIn } = await receive(jit, source, signIn, response)
  const result = await jit.login(source.id, assertion)
  recordAtLogIn(req, jit, signedIn)
  return { result, returnTo: signIn.returnTo }
}

/** What the provider says of the person and of its session, all checks of the protocol done but for the state. */
async function receive(
  jit: JitContext,
  source: OidcSource,
  signIn: OidcSignIn,
  response: AuthorizationResponse,
): Promise<{ assertion: Assertion; signedIn: ProviderSession }> {
  const provider = providerOf(source)
  const code = authorizationCode(source, await provider.metadata(), response)
  const tokens = await redeemCode(provider, source, code, signIn.codeVerifier)
  const idToken = await verifyIdToken(provider, source, tokens, signIn)
  const mapping = jit.mapping(source)
  const userInfo = lacksMappedClaim(idToken, mapping)
    ? await askUserInfo(provider, source, tokens, idToken.sub)
    : undefined
  return {
    assertion: assertionOf(source.oidc.issuer, idToken, userInfo, mapping),
    signedIn: await signedInByOidc(source, tokens.idToken, idToken, signIn.startedAt),
  }
}

/** Spends the state, whatever else the response says. */
async function takeSignIn(
  jit: JitContext,
  source: OidcSource,
  req: Request,
  { state }: AuthorizationResponse,
): Promise<OidcSignIn> {
  if (typeof state !== 'string')
    throw refusal(source, 'state', 'The authorization response must have one state', { status: 400 })
  return ours(source, await jit.requests.take(req, source.id, state))
}

function ours(source: OidcSource, signIn: PendingSignIn | undefined): OidcSignIn {
  if (isOurs(signIn)) return signIn
  throw refusal(source, 'state', 'No sign-in of this browser is waiting for this answer; please start again')
}

function isOurs(signIn: PendingSignIn | undefined): signIn is OidcSignIn {
  return signIn?.nonce !== undefined && signIn.codeVerifier !== undefined
}

/** Checks the response's `iss` (RFC 9207 2.4), and then whether it is an error (OpenID Connect Core 3.1.2.6). */
function authorizationCode(
  source: OidcSource,
  metadata: ProviderMetadata,
  { iss, error, code }: AuthorizationResponse,
): string {
  if (iss === undefined ? metadata.sendsIssuer : iss !== source.oidc.issuer)
    throw refusal(source, 'iss', 'The authorization response is not of this identity provider')
  if (error !== undefined) throw providerRefusal(source, error)
  if (typeof code !== 'string' || code === '')
    throw refusal(source, 'code', 'The authorization response must have one code', { status: 400 })
  return code
}

function providerRefusal(source: OidcSource, error: unknown): JitError {
  const provider = typeof error === 'string' && /^[a-z_]{1,64}$/.test(error) ? error : 'unknown'
  const message = `The identity provider of "${source.id}" refused the sign-in (${provider})`
  return new JitError('provider_refused', message, { source: source.id, details: { provider } })
}

async function askUserInfo(
  provider: OidcProvider,
  source: OidcSource,
  { accessToken }: Tokens,
  subject: string,
): Promise<Claims | undefined> {
  const { userInfoURL } = await provider.metadata()
  if (userInfoURL === undefined || accessToken === undefined) return undefined
  return fetchUserInfo(provider, source, userInfoURL, accessToken, subject)
}
