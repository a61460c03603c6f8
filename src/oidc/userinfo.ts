import type { JWTPayload } from 'jose'
import { JitError } from '../errors'
import type { OidcSource } from '../sources/config'
import type { Answer } from '../outgoing/request'
import { parseJson } from '../outgoing/json'
import type { Claims } from '../login/claims'
import { refusal } from './refusal'
import type { OidcProvider } from './provider'

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
  const answer = await provider.send(address, { headers }).catch((cause: unknown) => {
    throw refusal(source, 'userinfo', 'UserInfo could not be fetched', { cause })
  })
  const claims = answer.status === 200 ? await readUserInfo(provider, source, answer) : undefined
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
