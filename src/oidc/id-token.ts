import { createHash } from 'node:crypto'
import { errors as joseErrors, type JWTVerifyResult } from 'jose'
import { JitError } from '../errors'
import type { Claims } from '../login/claims'
import type { PendingSignIn } from '../sessions/pending-sign-ins'
import type { OidcSource } from '../sources/config'
import { otherIssuer } from './metadata'
import { CLOCK_TOLERANCE, type OidcProvider } from './provider'
import { refusal } from './refusal'
import type { Tokens } from './tokens'

export type OidcSignIn = PendingSignIn & Required<Pick<PendingSignIn, 'nonce' | 'codeVerifier'>>

export type IdTokenClaims = Claims & { sub: string }

/**
 * Verifies an ID token (OpenID Connect Core 3.1.3.7; 3.1.3.6 for `at_hash`), with a minute of clock tolerance, and returns
 * its claims. Rejects with JitError `invalid_assertion`; `details.check` is the claim that failed, or `alg`, `crit`,
 * `signature` or `id_token`.
 */
export async function verifyIdToken(provider: OidcProvider, tokens: Tokens, signIn: OidcSignIn) {
  const { source } = provider
  const { issuer, clientID: audience } = source.oidc
  const { idTokenAlgorithms: algorithms } = await provider.metadata()
  const requiredClaims = ['sub', 'exp', 'iat']
  const verified = await provider
    .verify(tokens.idToken, { algorithms, issuer, audience, requiredClaims })
    .catch((error: unknown) => {
      if (error instanceof JitError) throw error
      throw refusedIdToken(source, checkOf(error, 'id_token'), issuerProblem(source, error))
    })
  const failed =
    failedClaim(source, verified, signIn) ??
    (hasWrongHash(verified, tokens.accessToken) ? 'at_hash' : undefined)
  if (failed) throw refusedIdToken(source, failed, explanation(failed, verified.payload, tokens))
  return verified.payload as IdTokenClaims
}

/**
 * Adds both names to the error about a different issuer. jose checks claims after the signature, so the name is the
 * provider's own.
 */
export function issuerProblem(source: OidcSource, error: unknown): string | undefined {
  if (!(error instanceof joseErrors.JWTClaimValidationFailed) || error.claim !== 'iss') return undefined
  const { iss } = error.payload
  return typeof iss === 'string' ? `it ${otherIssuer(source, iss)}` : undefined
}

/** Without a cause: jose's errors hold the claims. */
function refusedIdToken(source: OidcSource, check: string, why = `its check of "${check}" failed`): JitError {
  return refusal(source, check, `The ID token was refused: ${why}.`)
}

/** Distinguishes the failures of one check. */
function explanation(
  check: string,
  { nonce, azp }: JWTVerifyResult['payload'],
  { accessToken }: Tokens,
): string | undefined {
  if (check === 'nonce' && nonce === undefined) return 'it has no nonce, although the request had one'
  if (check === 'azp' && azp === undefined)
    return 'it has several audiences and no azp, so it may have been issued to another client'
  if (check === 'at_hash' && accessToken === undefined)
    return 'it has an at_hash, but the provider sent no access token'
  return undefined
}

/** The name of the check that failed, from jose's error; `kind` where the text is no JWT at all. */
export function checkOf(error: unknown, kind: 'id_token' | 'logout_token'): string {
  if (error instanceof joseErrors.JWTClaimValidationFailed) return error.claim
  if (error instanceof joseErrors.JWTExpired) return error.claim
  if (error instanceof joseErrors.JOSEAlgNotAllowed) return 'alg'
  if (error instanceof joseErrors.JOSENotSupported) return 'crit'
  if (error instanceof joseErrors.JWSInvalid || error instanceof joseErrors.JWTInvalid) return kind
  // The signature does not verify; or no key fits, or several do, or the key can't be used.
  return 'signature'
}

/** The checks of claims that jose leaves to us. */
function failedClaim(source: OidcSource, { payload }: JWTVerifyResult, signIn: OidcSignIn) {
  const { sub, iat, aud, azp, nonce, auth_time: authTime } = payload
  const { clientID, maxAge } = source.oidc
  if (typeof sub !== 'string' || sub.trim() === '' || sub.length > 255) return 'sub'
  if (iat === undefined || iat > Date.now() / 1000 + CLOCK_TOLERANCE) return 'iat'
  if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== clientID) return 'azp'
  if (nonce !== signIn.nonce) return 'nonce'
  if (maxAge !== undefined && !isRecent(authTime, maxAge, signIn)) return 'auth_time'
  return undefined
}

/** OpenID Connect Core 3.1.3.6: `at_hash` is the left half of the access token's hash, by the algorithm of the signature. */
function hasWrongHash({ payload, protectedHeader }: JWTVerifyResult, accessToken?: string): boolean {
  const { at_hash: expected } = payload
  if (expected === undefined) return false
  if (accessToken === undefined) return true
  const bits = protectedHeader.alg === 'EdDSA' ? '512' : protectedHeader.alg.slice(-3)
  const digest = createHash(`sha${bits}`).update(accessToken).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url') !== expected
}

/** OpenID Connect Core 3.1.2.1: `max_age` counts back from the request. */
function isRecent(authTime: unknown, maxAge: number, signIn: PendingSignIn): boolean {
  const startedAt = signIn.startedAt.getTime() / 1000
  return typeof authTime === 'number' && authTime >= startedAt - maxAge - CLOCK_TOLERANCE
}
