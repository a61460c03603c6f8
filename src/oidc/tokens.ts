import type { z } from 'zod'
import { JitError } from '../errors'
import type { Answer } from '../outgoing/request'
import { parseJson } from '../outgoing/json'
import { tokenError, tokenResponse } from './documents'
import type { OidcProvider } from './provider'
import { isSuccess, providerError, refusal, unavailable } from './refusal'

/** OpenID Connect Core 3.1.3.3. */
export type Tokens = { idToken: string; accessToken: string | undefined }

/**
 * Redeems an authorization code with its PKCE verifier (OpenID Connect Core 3.1.3, RFC 7636 4.5). Rejects with
 * JitError: `invalid_assertion` if the provider refuses the code, `invalid_configuration` if it refuses this client,
 * `provider_unavailable` if it fails or its answer doesn't follow the protocol. `details` has the provider's error.
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
  const tokens = isSuccess(answer) ? tokenResponse.safeParse(parseJson(answer.body)) : undefined
  if (!tokens?.success) {
    const { clientSecret = '' } = source.oidc
    throw refusedCode(provider, answer, [code, codeVerifier, clientSecret].filter(Boolean))
  }
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

/** Errors of the token endpoint (RFC 6749 5.2) that wrong settings cause, in this app or at the provider. */
const settingErrors = [
  'invalid_request',
  'invalid_client',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]

/** The error for an answer without tokens (RFC 6749 5.2), even with status 200. */
function refusedCode({ source }: OidcProvider, answer: Answer, secrets: readonly string[]): JitError {
  const error = tokenError.safeParse(parseJson(answer.body)).data
  if (!error) {
    const problem = isSuccess(answer) ? 'gave no ID token' : `answered with status ${answer.status}`
    return unavailable(source, `its token endpoint ${problem}`)
  }
  const details = providerError(withoutSecrets(error, secrets))
  const { provider: code = '' } = details
  if (answer.status >= 500 || code === 'server_error' || code === 'temporarily_unavailable') {
    const message = `its token endpoint answered with status ${answer.status} (${code})`
    return unavailable(source, { message, details })
  }
  if (settingErrors.includes(code)) {
    const message =
      `The identity provider of "${source.id}" does not accept this client's token request (${code}). Check ` +
      '`oidc.clientID`, `oidc.clientSecret` and `oidc.tokenEndpointAuthMethod`, and the client at the provider.'
    return new JitError('invalid_configuration', message, { source: source.id, details })
  }
  const message = `The identity provider did not accept the authorization code (${code}).`
  return refusal(source, 'code', { message, details })
}

/** A provider may repeat the request's values. */
function withoutSecrets(
  { error, error_description: description }: z.infer<typeof tokenError>,
  secrets: readonly string[],
): Record<string, unknown> {
  if (typeof description !== 'string') return { error }
  return {
    error,
    error_description: secrets.reduce((text, secret) => text.replaceAll(secret, '…'), description),
  }
}
