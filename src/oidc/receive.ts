import { JitError } from '../errors'
import type { Browser, CallbackRequest, Message, Received } from '../passport/protocol'
import type { OidcSource } from '../sources/config'
import type { MappedField } from '../sources/mapping'
import { assertionOf, needsUserInfo } from './claims'
import { type OidcSignIn, verifyIdToken } from './id-token'
import { providerSession } from './logout'
import { otherIssuer, type ProviderMetadata } from './metadata'
import { providerOf } from './provider'
import { providerError, refusal } from './refusal'
import { redeemCode } from './tokens'
import { fetchUserInfo } from './userinfo'

/** The parameters of an authorization response (OpenID Connect Core 3.1.2.5), as they came. */
export interface OidcMessage extends Message {
  parameters: Readonly<Record<string, unknown>>
}

/** Reads an authorization response from the query, or the form of `form_post`; undefined without one. */
export function readResponse(
  source: OidcSource,
  { method, query, body }: CallbackRequest,
): OidcMessage | undefined {
  if (method === 'POST' && body === undefined && source.oidc.responseMode === 'form_post') {
    const message = 'With `oidc.responseMode` form_post the callback route needs express.urlencoded()'
    throw new JitError('invalid_configuration', message, { source: source.id })
  }
  const parameters = method === 'POST' ? ((body ?? {}) as Record<string, unknown>) : query
  const { code, error, state } = parameters
  const isResponse = [code, error, state].some((value) => value !== undefined)
  return isResponse ? { parameters, requestId: state, text: JSON.stringify(parameters) } : undefined
}

/** Finishes a sign-in with an authorization response (OpenID Connect Core 3.1.2.7 and on). Rejects with JitError. */
export async function receive(
  source: OidcSource,
  { message, browser }: { message: OidcMessage; browser: Browser },
  mapping: readonly MappedField[],
): Promise<Received> {
  const signIn = await takeSignIn(source, message, browser)
  const provider = providerOf(source)
  const code = authorizationCode(source, await provider.metadata(), message)
  const tokens = await redeemCode(provider, { code, codeVerifier: signIn.codeVerifier })
  const idToken = await verifyIdToken(provider, tokens, signIn)
  const isAsked = needsUserInfo(source, idToken, mapping)
  const userInfo = isAsked ? await fetchUserInfo(provider, tokens, idToken.sub) : {}
  return {
    assertion: assertionOf(source.oidc.issuer, { idToken, ...userInfo }, mapping),
    providerSession: await providerSession(source, { idToken: tokens.idToken, claims: idToken, signIn }),
    returnTo: signIn.returnTo,
  }
}

/** Uses up the state, even if the response is refused afterwards. */
async function takeSignIn(
  source: OidcSource,
  { requestId: state, parameters }: OidcMessage,
  browser: Browser,
): Promise<OidcSignIn> {
  if (typeof state !== 'string') {
    throw refusal(source, 'state', {
      message: 'The authorization response must have one state.',
      status: 400,
      details: providerError(parameters),
    })
  }
  const pendingSignIn = await browser.take(state)
  const { nonce, codeVerifier } = pendingSignIn ?? {}
  if (pendingSignIn && nonce !== undefined && codeVerifier !== undefined) {
    return { ...pendingSignIn, nonce, codeVerifier }
  }
  throw refusal(source, 'state', {
    message: 'This browser has no pending sign-in for this answer. Please start again.',
    details: providerError(parameters),
  })
}

/** Checks the response's `iss` (RFC 9207 2.4), and then whether it is an error (OpenID Connect Core 3.1.2.6). */
function authorizationCode(
  source: OidcSource,
  { sendsIssuer }: ProviderMetadata,
  { parameters }: OidcMessage,
): string {
  const { iss, error, code } = parameters
  if (iss !== undefined && iss !== source.oidc.issuer)
    throw refusal(source, 'iss', `The authorization response ${anotherIssuer(source, iss)}.`)
  // An error can only refuse the sign-in, so it needs no issuer.
  if (error !== undefined) throw providerRefusal(source, parameters)
  if (iss === undefined && sendsIssuer)
    throw refusal(
      source,
      'iss',
      'The authorization response has no issuer, although the provider announces one.',
    )
  if (typeof code !== 'string' || code === '')
    throw refusal(source, 'code', { message: 'The authorization response must have one code.', status: 400 })
  return code
}

function anotherIssuer(source: OidcSource, iss: unknown): string {
  return typeof iss === 'string' ? otherIssuer(source, iss) : 'does not have one issuer'
}

function providerRefusal({ id }: OidcSource, parameters: OidcMessage['parameters']): JitError {
  const details = providerError(parameters)
  const message = `The identity provider of "${id}" refused the sign-in (${details.provider}).`
  return new JitError('provider_refused', message, { source: id, details })
}
