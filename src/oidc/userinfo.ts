import { JitError } from '../errors'
import type { Claims } from '../login/claims'
import type { Answer } from '../outgoing/request'
import { parseJson } from '../outgoing/json'
import { isObject } from '../sources/merge-patch'
import type { OidcProvider } from './provider'
import { refusal } from './refusal'
import type { Tokens } from './tokens'

/**
 * Fetches UserInfo (OpenID Connect Core 5.3); undefined without an endpoint or an access token. A signed answer is verified with the provider's keys. Rejects with JitError
 * `invalid_assertion`: check `userinfo`, or `userinfo_sub` where the answer is about another person (5.3.2).
 */
export async function fetchUserInfo(
  provider: OidcProvider,
  { accessToken }: Tokens,
  subject: string,
): Promise<Claims | undefined> {
  const { source } = provider
  const { userInfoURL } = await provider.metadata()
  if (userInfoURL === undefined || accessToken === undefined) return undefined
  const headers = { Accept: 'application/json, application/jwt', Authorization: `Bearer ${accessToken}` }
  const answer = await provider.send(userInfoURL, { headers }).catch((cause: unknown) => {
    throw refusal(source, 'userinfo', { message: 'UserInfo could not be fetched.', cause })
  })
  const claims = answer.status === 200 ? await readUserInfo(provider, answer) : undefined
  if (!claims) throw refusal(source, 'userinfo', 'UserInfo gave no usable answer.')
  if (claims['sub'] !== subject)
    throw refusal(source, 'userinfo_sub', 'UserInfo and the ID token are about different people.')
  return claims
}

async function readUserInfo(provider: OidcProvider, answer: Answer): Promise<Claims | undefined> {
  if (answer.contentType === 'application/jwt') return signedUserInfo(provider, answer.body)
  const claims = parseJson(answer.body)
  return isObject(claims) ? claims : undefined
}

/** OpenID Connect Core 5.3.2: `iss` and `aud` may be missing, but must be right. */
async function signedUserInfo(provider: OidcProvider, jwt: string): Promise<Claims | undefined> {
  const { source } = provider
  const { payload } = await provider.verify(jwt).catch((error: unknown) => {
    if (error instanceof JitError) throw error
    throw refusal(source, 'userinfo', 'The signature of UserInfo could not be verified.')
  })
  const { iss = source.oidc.issuer, aud = source.oidc.clientID } = payload
  return iss === source.oidc.issuer && [aud].flat().includes(source.oidc.clientID) ? payload : undefined
}
