import { Agent } from 'node:https'
import {
  createLocalJWKSet,
  errors as joseErrors,
  jwtVerify,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose'
import type { z } from 'zod'
import { isBoundedJson, parseJson } from '../outgoing/json'
import { checkedUrl, isLoopbackHost, type Reach } from '../outgoing/reach'
import { type Answer, type OutgoingRequest, send } from '../outgoing/request'
import type { OidcSource } from '../sources/config'
import { Cached } from './cached'
import { discoveryDocument, keySet, publicKey } from './documents'
import {
  asymmetricAlgorithms,
  configuredMetadata,
  discoveredMetadata,
  discoveryAddress,
  type ProviderMetadata,
} from './metadata'
import { unavailable } from './refusal'

const MINUTE = 60 * 1000

/** How long a discovery document is used, in milliseconds. */
const METADATA_LIFETIME_MS = 60 * MINUTE

/** How long a key set is used, in milliseconds. A withdrawn key is trusted no longer than this. */
const KEYS_LIFETIME_MS = 10 * MINUTE

/**
 * How long an idle connection to the provider is kept, in milliseconds: shorter than servers keep one. A new
 * connection costs two more round trips, and more CPU than the rest of an OpenID Connect sign-in.
 */
const IDLE_MS = 4_000

/** The allowed difference between the provider's clock and ours, in seconds. */
export const CLOCK_TOLERANCE = 60

/**
 * One source's OpenID Provider: its metadata and its keys, fetched when first needed and cached. Nothing fails for
 * good: the next sign-in fetches again what could not be fetched.
 */
export class OidcProvider {
  readonly #reach: Reach
  readonly #connections = new Agent({ keepAlive: true, timeout: IDLE_MS })
  readonly #metadata = new Cached(() => this.#readMetadata(), METADATA_LIFETIME_MS)
  readonly #keys = new Cached(() => this.#fetchKeys(), KEYS_LIFETIME_MS)

  constructor(readonly source: OidcSource) {
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
   * Where to send a browser to end its session at the provider; undefined where the provider has no such endpoint.
   * Rejects with JitError `provider_unavailable`, also where the address is not https.
   */
  async endSessionAddress(): Promise<URL | undefined> {
    const { endSessionURL } = await this.metadata()
    return endSessionURL === undefined ? undefined : this.#browserAddress('end session', endSessionURL)
  }

  /** Sends a request within this source's reach. Rejects with OutgoingRequestError. */
  send(address: string, request: OutgoingRequest = {}): Promise<Answer> {
    return send(address, { ...request, ...this.#reach, connections: this.#connections })
  }

  /**
   * Verifies a JWT with the provider's keys (RFC 7515 5.2, RFC 7519 7.2). If no key fits, the provider may have rotated
   * its keys, so they are fetched once more. Rejects with jose's errors, or JitError `provider_unavailable`.
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
    const metadata = configuredMetadata(this.source) ?? (await this.#discover())
    // The browser goes there; the other addresses are checked with each request.
    this.#browserAddress('authorization', metadata.authorizationURL)
    return metadata
  }

  async #discover(): Promise<ProviderMetadata> {
    const what = 'its discovery document'
    const document = await this.#fetchJson(what, discoveryAddress(this.source), discoveryDocument)
    if (document.issuer !== this.source.oidc.issuer)
      throw this.#unavailable(`${what} names another issuer; compare \`oidc.issuer\``)
    const metadata = discoveredMetadata(this.source, document)
    if (!metadata) throw this.#unavailable(`${what} is malformed`)
    return metadata
  }

  async #fetchKeys(): Promise<ReturnType<typeof createLocalJWKSet>> {
    const { jwksURL } = await this.metadata()
    const { keys } = await this.#fetchJson('its key set', jwksURL, keySet)
    // RFC 7517 5: keys that can't be used are passed over.
    return createLocalJWKSet({ keys: keys.flatMap((key) => publicKey.safeParse(key).data ?? []) })
  }

  async #fetchJson<T>(what: string, address: string, schema: z.ZodType<T>): Promise<T> {
    const headers = { Accept: 'application/json' }
    const answer = await this.send(address, { headers }).catch((error: unknown) => {
      throw this.#unavailable(`${what} could not be fetched`, error)
    })
    if (answer.status !== 200) throw this.#unavailable(`${what} was answered with status ${answer.status}`)
    const parsed = schema.safeParse(parseJson(answer.body))
    if (!parsed.success) throw this.#unavailable(`${what} is malformed`, parsed.error)
    return parsed.data
  }

  #browserAddress(endpoint: string, address: string): URL {
    try {
      return checkedUrl(address, this.#reach)
    } catch (error) {
      throw this.#unavailable(`its ${endpoint} endpoint cannot be used`, error)
    }
  }

  #unavailable(problem: string, cause?: unknown): Error {
    return unavailable(this.source, problem, cause)
  }
}

/** jose parses header and payload before it verifies the signature. */
function isBoundedJwt(jwt: string): boolean {
  const [header = '', payload = ''] = jwt.split('.', 2)
  return [header, payload].every((part) => isBoundedJson(Buffer.from(part, 'base64url').toString('latin1')))
}

/** Whether an outdated key set would explain an error. */
function mayBeRotation(error: unknown): boolean {
  return (
    error instanceof joseErrors.JWKSNoMatchingKey ||
    error instanceof joseErrors.JWSSignatureVerificationFailed
  )
}

const providers = new WeakMap<OidcSource, OidcProvider>()

/** A source's provider. A changed source is a new object and gets a new provider. */
export function providerOf(source: OidcSource): OidcProvider {
  const provider = providers.get(source) ?? new OidcProvider(source)
  providers.set(source, provider)
  return provider
}
