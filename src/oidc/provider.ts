import { Agent } from 'node:https'
import type { JWTVerifyOptions, JWTVerifyResult } from 'jose'
import { createLocalJWKSet, errors as joseErrors, jwtVerify } from 'jose'
import { z } from 'zod'
import type { OidcSource } from '../sources/config'
import { isBoundedJson, parseJson } from '../outgoing/json'
import { checkedUrl, isLoopbackHost, type Reach } from '../outgoing/reach'
import { type Answer, type OutgoingRequest, send } from '../outgoing/request'
import { Cached } from './cached'
import { unavailable } from './refusal'

const MINUTE = 60 * 1000

/** How long a discovery document is believed, in milliseconds. */
const METADATA_LIFETIME = 60 * MINUTE

/** How long keys are believed, in milliseconds; a withdrawn key is trusted no longer than this. */
const KEYS_LIFETIME = 10 * MINUTE

/** The most keys that a key set may hold; providers have fewer than ten. */
const MAX_KEYS = 200

/**
 * How long a connection to the provider is kept for the next sign-in, in milliseconds: less than servers usually
 * keep one. To open one costs two round trips more, and more CPU than all else in an OpenID Connect sign-in.
 */
const IDLE = 4_000

/** How far the provider's clock may be from ours, in seconds. */
export const CLOCK_TOLERANCE = 60

/** Signature algorithms that need no shared secret (RFC 7518 3.1, RFC 8037 3.1); never `none`. */
const asymmetricAlgorithms = [
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
  /** Where a browser is sent to end its session there (RP-Initiated Logout 1.0, 2.1). */
  endSessionURL: string | undefined
  /** With which algorithms an ID token may be signed: those announced, less what is symmetric or `none`. */
  idTokenAlgorithms: string[]
  /** Undefined where nothing is announced. */
  tokenEndpointAuthMethods: string[] | undefined
  /** Whether every authorization response must carry `iss` (RFC 9207 3). */
  sendsIssuer: boolean
}

/** Where every endpoint is given, there is no discovery. */
const announcedNothing = {
  idTokenAlgorithms: asymmetricAlgorithms,
  tokenEndpointAuthMethods: undefined,
  sendsIssuer: false,
}

const discoveryDocument = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string(),
  token_endpoint: z.string(),
  jwks_uri: z.string(),
  userinfo_endpoint: z.string().nullish(),
  end_session_endpoint: z.string().nullish(),
  id_token_signing_alg_values_supported: z.array(z.string()).nullish(),
  token_endpoint_auth_methods_supported: z.array(z.string()).nullish(),
  authorization_response_iss_parameter_supported: z.boolean().nullish(),
})

const keySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) })

/** A public key for signatures (RFC 7517 4, RFC 7518 6, RFC 8037 2), and nothing else of what it may hold. */
const publicKey = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  alg: z.string().optional(),
  ...{ n: z.string().optional(), e: z.string().optional() },
  ...{ crv: z.string().optional(), x: z.string().optional(), y: z.string().optional() },
  // With it everybody can sign who can read the key set.
  d: z.undefined().optional(),
})

type KeySelector = ReturnType<typeof createLocalJWKSet>

/**
 * One source's OpenID Provider: what it announces and its keys, both fetched when they are first needed and
 * kept for a while. Nothing here fails for good: whatever could not be fetched is fetched at the next sign-in.
 */
export class OidcProvider {
  readonly #source: OidcSource
  readonly #reach: Reach
  readonly #connections = new Agent({ keepAlive: true, timeout: IDLE })
  readonly #metadata = new Cached(() => this.#readMetadata(), METADATA_LIFETIME)
  readonly #keys = new Cached(() => this.#fetchKeys(), KEYS_LIFETIME)

