import { z } from 'zod'
import { JitError } from '../errors'
import type { OidcSource } from '../sources/config'
import type { Answer } from '../outgoing/request'
import { parseJson } from '../outgoing/json'
import { refusal, unavailable } from './refusal'
import type { OidcProvider } from './provider'

/** What the token endpoint gave for a code (OpenID Connect Core 3.1.3.3). */
export interface Tokens {
  idToken: string
  accessToken: string | undefined
}

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
