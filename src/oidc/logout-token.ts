import type { JWTVerifyResult } from 'jose'
import { JitError } from '../errors'
import type { LogoutMessage } from '../sessions/provider-logout'
import type { OidcSource } from '../sources/config'
import { isObject } from '../sources/merge-patch'
import { checkOf, issuerProblem } from './id-token'
import { CLOCK_TOLERANCE, providerOf } from './provider'
import { refusal } from './refusal'

const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout'

/** The longest logout token, in characters. Providers send half a kilobyte. */
const MAX_LENGTH = 16 * 1024

/** The oldest logout token, in seconds; it is remembered as used for as long. */
const MAX_AGE = 300

interface LogoutClaims {
  jti: string
  iat: number
  sub?: string
  sid?: string
}

/**
 * Reads a posted logout token (Back-Channel Logout 1.0, 2.5). Rejects with JitError: `provider_unavailable`, or
 * `invalid_assertion`, whose `details.check` is `size` or `logout_token`, or what `verify` says.
 */
export async function receiveLogoutToken(source: OidcSource, token: unknown): Promise<LogoutMessage> {
  if (typeof token !== 'string')
    throw malformed(source, 'logout_token', 'The request is not a form with one logout token.')
  // An app may parse forms of any length before the router does.
  if (token.length > MAX_LENGTH) throw malformed(source, 'size', 'The logout token is too long.')
  const { jti, iat, sub, sid } = await verify(source, token)
  const expiresAt = new Date((iat + MAX_AGE + CLOCK_TOLERANCE) * 1000)
  const order = { issuedAt: new Date(iat * 1000), providerSessions: sid === undefined ? [] : [sid] }
  return {
    id: jti,
    expiresAt,
    logout: { source: source.id, issuer: source.oidc.issuer, subject: sub, ...order },
  }
}

/**
 * Verifies a logout token (Back-Channel Logout 1.0, 2.6), with a minute of clock tolerance. Without `exp`, which older
 * providers leave out, it may be five minutes old. Whether it was used before is not checked here. A failed check is the name of a claim, or `alg`, `crit`, `signature`, `typ` or `logout_token`.
 */
async function verify(source: OidcSource, token: string): Promise<LogoutClaims> {
  const provider = providerOf(source)
  const { issuer, clientID: audience } = source.oidc
  const { idTokenAlgorithms: algorithms } = await provider.metadata()
  const claims = { issuer, audience, requiredClaims: ['iat', 'jti', 'events'], maxTokenAge: MAX_AGE }
  const verified = await provider.verify(token, { algorithms, ...claims }).catch((error: unknown) => {
    if (error instanceof JitError) throw error
    throw refusedToken(source, checkOf(error, 'logout_token'), issuerProblem(source, error))
  })
  const failed = failedCheck(verified)
  if (failed) throw refusedToken(source, failed)
  return verified.payload as unknown as LogoutClaims
}

/** Without a cause: jose's errors hold the claims. */
function refusedToken(source: OidcSource, check: string, why = `its check of "${check}" failed`): JitError {
  return malformed(source, check, `The logout token was refused: ${why}.`)
}

function malformed(source: OidcSource, check: string, message: string): JitError {
  return refusal(source, check, { message, status: 400 })
}

/** The checks that jose leaves to us. */
function failedCheck({ payload, protectedHeader }: JWTVerifyResult): string | undefined {
  const { exp, iat = 0, jti, sub, sid, events } = payload
  // RFC 8725 3.11. Providers older than that send JWT, or nothing.
  if (!/^((application\/)?logout\+jwt|jwt)$/i.test(protectedHeader.typ ?? 'JWT')) return 'typ'
  // Only its age limits such a token, so there is no tolerance.
  if (exp === undefined && iat < Date.now() / 1000 - MAX_AGE) return 'iat'
  if (typeof jti !== 'string' || jti === '') return 'jti'
  if (!isObject(events) || !isObject(events[LOGOUT_EVENT])) return 'events'
  // An ID token has a nonce.
  if ('nonce' in payload) return 'nonce'
  if (sub !== undefined && !isName(sub)) return 'sub'
  if (sid !== undefined && !isName(sid)) return 'sid'
  return sub === undefined && sid === undefined ? 'sub' : undefined
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
