import type { JWTVerifyResult } from 'jose'
import { JitError } from '../errors'
import type { OidcSource } from '../sources/config'
import { refusal } from './refusal'
import { checkOf } from './id-token'
import { CLOCK_TOLERANCE, providerOf } from './provider'

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** How old a token may be, in seconds; it is kept as used for as long. */
const MAX_AGE = 300

/** What a verified logout token says (Back-Channel Logout 1.0, 2.4). */
export interface LogoutToken {
  id: string
  subject: string | undefined
  /** The provider's own session, by its `sid`. */
  providerSession: string | undefined
  issuedAt: Date
  /** From when on it is refused as too old. */
  expiresAt: Date
}

/**
 * Verifies a logout token (Back-Channel Logout 1.0, 2.6), with a minute of clock tolerance; whether it was used before
 * is not checked here. Rejects with JitError `invalid_assertion`, whose `details.check` is the claim that failed, or
 * `alg`, `crit`, `signature`, `typ` or `logout_token`; or `provider_unavailable`.
 */
export async function verifyLogoutToken(source: OidcSource, token: string): Promise<LogoutToken> {
  const provider = providerOf(source)
  const { issuer, clientID: audience } = source.oidc
  const { idTokenAlgorithms: algorithms } = await provider.metadata()
  const claims = { issuer, audience, requiredClaims: ['exp', 'iat', 'jti', 'events'], maxTokenAge: MAX_AGE }
  const verified = await provider.verify(token, { algorithms, ...claims }).catch((error: unknown) => {
    if (error instanceof JitError) throw error
    throw refused(source, checkOf(error, 'logout_token'))
  })
  const failed = failedCheck(verified)
  if (failed) throw refused(source, failed)
  const { jti, iat, sub, sid } = verified.payload as { jti: string; iat: number; sub?: string; sid?: string }
  return {
    id: jti,
    subject: sub,
    providerSession: sid,
    issuedAt: new Date(iat * 1000),
    expiresAt: new Date((iat + MAX_AGE + CLOCK_TOLERANCE) * 1000),
  }
}

// jose's errors carry the claims, and so they are not passed on as a cause.
function refused(source: OidcSource, check: string): JitError {
  return refusal(source, check, `The logout token was refused: its check of "${check}" failed`, {
    status: 400,
  })
}

/** The checks that jose leaves to us. */
function failedCheck({ payload, protectedHeader }: JWTVerifyResult): string | undefined {
  const { jti, sub, sid, events } = payload
  // RFC 8725 3.11; providers of before the recommendation send JWT, or nothing.
  if (!/^((application\/)?logout\+jwt|jwt)$/i.test(protectedHeader.typ ?? 'JWT')) return 'typ'
  if (typeof jti !== 'string' || jti === '') return 'jti'
  if (!isObject(events) || !isObject(events[LOGOUT_EVENT])) return 'events'
  // An ID token has one.
  if ('nonce' in payload) return 'nonce'
  if (sub !== undefined && !isName(sub)) return 'sub'
  if (sid !== undefined && !isName(sid)) return 'sid'
  return sub === undefined && sid === undefined ? 'sub' : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
