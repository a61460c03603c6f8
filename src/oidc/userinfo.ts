import type { Claims } from '../login/claims'
import { OutgoingRequestError } from '../outgoing/request-error'
import type { Answer } from '../outgoing/request'
import { parseJson } from '../outgoing/json'
import { isObject } from '../sources/merge-patch'
import type { OidcProvider } from './provider'
import { isSuccess, refusal } from './refusal'
import type { Tokens } from './tokens'

/** The UserInfo claims, or why they could not be read. Neither is set if the provider has no UserInfo endpoint. */
export type UserInfo = { userInfo?: Claims; unreadable?: string }

/**
 * Fetches UserInfo (OpenID Connect Core 5.3). A signed answer is verified with the provider's keys. Rejects with
 * JitError `invalid_assertion`, check `userinfo_sub`, if the answer is about another person (5.3.2). Any other failure
 * leaves claims unread, and the engine decides whether the sign-in needs them.
 */
export async function fetchUserInfo(
  provider: OidcProvider,
  { accessToken }: Tokens,
  subject: string,
): Promise<UserInfo> {
  const { userInfoURL } = await provider.metadata()
  if (userInfoURL === undefined) return {}
  if (accessToken === undefined) return unreadable('the provider sent no access token for UserInfo')
  const headers = { Accept: 'application/json, application/jwt', Authorization: `Bearer ${accessToken}` }
  try {
    return await readUserInfo(provider, await provider.send(userInfoURL, { headers }), subject)
  } catch (error) {
    if (!(error instanceof OutgoingRequestError)) throw error
    return unreadable(`UserInfo could not be reached (${error.message})`)
  }
}

async function readUserInfo(provider: OidcProvider, answer: Answer, subject: string): Promise<UserInfo> {
  if (!isSuccess(answer)) return unreadable(`UserInfo answered with status ${answer.status}`)
  const isSigned = answer.contentType === 'application/jwt'
  const claims = isSigned ? await signedUserInfo(provider, answer.body) : parseJson(answer.body)
  if (!isObject(claims)) {
    return unreadable(isSigned ? 'the signed UserInfo could not be verified' : 'UserInfo sent no JSON object')
  }
  if (claims['sub'] === subject) return { userInfo: claims }
  const message =
    claims['sub'] === undefined
      ? 'UserInfo has no subject (sub), so it may be about another person than the ID token.'
      : 'UserInfo and the ID token are about different people.'
  throw refusal(provider.source, 'userinfo_sub', message)
}

/** OpenID Connect Core 5.3.2: `iss` and `aud` may be missing, but must be right. Undefined if it can't be verified. */
async function signedUserInfo(provider: OidcProvider, jwt: string): Promise<Claims | undefined> {
  const { issuer, clientID } = provider.source.oidc
  const payload = await provider.verify(jwt).then(
    (verified) => verified.payload,
    () => undefined,
  )
  const { iss = issuer, aud = clientID } = payload ?? {}
  return iss === issuer && [aud].flat().includes(clientID) ? payload : undefined
}

function unreadable(reason: string): UserInfo {
  return { unreadable: `could not be fetched: ${reason}` }
}