  constructor(source: OidcSource) {
    this.#source = source
    this.#reach = {
      privateAddresses: source.oidc.allowPrivateAddresses ?? false,
      loopback: isLoopbackHost(new URL(source.oidc.issuer).hostname),
    }
  }

  /** Rejects with JitError `provider_unavailable` where discovery fails. */
  metadata(): Promise<ProviderMetadata> {
    return this.#metadata.get()
  }

  /**
   * Where to send a browser to end its session there; undefined where there is no such place. Rejects with JitError
   * `provider_unavailable`, also where it is not https.
   */
  async endSessionAddress(): Promise<URL | undefined> {
    const { endSessionURL } = await this.metadata()
    try {
      return endSessionURL === undefined ? undefined : checkedUrl(endSessionURL, this.#reach)
    } catch (error) {
      throw this.#unavailable('its end session endpoint cannot be used', error)
    }
  }

  /** A request within this source's reach. Rejects with OutgoingRequestError. */
  send(address: string, request: OutgoingRequest = {}): Promise<Answer> {
    return send(address, { ...request, ...this.#reach, connections: this.#connections })
  }

  /**
   * Verifies a JWT with the provider's keys (RFC 7515 5.2, RFC 7519 7.2). When none of them fits, the provider
   * may have rotated them: they are fetched once more. Rejects with jose's errors, or JitError
   * `provider_unavailable`.
   */
  async verify(jwt: string, options: JWTVerifyOptions = {}): Promise<JWTVerifyResult> {
    if (!isBoundedJwt(jwt)) throw new joseErrors.JWTInvalid('the JWT is too deep, or has too many claims')
    const checks = { algorithms: asymmetricAlgorithms, clockTolerance: CLOCK_TOLERANCE, ...options }
    const keys = await this.#keys.get()
    try {
      return await jwtVerify(jwt, keys, checks)
    } catch (error) {
      const renewed = mayBeRotation(error) ? await this.#keys.renewed(keys) : undefined
      if (!renewed) throw error
      return await jwtVerify(jwt, renewed, checks)
    }
  }

  async #readMetadata(): Promise<ProviderMetadata> {
    const { authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL } = this.#source.oidc
    const metadata =
      authorizationURL && tokenURL && jwksURL && userInfoURL
        ? { ...announcedNothing, authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL }
        : await this.#discover()
    // The browser is sent there; the other addresses are checked with each request.
    try {
      checkedUrl(metadata.authorizationURL, this.#reach)
    } catch (error) {
      throw this.#unavailable('its authorization endpoint cannot be used', error)
    }
    return metadata
  }

  /** OpenID Connect Discovery 4; what the configuration gives goes before what the document says. */
  async #discover(): Promise<ProviderMetadata> {
    const { issuer, authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL } = this.#source.oidc
    const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const document = await this.#fetchJson(address, discoveryDocument, 'its discovery document')
    if (document.issuer !== issuer)
      throw this.#unavailable('its discovery document names another issuer; compare `oidc.issuer`')
    const announced = document.id_token_signing_alg_values_supported
    return {
      authorizationURL: authorizationURL ?? document.authorization_endpoint,
      tokenURL: tokenURL ?? document.token_endpoint,
      jwksURL: jwksURL ?? document.jwks_uri,
      userInfoURL: userInfoURL ?? document.userinfo_endpoint ?? undefined,
      endSessionURL: endSessionURL ?? document.end_session_endpoint ?? undefined,
      idTokenAlgorithms: asymmetricAlgorithms.filter((alg) => !announced || announced.includes(alg)),
      tokenEndpointAuthMethods: document.token_endpoint_auth_methods_supported ?? undefined,
      sendsIssuer: document.authorization_response_iss_parameter_supported ?? false,
    }
  }

  async #fetchKeys(): Promise<KeySelector> {
    const { jwksURL } = await this.metadata()
    const { keys } = await this.#fetchJson(jwksURL, keySet, 'its key set')
    // RFC 7517 5: keys that cannot be used are passed over.
    return createLocalJWKSet({ keys: keys.flatMap((key) => publicKey.safeParse(key).data ?? []) })
  }

  async #fetchJson<T>(address: string, shape: z.ZodType<T>, what: string): Promise<T> {
    const headers = { Accept: 'application/json' }
    const answer = await this.send(address, { headers }).catch((error: unknown) => {
      throw this.#unavailable(`${what} could not be fetched`, error)
    })
    if (answer.status !== 200) throw this.#unavailable(`${what} was answered with status ${answer.status}`)
    const parsed = shape.safeParse(parseJson(answer.body))
    if (!parsed.success) throw this.#unavailable(`${what} is malformed`, parsed.error)
    return parsed.data
  }

  #unavailable(problem: string, cause?: unknown): Error {
    return unavailable(this.#source, problem, cause)
  }
}

/** jose parses both parts before it knows whether anybody has signed them. */
function isBoundedJwt(jwt: string): boolean {
  const [header = '', payload = ''] = jwt.split('.', 2)
  return [header, payload].every((part) => isBoundedJson(Buffer.from(part, 'base64url').toString('latin1')))
}

/** Errors that a key set older than the signature explains. */
function mayBeRotation(error: unknown): boolean {
  return (
    error instanceof joseErrors.JWKSNoMatchingKey ||
    error instanceof joseErrors.JWSSignatureVerificationFailed
  )
}

const providers = new WeakMap<OidcSource, OidcProvider>()

/** The provider of a source's present configuration; a changed source is another object, and starts afresh. */
export function providerOf(source: OidcSource): OidcProvider {
  const known = providers.get(source)
  if (known) return known
  const provider = new OidcProvider(source)
  providers.set(source, provider)
  return provider
}
