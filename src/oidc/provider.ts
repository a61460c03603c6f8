import { Agent } from 'node:https'
import { errors as joseErrors, type JWTVerifyOptions, type JWTVerifyResult } from 'jose'
import type { z } from 'zod'
import { isBoundedJson, parseJson } from '../outgoing/json'
import { checkedUrl, isLoopbackHost, type Reach } from '../outgoing/reach'
import { type Answer, type OutgoingRequest, send } from '../outgoing/request'
import { type Trust, trusting } from '../outgoing/trust'
import type { OidcSource } from '../sources/config'
import { Cached } from './cached'
import { discoveryDocument, keySet, unusableMembers } from './documents'
import { MIN_RSA_BITS, type PublicKey, readableKeys, ShortKey, verifyWith } from './keys'
import {
  asymmetricAlgorithms,
  configuredMetadata,
  discoveredMetadata,
  discoveryAddress,
  missingEndpoints,
  otherIssuer,
  type ProviderMetadata,
  quoted,
} from './metadata'
import { refusal, unavailable } from './refusal'

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
  readonly #trust: Trust
  readonly #connections = new Agent({ keepAlive: true, timeout: IDLE_MS })
  readonly #metadata = new Cached(() => this.#readMetadata(), METADATA_LIFETIME_MS)
  readonly #keys = new Cached(() => this.#fetchKeys(), KEYS_LIFETIME_MS)

  constructor(readonly source: OidcSource) {
    this.#reach = reachOf(source)
    this.#trust = trusting(source.oidc.ca)
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
    const { proxy } = this.source
    const own = { ...this.#reach, trust: this.#trust, connections: this.#connections, proxy }
    return send(address, { ...request, ...own })
  }

  /**
   * Verifies a JWT with the provider's keys (RFC 7515 5.2, RFC 7519 7.2). If none verifies it, the provider may have rotated
   * its keys, so they are fetched once more. Rejects with jose's errors, or with JitError: `provider_unavailable`, or
   * `invalid_assertion` with the check `key_length`.
   */
  async verify(jwt: string, options: JWTVerifyOptions = {}): Promise<JWTVerifyResult> {
    if (!isBoundedJwt(jwt)) throw new joseErrors.JWTInvalid('the JWT is too deep, or has too many claims')
    const checks = { algorithms: asymmetricAlgorithms, clockTolerance: CLOCK_TOLERANCE, ...options }
    return await this.#verifyWithNewest(jwt, checks).catch((error: unknown) => {
      throw error instanceof ShortKey ? shortKeyRefusal(this.source, error) : error
    })
  }

  async #verifyWithNewest(jwt: string, options: JWTVerifyOptions): Promise<JWTVerifyResult> {
    const keys = await this.#keys.get()
    try {
      return await verifyWith(keys, jwt, options)
    } catch (error) {
      const renewed = mayBeRotation(error) ? await this.#keys.renewed(keys) : undefined
      if (!renewed) throw error
      return await verifyWith(renewed, jwt, options)
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
      throw this.#unavailable(`${what} ${otherIssuer(this.source, document.issuer)}`)
    const missing = missingEndpoints(this.source, document)
    if (missing.length > 0) throw this.#unavailable(`${what} has no usable ${missing.join(', ')}`)
    return discoveredMetadata(this.source, document)
  }

  async #fetchKeys(): Promise<PublicKey[]> {
    const { jwksURL } = await this.metadata()
    return readableKeys((await this.#fetchJson('its key set', jwksURL, keySet)).keys)
  }

  async #fetchJson<T>(what: string, address: string, schema: z.ZodType<T>): Promise<T> {
    const headers = { Accept: 'application/json' }
    const answer = await this.send(address, { headers }).catch((error: unknown) => {
      throw this.#unavailable(`${what} could not be fetched`, error)
    })
    if (answer.status !== 200) throw this.#unavailable(`${what} was answered with status ${answer.status}`)
    const parsed = schema.safeParse(parseJson(answer.body))
    if (parsed.success) return parsed.data
    const unusable = unusableMembers(parsed.error)
    const problem = unusable.length > 0 ? `has no usable ${unusable.join(', ')}` : 'is malformed'
    throw this.#unavailable(`${what} ${problem}`, parsed.error)
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
    error instanceof joseErrors.JWSSignatureVerificationFailed ||
    error instanceof ShortKey
  )
}

function shortKeyRefusal(source: OidcSource, { key, bits }: ShortKey): Error {
  const message =
    `The identity provider signs with an RSA key of ${bits} bits (kid ${quoted(key)}). ` +
    `At least ${MIN_RSA_BITS} are needed.`
  return refusal(source, 'key_length', message)
}

/** Which addresses requests to this source's provider may go to. */
export function reachOf({ oidc }: OidcSource): Reach {
  return {
    privateAddresses: oidc.allowPrivateAddresses ?? false,
    loopback: isLoopbackHost(new URL(oidc.issuer).hostname),
  }
}

const providers = new WeakMap<OidcSource, OidcProvider>()

/** A source's provider. A changed source is a new object and gets a new provider. */
export function providerOf(source: OidcSource): OidcProvider {
  const provider = providers.get(source) ?? new OidcProvider(source)
  providers.set(source, provider)
  return provider
}
