import { createHash, randomBytes } from 'node:crypto'
import { parseCookie } from 'cookie'
import type { Request } from 'express'
import type { Collection, Connection } from 'mongoose'

/** A sign-in that somebody started here and that a provider's answer may finish, once. */
export interface SignInRequest {
  /** SAML: the AuthnRequest's ID, which comes back as InResponseTo. OpenID Connect: `state`. */
  id: string
  source: string
  /** Where to go afterwards: a path of this origin. */
  returnTo?: string
  /** OpenID Connect Core 3.1.2.1: comes back in the ID token. */
  nonce?: string
  /** PKCE (RFC 7636 4.1). */
  codeVerifier?: string
  /** When the person was sent to the provider; `max_age` counts from here. */
  startedAt?: Date
  /** An admin tries the source out: the answer signs nobody in. Its `id` is made by `testRequestId`. */
  test?: true
}

type StoredRequest = Omit<SignInRequest, 'id'> & { _id: string; browser: string; expiresAt: Date }

/** Longer than any id that is made here; what comes back may be anything. */
const MAX_ID = 200

/** More ids than two tabs opened at once can leave in a browser; the rest is not its doing. */
const MAX_BROWSERS = 20

/** How long a person may take at the provider, in milliseconds. */
const LIFETIME = 60 * 60 * 1000

/** By its id alone an answer to a test is told from all others, which so need no look-up of their own. */
const TEST_SUFFIX = '.test'

/** The id of a test sign-in, made of one that is random. */
export function testRequestId(id: string): string {
  return `${id}${TEST_SUFFIX}`
}

/**
 * Each browser has an id of its own, in a cookie of a name of its own: of two tabs that are opened at once,
 * neither overwrites what the other was given.
 */
const COOKIE = 'jit_browser_'
const CROSS_SITE_COOKIE = 'jit_browser_cross_'

/**
 * Sign-ins under way and assertions already used, in MongoDB, so that any instance can finish what another
 * began and each answer serves once. Entries go by themselves, by a TTL index.
 */
export class SignInRequests {
  readonly #connection: Connection
  readonly #secure: boolean
  #ready: Promise<unknown> | undefined

  constructor(connection: Connection, baseUrl: string) {
    this.#connection = connection
    this.#secure = new URL(baseUrl).protocol === 'https:'
  }

  /** Makes the TTL index. Safe to call again; a failure is forgotten, so that the next call tries anew. */
  prepare(): Promise<unknown> {
    this.#ready ??= this.#collection()
      .createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 })
      .catch((error: unknown) => {
        this.#ready = undefined
        throw error
      })
    return this.#ready
  }

  /** Remembers a sign-in and binds it to the browser of this request, by a cookie. */
  async start(req: Request, request: SignInRequest): Promise<void> {
    await this.prepare()
    const { id, ...rest } = request
    await this.#collection().insertOne({
      _id: id,
      ...rest,
      browser: fingerprint(this.#bindBrowser(req)),
      expiresAt: new Date(Date.now() + LIFETIME),
    })
  }

  /**
   * Takes the sign-in that an answer belongs to, atomically, so that it serves once. Undefined when this
   * source started none of that id from this browser, or when it is over. Never a test.
   */
  async take(req: Request, source: string, id: string): Promise<SignInRequest | undefined> {
    return id.endsWith(TEST_SUFFIX) ? undefined : this.#take(req, source, id)
  }

  /** The same for a test; any other id costs nothing. */
  async takeTest(req: Request, source: string, id: unknown): Promise<SignInRequest | undefined> {
    return typeof id === 'string' && id.endsWith(TEST_SUFFIX) ? this.#take(req, source, id) : undefined
  }

  async #take(req: Request, source: string, id: string): Promise<SignInRequest | undefined> {
    if (id.length > MAX_ID) return undefined
    const browsers = browserIds(req).map(fingerprint)
    const stored = await this.#collection().findOneAndDelete({
      _id: id,
      source,
      browser: { $in: browsers },
      expiresAt: { $gt: new Date() },
    })
    if (!stored) return undefined
    const { _id, browser: _browser, expiresAt: _expiresAt, ...rest } = stored
    return { id: _id, ...rest }
  }

  /** True the first time that a source's message is seen, on whatever instance; kept until it expires. */
  async firstUse(source: string, messageId: string, expiresAt: Date): Promise<boolean> {
    await this.prepare()
    try {
      const _id = `used:${createHash('sha256').update(`${source}\n${messageId}`).digest('base64url')}`
      await this.#collection().insertOne({ _id, source, browser: '', expiresAt })
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === 11000) return false
      throw error
    }
  }

  /**
   * A SAML answer is a cross-site POST, which carries no SameSite=Lax cookie: behind https the cookie is
   * SameSite=None. Over http (development) browsers take such a cookie from loopback addresses alone, and
   * other clients not at all, so the same value is also set as an ordinary Lax cookie.
   */
  #bindBrowser(req: Request): string {
    const id = browserIds(req)[0] ?? randomBytes(32).toString('base64url')
    const name = fingerprint(id).slice(0, 8)
    const shared = { httpOnly: true, maxAge: LIFETIME } as const
    req.res?.cookie(CROSS_SITE_COOKIE + name, id, { ...shared, sameSite: 'none', secure: true })
    if (!this.#secure) req.res?.cookie(COOKIE + name, id, { ...shared, sameSite: 'lax' })
    return id
  }

  #collection(): Collection<StoredRequest> {
    return this.#connection.collection<StoredRequest>('jitRequests')
  }
}

function browserIds(req: Request): string[] {
  const cookies = Object.entries(parseCookie(req.headers.cookie ?? ''))
  return cookies.flatMap(([name, id]) => (name.startsWith(COOKIE) && id ? id : [])).slice(0, MAX_BROWSERS)
}

function fingerprint(browserId: string): string {
  return createHash('sha256').update(browserId).digest('base64url')
}
