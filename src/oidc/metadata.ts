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

/** The metadata of a source that gives every endpoint, which needs no discovery; undefined for any other source. */
export function configuredMetadata({ oidc }: OidcSource): ProviderMetadata | undefined {
  const { authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL } = oidc
  if (!authorizationURL || !tokenURL || !jwksURL || !userInfoURL) return undefined
  return {
    ...{ authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL },
    idTokenAlgorithms: asymmetricAlgorithms,
    tokenEndpointAuthMethods: undefined,
    sendsIssuer: false,
  }
}

/** Where the discovery document is (OpenID Connect Discovery 4). */
export function discoveryAddress({ oidc }: OidcSource): string {
  return `${oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/** A discovery document's metadata; the source's own options win. Undefined where it lacks a needed endpoint. */
export function discoveredMetadata(
  { oidc }: OidcSource,
  document: DiscoveryDocument,
): ProviderMetadata | undefined {
  const authorizationURL = oidc.authorizationURL ?? document.authorization_endpoint
  const tokenURL = oidc.tokenURL ?? document.token_endpoint
  const jwksURL = oidc.jwksURL ?? document.jwks_uri
  if (!authorizationURL || !tokenURL || !jwksURL) return undefined
  const announced = document.id_token_signing_alg_values_supported
  return {
    ...{ authorizationURL, tokenURL, jwksURL },
    userInfoURL: oidc.userInfoURL ?? document.userinfo_endpoint ?? undefined,
    endSessionURL: oidc.endSessionURL ?? document.end_session_endpoint ?? undefined,
    idTokenAlgorithms: asymmetricAlgorithms.filter((alg) => !announced || announced.includes(alg)),
    tokenEndpointAuthMethods: document.token_endpoint_auth_methods_supported ?? undefined,
    sendsIssuer: document.authorization_response_iss_parameter_supported ?? false,
  }
}
