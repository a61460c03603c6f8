import { createHash } from 'node:crypto'
import type { JWTPayload, JWTVerifyResult } from 'jose'
import { errors as joseErrors } from 'jose'
import { z } from 'zod'
import { JitError } from '../login/errors'
import type { OidcSource } from '../sources/config'
import type { Answer } from './http'
import { parseJson } from './http'
import { refusal, unavailable } from './oidc-errors'
import type { OidcProvider } from './oidc-provider'
import { CLOCK_TOLERANCE } from './oidc-provider'
import type { SignInRequest } from './requests'

/** The claims of a verified ID token or UserInfo response. */
export type Claims = Readonly<Record<string, unknown>>

/** What the token endpoint gave for a code (OpenID Connect Core 3.1.3.3). */
export interface Tokens {
  idToken: string
  accessToken: string | undefined
}

/** A sign-in that this strategy began: it has a nonce and a code verifier. */
export type OidcSignIn = SignInRequest & Required<Pick<SignInRequest, 'nonce' | 'codeVerifier'>>

const tokenResponse = z.object({ id_token: z.string(), access_token: z.string().optional() })

/**
 * Redeems an authorization code, with the PKCE verifier (OpenID Connect Core 3.1.3, RFC 7636 4.5). Rejects with
 * JitError: `invalid_assertion` where the provider refuses the code, `invalid_configuration` where it refuses
 * this client, `provider_unavailable` where it gives no answer of the protocol.
 */
export async function redeemCode(
  provider: OidcProvider,
  source: OidcSource,
  code: string,
  codeVerifier: string,
): Promise<Tokens> {
  const { tokenURL } = await provider.metadata()
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: source.oidc.callbackURL,
    code_verifier: codeVerifier,
  })
  const headers = { Accept: 'application/json', ...(await authenticateClient(provider, source, form)) }
  const answer = await provider.send(tokenURL, { form, headers }).catch((error: unknown) => {
    throw unavailable(source, 'its token endpoint could not be reached', error)
  })
  if (answer.status !== 200) throw tokenError(source, answer)
  const tokens = tokenResponse.safeParse(parseJson(answer.body))
  if (!tokens.success) throw unavailable(source, 'its token endpoint gave no ID token')
  return { idToken: tokens.data.id_token, accessToken: tokens.data.access_token }
}

/** Adds the client's credentials: to the form, or as the headers that it returns (RFC 6749 2.3.1). */
async function authenticateClient(
  provider: OidcProvider,
  source: OidcSource,
  form: URLSearchParams,
): Promise<Record<string, string>> {
  const { clientID, clientSecret = '' } = source.oidc
  const method = await clientAuthMethod(provider, source)
  if (method === 'client_secret_basic') {
    const credentials = `${formEncoded(clientID)}:${formEncoded(clientSecret)}`
    return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  }
  form.set('client_id', clientID)
  if (method === 'client_secret_post') form.set('client_secret', clientSecret)
  return {}
}

async function clientAuthMethod(provider: OidcProvider, source: OidcSource): Promise<string> {
  const { clientSecret, tokenEndpointAuthMethod } = source.oidc
  if (tokenEndpointAuthMethod) return tokenEndpointAuthMethod
  if (!clientSecret) return 'none'
  const { tokenEndpointAuthMethods: announced } = await provider.metadata()
  if (!announced || announced.includes('client_secret_basic')) return 'client_secret_basic'
  if (announced.includes('client_secret_post')) return 'client_secret_post'
  throw new JitError(
    'invalid_configuration',
    `The identity provider of "${source.id}" takes no client secret, neither by client_secret_basic nor by ` +
      'client_secret_post; allow one of them there, or set `oidc.tokenEndpointAuthMethod`',
    { source: source.id },
  )
}

/** A value as `application/x-www-form-urlencoded` writes it, in which a colon cannot occur. */
function formEncoded(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}

/** RFC 6749 5.2 */
function tokenError(source: OidcSource, answer: Answer): JitError {
  const code = z.object({ error: z.string() }).safeParse(parseJson(answer.body)).data?.error
  if (code === undefined || answer.status >= 500)
    return unavailable(source, `its token endpoint answered with status ${answer.status}`)
  if (code === 'invalid_client' || code === 'unauthorized_client')
    return new JitError(
      'invalid_configuration',
      `The identity provider of "${source.id}" does not accept this client (${code}); check ` +
        '`oidc.clientID`, `oidc.clientSecret` and `oidc.tokenEndpointAuthMethod`',
      { source: source.id, details: { provider: code } },
    )
  return refusal(source, 'code', 'The identity provider did not accept the authorization code')
}

/**
 * Verifies an ID token and returns its claims (OpenID Connect Core 3.1.3.7, 3.1.3.6 for `at_hash`), with a
 * minute of clock tolerance. Rejects with JitError `invalid_assertion`; `details.check` is the claim that
 * failed, or `alg`, `signature` or `id_token`.
 */
