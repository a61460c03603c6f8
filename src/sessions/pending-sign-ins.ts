import { createHash, randomBytes } from 'node:crypto'
import { parseCookie } from 'cookie'
import type { Request } from 'express'
import type { Collection, Connection } from 'mongoose'
import { once } from '../mongo/once'

/** A sign-in, or a sign-out, that somebody started here and that a provider's answer may finish, once. */
export interface NewSignIn {
  /** SAML: the request's ID, which comes back as InResponseTo. OpenID Connect: `state`. */
  id: string
  source: string
  /** Where to go afterwards: a path of this origin. */
  returnTo?: string
  /** OpenID Connect Core 3.1.2.1: comes back in the ID token. */
  nonce?: string
  /** PKCE (RFC 7636 4.1). */
  codeVerifier?: string
  /** An admin tries the source out: the answer signs nobody in. Its `id` is made by `testRequestId`. */
  test?: true
}

/** A sign-in that an answer belongs to. */
export interface PendingSignIn extends NewSignIn {
  /** When the person was sent to the provider; `max_age` counts from here. */
  startedAt: Date
}

type StoredRequest = Omit<PendingSignIn, 'id'> & { _id: string; browser: string; expiresAt: Date }

/** That a message was used. */
type StoredUse = Pick<StoredRequest, '_id' | 'source' | 'expiresAt'>

/** More ids than two tabs opened at once can leave in a browser; the rest is not its doing. */
const MAX_BROWSERS = 20

/** How long a person may take at the provider, in milliseconds. */
const LIFETIME = 60 * 60 * 1000

/**
 * How much longer than it is valid a used assertion is remembered, in milliseconds: the database removes it by its
 * own clock, and other instances judge the assertion by theirs.
 */
const CLOCKS_DIFFER = 60 * 60 * 1000

/**
 * By its id alone an answer to a test, or to a sign-out, is told from all others: none of them serves in the place
 * of another, and none needs a look-up of its own.
 */
const TEST_SUFFIX = '.test'
const LOGOUT_SUFFIX = '.logout'

/** The id of a test sign-in, made of one that is random. */
export function testRequestId(id: string): string {
  return `${id}${TEST_SUFFIX}`
}

/** The id of a request to the provider to end its session, made of one that is random. */
export function logoutRequestId(id: string): string {
  return `${id}${LOGOUT_SUFFIX}`
}

/**
 * Each browser has an id of its own, in a cookie of a name of its own: of two tabs that are opened at once,
 * neither overwrites what the other was given. Behind https the name has the prefix by which a browser takes the
 * cookie from this very host alone (RFC 6265bis 4.1.3.2): an app on another host of the same domain could
 * otherwise have somebody finish a sign-in that an attacker has started.
 */
const COOKIE = 'jit_browser_'
const CROSS_SITE_COOKIE = 'jit_browser_cross_'
const HOST_COOKIE = '__Host-jit_browser_'

/**
 * Sign-ins under way and assertions already used, in MongoDB, so that any instance can finish what another
 * began and each answer serves once. Entries go by themselves, by a TTL index.
 */
export class PendingSignIns {
  readonly #connection: Connection
  readonly #secure: boolean

  constructor(connection: Connection, baseUrl: string) {
    this.#connection = connection
    this.#secure = new URL(baseUrl).protocol === 'https:'
  }

  /** Makes the TTL index. Safe to call again. */
  readonly prepare = once(() => this.#collection().createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 }))

  /** Remembers a sign-in and binds it to the browser of this request, by a cookie. */
  async start(req: Request, request: NewSignIn): Promise<void> {
    await this.prepare()
    const { id, ...rest } = request
    await this.#collection().insertOne({
      _id: id,
      ...rest,
      startedAt: new Date(),
      browser: fingerprint(this.#bindBrowser(req)),
      expiresAt: new Date(Date.now() + LIFETIME),
    })
  }

  /**
   * Takes the sign-in that an answer belongs to, atomically, so that it serves once. Undefined when this
   * source started none of that id from this browser, or when it is over. Never a test, nor a sign-out.
   */
  async take(req: Request, source: string, id: string): Promise<PendingSignIn | undefined> {
    return id.endsWith(TEST_SUFFIX) || id.endsWith(LOGOUT_SUFFIX) ? undefined : this.#take(req, source, id)
  }

  /** The same for a test; any other id costs nothing. */
  async takeTest(req: Request, source: string, id: unknown): Promise<PendingSignIn | undefined> {
    return typeof id === 'string' && id.endsWith(TEST_SUFFIX) ? this.#take(req, source, id) : undefined
  }

  /** The same for a sign-out. */
  async takeLogout(req: Request, source: string, id: string): Promise<PendingSignIn | undefined> {
    return id.endsWith(LOGOUT_SUFFIX) ? this.#take(req, source, id) : undefined
  }

  async #take(req: Request, source: string, id: string): Promise<PendingSignIn | undefined> {
    const browsers = this.#browserIds(req).map(fingerprint)
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

  /** True the first time that a source's message is seen, on whatever instance; remembered until nobody takes it. */
  async firstUse(source: string, messageId: string, ends: Date): Promise<boolean> {
    await this.prepare()
    const expiresAt = new Date(ends.getTime() + CLOCKS_DIFFER)
    try {
      await this.#collection<StoredUse>().insertOne({ _id: usedId(source, messageId), source, expiresAt })
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === 11000) return false
      throw error
    }
  }

  /** Lets a message serve again that could not be carried out. */
  async forgetUse(source: string, messageId: string): Promise<void> {
    await this.#collection().deleteOne({ _id: usedId(source, messageId) })
  }

  /**
   * A SAML answer is a cross-site POST, which carries no SameSite=Lax cookie: behind https the cookie is
   * SameSite=None. Over http (development) browsers take such a cookie from loopback addresses alone, and
   * other clients not at all, so the same value is also set as an ordinary Lax cookie.
   */
  #bindBrowser(req: Request): string {
    const id = this.#browserIds(req)[0] ?? randomBytes(32).toString('base64url')
    const name = fingerprint(id).slice(0, 8)
    const shared = { httpOnly: true, maxAge: LIFETIME } as const
    const crossSite = this.#secure ? HOST_COOKIE : CROSS_SITE_COOKIE
    req.res?.cookie(crossSite + name, id, { ...shared, sameSite: 'none', secure: true })
    if (!this.#secure) req.res?.cookie(COOKIE + name, id, { ...shared, sameSite: 'lax' })
    return id
  }

  #browserIds(req: Request): string[] {
    const prefix = this.#secure ? HOST_COOKIE : COOKIE
    const cookies = Object.entries(parseCookie(req.headers.cookie ?? ''))
    return cookies.flatMap(([name, id]) => (name.startsWith(prefix) && id ? id : [])).slice(0, MAX_BROWSERS)
  }

  #collection<Stored extends { _id: string } = StoredRequest>(): Collection<Stored> {
    return this.#connection.collection<Stored>('jitRequests')
  }
}

function usedId(source: string, messageId: string): string {
  return `used:${createHash('sha256').update(`${source}\n${messageId}`).digest('base64url')}`
}

function fingerprint(browserId: string): string {
  return createHash('sha256').update(browserId).digest('base64url')
}
