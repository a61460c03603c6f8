import type { PendingSignIn } from '../sessions/pending-sign-ins'
import type { ProviderSession } from '../sessions/provider-session'
import type { OidcSource } from '../sources/config'
import type { IdTokenClaims } from './id-token'
import { providerOf } from './provider'

/** The longest ID token that is sent back, in characters. Servers refuse addresses longer than 8 KiB. */
const MAX_HINT = 6 * 1024

/** The provider's side of a session that a verified ID token begins. Rejects with JitError `provider_unavailable`. */
export async function providerSession(
  source: OidcSource,
  { idToken, claims, signIn }: { idToken: string; claims: IdTokenClaims; signIn: PendingSignIn },
): Promise<ProviderSession> {
  const { sub, sid, iat } = claims
  const { endSessionURL } = await providerOf(source).metadata()
  return {
    ...{ source: source.id, issuer: source.oidc.issuer, subject: sub },
    ...(typeof sid === 'string' && sid !== '' && { providerSession: sid }),
    issuedAt: new Date(Number(iat) * 1000),
    startedAt: signIn.startedAt,
    ...(endSessionURL !== undefined && idToken.length <= MAX_HINT && { idToken }),
  }
}

/**
 * The address at which a browser ends its session at the provider (RP-Initiated Logout 1.0, 2), before it goes to
 * `returnAddress`. Undefined where the provider has no such endpoint. No `state` is sent, since nothing depends on the
 * return. Rejects with JitError `provider_unavailable`.
 */
export async function endSessionAddress(
  source: OidcSource,
  session: ProviderSession,
  returnAddress: string,
): Promise<string | undefined> {
  if (session.issuer !== source.oidc.issuer) return undefined
  const url = await providerOf(source).endSessionAddress()
  if (!url) return undefined
  if (session.idToken !== undefined) url.searchParams.set('id_token_hint', session.idToken)
  url.searchParams.set('client_id', source.oidc.clientID)
  url.searchParams.set('post_logout_redirect_uri', returnAddress)
  return url.href
}