export async function verifyIdToken(
  provider: OidcProvider,
  source: OidcSource,
  tokens: Tokens,
  signIn: OidcSignIn,
): Promise<Claims & { sub: string }> {
  const { issuer, clientID: audience } = source.oidc
  const { idTokenAlgorithms: algorithms } = await provider.metadata()
  const requiredClaims = ['sub', 'exp', 'iat']
  const verified = await provider
    .verify(tokens.idToken, { algorithms, issuer, audience, requiredClaims })
    .catch((error: unknown) => {
      if (error instanceof JitError) throw error
      throw refusedIdToken(source, checkOf(error))
    })
  const failed = failedCheck(source, verified, tokens.accessToken, signIn)
  if (failed) throw refusedIdToken(source, failed)
  return verified.payload as Claims & { sub: string }
}

// jose's errors carry the claims, and so they are not passed on as a cause.
function refusedIdToken(source: OidcSource, check: string): JitError {
  return refusal(source, check, `The ID token was refused: its check of "${check}" failed`)
}

function checkOf(error: unknown): string {
  if (error instanceof joseErrors.JWTClaimValidationFailed) return error.claim
  if (error instanceof joseErrors.JWTExpired) return error.claim
  if (error instanceof joseErrors.JOSEAlgNotAllowed) return 'alg'
  if (error instanceof joseErrors.JWSSignatureVerificationFailed) return 'signature'
  if (error instanceof joseErrors.JWKSNoMatchingKey) return 'signature'
  return 'id_token'
}

/** The checks that jose leaves to us. */
function failedCheck(
  source: OidcSource,
  { payload, protectedHeader }: JWTVerifyResult,
  accessToken: string | undefined,
  signIn: OidcSignIn,
): string | undefined {
  const { sub, iat, aud, azp, nonce, at_hash: hash, auth_time: authTime } = payload
  const { clientID, maxAge } = source.oidc
  if (typeof sub !== 'string' || sub.length === 0 || sub.length > 255) return 'sub'
  if (iat === undefined || iat > Date.now() / 1000 + CLOCK_TOLERANCE) return 'iat'
  if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== clientID) return 'azp'
  if (nonce !== signIn.nonce) return 'nonce'
  if (hash !== undefined && hash !== accessTokenHash(protectedHeader.alg, accessToken)) return 'at_hash'
  if (maxAge !== undefined && !isRecent(authTime, maxAge, signIn)) return 'auth_time'
  return undefined
}

/** OpenID Connect Core 3.1.3.6: the left half of the hash that the signature algorithm uses. */
function accessTokenHash(alg: string, accessToken: string | undefined): string | undefined {
  if (accessToken === undefined) return undefined
  const bits = alg === 'EdDSA' ? '512' : alg.slice(-3)
  const digest = createHash(`sha${bits}`).update(accessToken).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** OpenID Connect Core 3.1.2.1: `max_age` counts back from the request. */
function isRecent(authTime: unknown, maxAge: number, signIn: SignInRequest): boolean {
  const startedAt = (signIn.startedAt ?? new Date()).getTime() / 1000
  return typeof authTime === 'number' && authTime >= startedAt - maxAge - CLOCK_TOLERANCE
}

/**
 * Asks for the claims that the ID token lacks (OpenID Connect Core 5.3); a signed answer is verified with the
 * provider's keys. Rejects with JitError `invalid_assertion`: `userinfo`, or `userinfo_sub` where the answer is
 * about somebody else (5.3.2).
 */
export async function fetchUserInfo(
  provider: OidcProvider,
  source: OidcSource,
  address: string,
  accessToken: string,
  subject: string,
): Promise<Claims> {
  const headers = { Accept: 'application/json, application/jwt', Authorization: `Bearer ${accessToken}` }
  const answer = await provider.send(address, { headers }).catch(() => undefined)
  const claims = answer?.status === 200 ? await readUserInfo(provider, source, answer) : undefined
  if (!claims) throw refusal(source, 'userinfo', 'UserInfo gave no usable answer')
  if (claims['sub'] !== subject)
    throw refusal(source, 'userinfo_sub', 'UserInfo is about somebody else than the ID token')
  return claims
}

async function readUserInfo(
  provider: OidcProvider,
  source: OidcSource,
  answer: Answer,
): Promise<Claims | undefined> {
  if (answer.contentType === 'application/jwt') return signedUserInfo(provider, source, answer.body)
  const claims = parseJson(answer.body)
  return typeof claims === 'object' && claims !== null && !Array.isArray(claims) ? { ...claims } : undefined
}

/** OpenID Connect Core 5.3.2: `iss` and `aud` are not demanded, but have to be right. */
async function signedUserInfo(
  provider: OidcProvider,
  source: OidcSource,
  jwt: string,
): Promise<JWTPayload | undefined> {
  const { payload } = await provider.verify(jwt).catch((error: unknown) => {
    if (error instanceof JitError) throw error
    throw refusal(source, 'userinfo', 'The signature of UserInfo could not be verified')
  })
  const { iss = source.oidc.issuer, aud = source.oidc.clientID } = payload
  return iss === source.oidc.issuer && [aud].flat().includes(source.oidc.clientID) ? payload : undefined
}
