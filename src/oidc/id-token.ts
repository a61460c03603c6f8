import { createHash } from 'node:crypto'
import type { JWTVerifyResult } from 'jose'
import { errors as joseErrors } from 'jose'
import { JitError } from '../errors'
import type { OidcSource } from '../sources/config'
import type { Claims } from '../login/claims'
import { refusal } from './refusal'
import type { OidcProvider } from './provider'
import { CLOCK_TOLERANCE } from './provider'
import type { Tokens } from './tokens'
import type { PendingSignIn } from '../sessions/pending-sign-ins'

/** A sign-in that this strategy began: it has a nonce and a code verifier. */
export type OidcSignIn = PendingSignIn & Required<Pick<PendingSignIn, 'nonce' | 'codeVerifier'>>

/**
 * Verifies an ID token and returns its claims (OpenID Connect Core 3.1.3.7, 3.1.3.6 for `at_hash`), with a
 * minute of clock tolerance. Rejects with JitError `invalid_assertion`; `details.check` is the claim that
 * failed, or `alg`, `crit`, `signature` or `id_token`.
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
      throw refusedIdToken(source, checkOf(error, 'id_token'))
    })
  const failed = failedCheck(source, verified, tokens.accessToken, signIn)
  if (failed) throw refusedIdToken(source, failed)
  return verified.payload as Claims & { sub: string }
}

// jose's errors carry the claims, and so they are not passed on as a cause.
function refusedIdToken(source: OidcSource, check: string): JitError {
  return refusal(source, check, `The ID token was refused: its check of "${check}" failed`)
}

/** Which check of a JWT has failed, by jose's error; `kind` where it is no JWT at all. */
export function checkOf(error: unknown, kind: 'id_token' | 'logout_token'): string {
  if (error instanceof joseErrors.JWTClaimValidationFailed) return error.claim
  if (error instanceof joseErrors.JWTExpired) return error.claim
  if (error instanceof joseErrors.JOSEAlgNotAllowed) return 'alg'
  if (error instanceof joseErrors.JOSENotSupported) return 'crit'
  if (error instanceof joseErrors.JWSInvalid || error instanceof joseErrors.JWTInvalid) return kind
  // It does not verify; or there is no key for it, or more than one, or one that cannot be used.
  return 'signature'
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
  if (typeof sub !== 'string' || sub.trim() === '' || sub.length > 255) return 'sub'
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
function isRecent(authTime: unknown, maxAge: number, signIn: PendingSignIn): boolean {
  const startedAt = signIn.startedAt.getTime() / 1000
  return typeof authTime === 'number' && authTime >= startedAt - maxAge - CLOCK_TOLERANCE
}
