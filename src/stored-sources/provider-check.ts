import { JitError } from '../errors'
import { type DiscoveryDocument, discoveryDocument, keySet, publicKey } from '../oidc/documents'
import { configuredMetadata, discoveryAddress } from '../oidc/metadata'
import { providerOf } from '../oidc/provider'
import { parseJson } from '../outgoing/json'
import type { OutgoingRequestError } from '../outgoing/request-error'
import { parseCertificate, STRONG_RSA_KEYS, weaknessOf } from '../sources/certificates'
import type { OidcSource, SamlSource, Source } from '../sources/config'
import { type CertificateState, certificateStates } from './certificate-states'
import { isSecure, reachOf } from './provider-addresses'

/**
 * Warnings about the provider of a source, which don't keep the source from being saved: it does not answer, its
 * discovery document (OpenID Connect Discovery 4) does not fit the source, its certificates expire. Takes at most
 * 5 seconds per request. Never rejects.
 */
export async function checkProvider(source: Source, now: Date = new Date()): Promise<string[]> {
  return source.protocol === 'saml' ? samlWarnings(source, now) : await oidcWarnings(source)
}

function samlWarnings(source: SamlSource, now: Date): string[] {
  const { publicCert, decryptionCert } = source.saml
  const own = Object.entries({ publicCert, decryptionCert })
  return [
    ...certificateStates(source, now).flatMap(certificateWarnings),
    ...own.flatMap(([option, certificate]) => {
      const weakness =
        certificate === undefined ? undefined : weaknessOf(parseCertificate(certificate).publicKey)
      return weakness === undefined
        ? []
        : [`The certificate in ${option} has ${weakness}. Use ${STRONG_RSA_KEYS}.`]
    }),
  ]
}

function certificateWarnings({ subject, notAfter, notBefore, state, weakness }: CertificateState): string[] {
  const name = `The certificate of ${subject}`
  const day = notAfter.toISOString().slice(0, 10)
  if (weakness !== undefined) return [`${name} has ${weakness}: no signature by it is accepted.`]
  if (state === 'expired') return [`${name} expired on ${day}. Signatures by it are still accepted.`]
  if (state === 'expiring') return [`${name} expires on ${day}.`]
  if (state === 'upcoming')
    return [
      `${name} is valid from ${notBefore?.toISOString().slice(0, 10)}. Signatures by it are accepted already.`,
    ]
  return []
}

async function oidcWarnings(source: OidcSource): Promise<string[]> {
  if (configuredMetadata(source)) return await usageWarnings(source)
  const document = await readDiscovery(source)
  if (typeof document === 'string') return [document]
  const broken = [...issuerWarnings(source, document), ...endpointWarnings(source, document)]
  return broken.length > 0
    ? broken
    : [...(await usageWarnings(source)), ...announcedWarnings(source, document)]
}

/** The discovery document, or a warning that there is none. */
async function readDiscovery(source: OidcSource): Promise<DiscoveryDocument | string> {
  try {
    const headers = { Accept: 'application/json' }
    const { status, body } = await providerOf(source).send(discoveryAddress(source), { headers })
    const where = 'where its discovery document should be. Compare the issuer letter by letter.'
    if (status !== 200) return `The issuer answered with status ${status} ${where}`
    const { data } = discoveryDocument.safeParse(parseJson(body))
    return data ?? 'What the issuer answered is not an OpenID Connect discovery document.'
  } catch (error) {
    return requestWarnings[(error as OutgoingRequestError).reason] ?? requestWarnings.unreachable
  }
}

const requestWarnings: Record<OutgoingRequestError['reason'], string> = {
  forbidden: 'The issuer is not https, or its address is private.',
  unreachable: 'The issuer could not be reached. Nobody can sign in until it can.',
  timeout: 'The issuer did not answer within five seconds. Nobody can sign in until it does.',
  too_large: 'The discovery document of the issuer is larger than 1 MiB.',
}

/** Discovery 4.3: the issuer must be exactly the same. */
function issuerWarnings({ oidc }: OidcSource, document: DiscoveryDocument): string[] {
  if (document.issuer === oidc.issuer) return []
  const isSlash = document.issuer.replace(/\/$/, '') === oidc.issuer.replace(/\/$/, '')
  const remedy = isSlash
    ? `it is written ${oidc.issuer.endsWith('/') ? 'without' : 'with'} a slash at its end`
    : 'enter it exactly as the provider writes it'
  return [`The provider gives itself another issuer than was entered: ${remedy}.`]
}

function endpointWarnings(source: OidcSource, document: DiscoveryDocument): string[] {
  const { authorizationURL, tokenURL, jwksURL, userInfoURL } = source.oidc
  const endpoints: [name: string, address: string | null | undefined, needed: boolean][] = [
    ['an authorization endpoint', authorizationURL ?? document.authorization_endpoint, true],
    ['a token endpoint', tokenURL ?? document.token_endpoint, true],
    ['a key set', jwksURL ?? document.jwks_uri, true],
    ['a UserInfo endpoint', userInfoURL ?? document.userinfo_endpoint, false],
  ]
  return endpoints.flatMap(([name, address, needed]) => {
    if (!address) return needed ? [`The provider announces no address of ${name}.`] : []
    return isSecure(address, reachOf(source)) ? [] : [`The provider announces ${name} that is not https.`]
  })
}

const noAlgorithm =
  'The provider signs ID tokens only with a shared secret or not at all; RS256 or better is needed.'

/** Reads the metadata and the key set as a sign-in does, by the same rules. */
async function usageWarnings(source: OidcSource): Promise<string[]> {
  const provider = providerOf(source)
  try {
    const { idTokenAlgorithms, jwksURL } = await provider.metadata()
    const hasKeys = await provider.send(jwksURL).then(
      ({ status, body }) => status === 200 && hasUsableKey(body),
      () => false,
    )
    return [
      ...(hasKeys ? [] : ['The key set of the provider could not be read. Nobody can sign in until it can.']),
      ...(idTokenAlgorithms.length > 0 ? [] : [noAlgorithm]),
    ]
  } catch (error) {
    return [error instanceof JitError ? error.message : requestWarnings.unreachable]
  }
}

function hasUsableKey(body: string): boolean {
  const { keys = [] } = keySet.safeParse(parseJson(body)).data ?? {}
  return keys.some((key) => publicKey.safeParse(key).success)
}

const noPkce =
  'The provider does not announce PKCE with S256. It is sent all the same, and most providers accept it.'
const noCode = 'The provider does not announce the response type "code", which every sign-in uses.'

/** RFC 7636 4.2, RFC 8414 2: sign-ins send something that the provider does not announce. */
function announcedWarnings({ oidc }: OidcSource, document: DiscoveryDocument): string[] {
  const { scopes_supported: scopes, response_types_supported: types } = document
  const unknown = scopes ? oidc.scope.split(' ').filter((scope) => !scopes.includes(scope)) : []
  return [
    ...(document.code_challenge_methods_supported?.includes('S256') ? [] : [noPkce]),
    ...(types && !types.includes('code') ? [noCode] : []),
    ...unknown.map((scope) => `The provider does not announce the scope "${scope}", and may refuse it.`),
  ]
}
