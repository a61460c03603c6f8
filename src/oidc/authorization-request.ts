/**
 * The only file that touches passport-openidconnect. Its strategy makes our authorization requests. It reads nothing:
 * of an answer it verifies no signature, compares no UserInfo subject and knows no clock tolerance.
 *
 * The members set below are its protected ones, so its version is pinned.
 */
import { createHash } from 'node:crypto'
import { Strategy } from 'passport-openidconnect'
import type { StartOptions } from '../passport/protocol'
import type { OidcSource } from '../sources/config'

const unset = 'https://unset.invalid/'

/** The wrapped strategy, without settings: each request sets everything on an object of its own, as Passport does. */
export class OpenIDConnectStrategy extends Strategy {
  constructor() {
    super({ issuer: unset, authorizationURL: unset, tokenURL: unset, clientID: 'unset' }, () => undefined)
  }
}

const strategy = new OpenIDConnectStrategy()

interface AuthorizationRequest {
  endpoint: string
  state: string
  nonce: string
  codeVerifier: string
}

/** The address of an authorization request (OpenID Connect Core 3.1.2.1) with PKCE (RFC 7636 4.3). */
export function authorizationAddress(
  { oidc }: OidcSource,
  { endpoint, state, nonce, codeVerifier }: AuthorizationRequest,
  options: StartOptions,
): Promise<string> {
  const members = {
    _oauth2: { _authorizeUrl: endpoint, _clientId: oidc.clientID },
    _callbackURL: oidc.callbackURL,
    _stateStore: stateStore(state),
    // The strategy puts `openid` in front.
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
      // The strategy's own option drops a `max_age` of 0.
      ...(oidc.maxAge !== undefined && { max_age: oidc.maxAge }),
    }),
  }
  return new Promise((resolve, reject) => {
    const actions = { redirect: resolve, error: reject, fail: reject }
    Object.assign(Object.create(strategy) as typeof strategy, members, actions).authenticate({ query: {} })
  })
}

/** The strategy asks its store for a state, in five parameters. We keep the pending sign-in ourselves. */
function stateStore(state: string): object {
  type Done = (error: null, state: string) => void
  return { store: (...parameters: [unknown, unknown, unknown, unknown, Done]) => parameters[4](null, state) }
}
