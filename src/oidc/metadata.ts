import type { OidcSource } from '../sources/config'
import type { DiscoveryDocument } from './documents'

/** Signature algorithms without a shared secret (RFC 7518 3.1, RFC 8037 3.1); never `none`. */
export const asymmetricAlgorithms = [
  ...['RS256', 'RS384', 'RS512'],
  ...['PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512'],
  'EdDSA',
]

/** What this library uses of a provider's metadata (OpenID Connect Discovery 3). */
export interface ProviderMetadata {
  authorizationURL: string
  tokenURL: string
  jwksURL: string
  userInfoURL: string | undefined
  /** RP-Initiated Logout 1.0, 2.1. */
  endSessionURL: string | undefined
  /** The algorithms that may sign an ID token: those announced, without symmetric ones and `none`. */
  idTokenAlgorithms: string[]
  /** Undefined where the provider announces none. */
  tokenEndpointAuthMethods: string[] | undefined
  /** Whether every authorization response must carry `iss` (RFC 9207 3). */
  sendsIssuer: boolean
}

/**
 * The metadata of a source that needs no discovery: it sets every endpoint that a sign-in needs, and no `discoveryURL`.
 * Undefined for any other source.
 */
export function configuredMetadata({ oidc }: OidcSource): ProviderMetadata | undefined {
  const { authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL, discoveryURL } = oidc
  if (!authorizationURL || !tokenURL || !jwksURL || discoveryURL) return undefined
  return {
    ...{ authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL },
    idTokenAlgorithms: asymmetricAlgorithms,
    tokenEndpointAuthMethods: undefined,
    sendsIssuer: false,
  }
}

/** The address of the discovery document: the source's `discoveryURL`, or the default (OpenID Connect Discovery 4). */
export function discoveryAddress({ oidc }: OidcSource): string {
  return oidc.discoveryURL ?? `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/**
 * The endpoints that a sign-in needs, by their names in a discovery document. The source's own options take precedence.
 */
function neededEndpoints({ oidc }: OidcSource, document: DiscoveryDocument) {
  return {
    authorization_endpoint: oidc.authorizationURL ?? document.authorization_endpoint,
    token_endpoint: oidc.tokenURL ?? document.token_endpoint,
    jwks_uri: oidc.jwksURL ?? document.jwks_uri,
  }
}

/** The members that a sign-in needs and that neither the document nor the source has. */
export function missingEndpoints(source: OidcSource, document: DiscoveryDocument): string[] {
  const needed = Object.entries(neededEndpoints(source, document))
  return needed.filter(([, address]) => !address).map(([name]) => name)
}

/** A discovery document's metadata, if nothing is missing. The source's own options take precedence. */
export function discoveredMetadata(source: OidcSource, document: DiscoveryDocument): ProviderMetadata {
  const { oidc } = source
  const needed = neededEndpoints(source, document)
  const announced = document.id_token_signing_alg_values_supported
  return {
    authorizationURL: needed.authorization_endpoint!,
    tokenURL: needed.token_endpoint!,
    jwksURL: needed.jwks_uri!,
    userInfoURL: oidc.userInfoURL ?? document.userinfo_endpoint ?? undefined,
    endSessionURL: oidc.endSessionURL ?? document.end_session_endpoint ?? undefined,
    idTokenAlgorithms: asymmetricAlgorithms.filter((alg) => !announced?.length || announced.includes(alg)),
    tokenEndpointAuthMethods: document.token_endpoint_auth_methods_supported ?? undefined,
    sendsIssuer: document.authorization_response_iss_parameter_supported ?? false,
  }
}

/** The maximum length of a provider's name in a message, in characters. */
const MAX_QUOTED = 200

/** A provider's name for a message: on one line, without characters that hide or reverse others. */
export function quoted(name: string): string {
  const shown = name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name
  return `"${shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')}"`
}

/** Describes how a name differs from a source's issuer. */
export function otherIssuer({ oidc }: OidcSource, name: string): string {
  return `names the issuer ${quoted(name)}, and \`oidc.issuer\` is ${quoted(oidc.issuer)}; they must be the same, letter by letter`
}
