import { JitError } from '../errors'
import type { Answer } from '../outgoing/request'
import { parseJson } from '../outgoing/json'
import type { OidcSource } from '../sources/config'
import { tokenError, tokenResponse } from './documents'
import type { OidcProvider } from './provider'
import { refusal, unavailable } from './refusal'

/** OpenID Connect Core 3.1.3.3. */
export type Tokens = { idToken: string; accessToken: string | undefined }

/**
 * Redeems an authorization code with its PKCE verifier (OpenID Connect Core 3.1.3, RFC 7636 4.5). Rejects with JitError:
 * `invalid_assertion` where the provider refuses the code, `invalid_configuration` where it refuses this client,
 * `provider_unavailable` where its answer isn't one of the protocol.
 */
export async function redeemCode(
  provider: OidcProvider,
  { code, codeVerifier }: { code: string; codeVerifier: string },
): Promise<Tokens> {
  const { source } = provider
  const { tokenURL } = await provider.metadata()
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: source.oidc.callbackURL,
    code_verifier: codeVerifier,
  })
  const headers = { Accept: 'application/json', ...(await authenticateClient(provider, form)) }
  const answer = await provider.send(tokenURL, { form, headers }).catch((error: unknown) => {
    throw unavailable(source, 'its token endpoint could not be reached', error)
  })
  if (answer.status !== 200) throw refusedCode(source, answer)
  const tokens = tokenResponse.safeParse(parseJson(answer.body))
  if (!tokens.success) throw unavailable(source, 'its token endpoint gave no ID token')
  return { idToken: tokens.data.id_token, accessToken: tokens.data.access_token }
}

/** Adds the client's credentials to the form, or returns them as headers (RFC 6749 2.3.1). */
async function authenticateClient(provider: OidcProvider, form: URLSearchParams): Promise<object> {
  const { clientID, clientSecret = '' } = provider.source.oidc
  const method = await clientAuthMethod(provider)
  if (method === 'client_secret_basic') {
    const credentials = `${formEncoded(clientID)}:${formEncoded(clientSecret)}`
    return { Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` }
  }
  form.set('client_id', clientID)
  if (method === 'client_secret_post') form.set('client_secret', clientSecret)
  return {}
}

async function clientAuthMethod(provider: OidcProvider): Promise<string> {
  const { id, oidc } = provider.source
  if (oidc.tokenEndpointAuthMethod) return oidc.tokenEndpointAuthMethod
  if (!oidc.clientSecret) return 'none'
  const { tokenEndpointAuthMethods: announced } = await provider.metadata()
  if (!announced || announced.includes('client_secret_basic')) return 'client_secret_basic'
  if (announced.includes('client_secret_post')) return 'client_secret_post'
  const message =
    `The identity provider of "${id}" accepts a client secret neither by client_secret_basic nor by ` +
    'client_secret_post. Allow one of them there, or set `oidc.tokenEndpointAuthMethod`.'
  throw new JitError('invalid_configuration', message, { source: id })
}

/** A value in `application/x-www-form-urlencoded`, which leaves no colon in it. */
function formEncoded(value: string): string {
  return new URLSearchParams({ '': value }).toString().slice(1)
}

/** RFC 6749 5.2. */
function refusedCode(source: OidcSource, answer: Answer): JitError {
  const code = tokenError.safeParse(parseJson(answer.body)).data?.error
  if (code === undefined || answer.status >= 500) {
    return unavailable(source, `its token endpoint answered with status ${answer.status}`)
  }
  if (code === 'invalid_client' || code === 'unauthorized_client') {
    const message =
      `The identity provider of "${source.id}" does not accept this client (${code}). Check ` +
      '`oidc.clientID`, `oidc.clientSecret` and `oidc.tokenEndpointAuthMethod`.'
    return new JitError('invalid_configuration', message, { source: source.id, details: { provider: code } })
  }
  return refusal(source, 'code', 'The identity provider did not accept the authorization code.')
}
