import type { Request } from 'express'
import type { JitContext } from '../passport/context'
import type { Claims } from '../login/claims'
import type { OidcSource } from '../sources/config'
import { refusal } from './refusal'
import { providerOf } from './provider'
import { logoutAddress } from '../sources/addresses'
import { verifyLogoutToken } from './logout-token'
import { carryOut } from '../sessions/provider-logout'
import type { ProviderSession } from '../sessions/provider-session'

/** A longer ID token is not sent back: servers refuse addresses of more than 8 KiB. */
const MAX_HINT = 6 * 1024

/** How long a logout token may be; those of providers have half a kilobyte. */
const MAX_LOGOUT_TOKEN = 16 * 1024

/** What a verified ID token begins. Rejects with JitError `provider_unavailable`. */
export async function signedInByOidc(
  source: OidcSource,
  idToken: string,
  { sub, sid, iat }: Claims & { sub: string },
  startedAt: Date,
): Promise<ProviderSession> {
  const { endSessionURL } = await providerOf(source).metadata()
  return {
    ...{ source: source.id, issuer: source.oidc.issuer, subject: sub },
    ...(typeof sid === 'string' && sid !== '' && { providerSession: sid }),
    issuedAt: new Date(Number(iat) * 1000),
    startedAt,
    ...(endSessionURL !== undefined && idToken.length <= MAX_HINT && { idToken }),
  }
}

/**
 * The address at which a browser whose session has ended here ends its session at the provider (RP-Initiated Logout
 * 1.0, 2). Undefined where the provider has none. There is no `state`: whoever comes back from there is only sent on.
 * Rejects with JitError `provider_unavailable`.
 */
export async function endSessionAddress(
  jit: Pick<JitContext, 'baseUrl'>,
  source: OidcSource,
  signedIn: ProviderSession,
): Promise<string | undefined> {
  if (signedIn.issuer !== source.oidc.issuer) return undefined
  const url = await providerOf(source).endSessionAddress()
  if (!url) return undefined
  if (signedIn.idToken !== undefined) url.searchParams.set('id_token_hint', signedIn.idToken)
  url.searchParams.set('client_id', source.oidc.clientID)
  url.searchParams.set('post_logout_redirect_uri', logoutAddress(jit.baseUrl, source.id))
  return url.href
}

/**
 * Ends the sessions that a posted logout token is about (Back-Channel Logout 1.0, 2.5 to 2.7): one session of the
 * provider, by `sid`, or all of a person's. Rejects with JitError.
 */
export async function takeLogoutToken(jit: JitContext, source: OidcSource, req: Request): Promise<void> {
  const { logout_token: token } = (req.body ?? {}) as Record<string, unknown>
  if (!req.is('application/x-www-form-urlencoded') || typeof token !== 'string') {
    throw refusal(source, 'logout_token', 'The request is not a form with one logout token', { status: 400 })
  }
  // The app may have read forms of any length before.
  if (token.length > MAX_LOGOUT_TOKEN) {
    throw refusal(source, 'size', 'The logout token is too long', { status: 400 })
  }
  const { id, subject, providerSession, issuedAt, expiresAt } = await verifyLogoutToken(source, token)
  await carryOut(
    jit,
    req,
    { id, expiresAt },
    {
      ...{ source: source.id, issuer: source.oidc.issuer, subject, issuedAt },
      providerSessions: providerSession === undefined ? [] : [providerSession],
    },
  )
}
