import { createHash, randomBytes } from 'node:crypto'
import { parseCookie } from 'cookie'
import type { Request } from 'express'
import type { Collection, Connection } from 'mongoose'
import { once } from '../mongo/once'

/** A sign-in, test or sign-out that a browser started here. A provider's answer may finish it once. */
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
  /** A test sign-in, whose answer signs nobody in. Its `id` comes from `testRequestId`. */
  test?: true
}

export interface PendingSignIn extends NewSignIn {
  /** When the browser was sent to the provider. `max_age` counts from here. */
  startedAt: Date
}

type StoredRequest = Omit<PendingSignIn, 'id'> & { _id: string; browser: string; expiresAt: Date }
type StoredUse = Pick<StoredRequest, '_id' | 'source' | 'expiresAt'>

/** The most ids read from one browser. Two tabs opened at once leave fewer; the rest are forged. */
const MAX_BROWSERS = 20

/** How long a person may take at the provider, in milliseconds. */
const LIFETIME_MS = 60 * 60 * 1000

/**
 * How long a used message is remembered after it expires, in milliseconds. The database removes the mark by its own
 * clock, and each instance judges the message by its own.
 */
const CLOCK_DIFFERENCE_MS = 60 * 60 * 1000

/** The id alone tells an answer to a test or a sign-out from all others, so neither needs its own look-up. */
const TEST_SUFFIX = '.test'
const LOGOUT_SUFFIX = '.logout'

export function testRequestId(id: string): string {
  return `${id}${TEST_SUFFIX}`
}

export function logoutRequestId(id: string): string {
  return `${id}${LOGOUT_SUFFIX}`
}

/**
 * Each browser gets its own id, in a cookie whose name depends on the id: two tabs opened at once don't overwrite each
 * other's cookie. Over https the name has the `__Host-` prefix (RFC 6265bis 4.1.3.2). Without it, another host of the
 * same domain could set the cookie and make a person finish a sign-in that an attacker started.
 */
const COOKIE = 'jit_browser_'
const CROSS_SITE_COOKIE = 'jit_browser_cross_'
const HOST_COOKIE = '__Host-jit_browser_'

/**
 * Pending sign-ins and used assertions in the collection `jitRequests`. Any instance can finish what another began, and
 * each answer serves once. A TTL index removes old records.
 */
export class PendingSignIns {
  readonly #secure: boolean

  constructor(
    private readonly connection: Connection,
    baseUrl: string,
  ) {
    this.#secure = new URL(baseUrl).protocol === 'https:'
  }

  readonly prepare = once(() => this.#collection().createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0 }))

  /** Stores a sign-in and binds it to this request's browser by a cookie. */
  async start(req: Request, request: NewSignIn): Promise<void> {
    await this.prepare()
    const { id, ...rest } = request
    await this.#collection().insertOne({
      _id: id,
      ...rest,
      startedAt: new Date(),
      browser: fingerprint(this.#bindBrowser(req)),
      expiresAt: new Date(Date.now() + LIFETIME_MS),
    })
  }

  /**
   * Takes the sign-in that an answer belongs to. Atomic, so that it serves once. Undefined where this browser started
   * none of this id at this source, or it has expired. Tests and sign-outs are never taken.
   */
  async take(req: Request, source: string, id: string): Promise<PendingSignIn | undefined> {
    return id.endsWith(TEST_SUFFIX) || id.endsWith(LOGOUT_SUFFIX) ? undefined : this.#take(req, source, id)
  }

  /** Takes a test in the same way. An id that is no test's costs no command. */
  async takeTest(req: Request, source: string, id: unknown): Promise<PendingSignIn | undefined> {
    return typeof id === 'string' && id.endsWith(TEST_SUFFIX) ? this.#take(req, source, id) : undefined
  }

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

  /** Resolves to true the first time any instance sees a source's message, which is valid until `validUntil`. */
  async isFirstUse(source: string, messageId: string, validUntil: Date): Promise<boolean> {
    await this.prepare()
    const expiresAt = new Date(validUntil.getTime() + CLOCK_DIFFERENCE_MS)
    try {
      await this.#collection<StoredUse>().insertOne({ _id: usedId(source, messageId), source, expiresAt })
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === 11000) return false
      throw error
    }
  }

  /** Lets a message serve again after it could not be carried out. */
  async forgetUse(source: string, messageId: string): Promise<void> {
    await this.#collection().deleteOne({ _id: usedId(source, messageId) })
  }

  /**
   * A SAML answer is a cross-site POST, which carries no SameSite=Lax cookie, so over https the cookie is SameSite=None.
   * Over http (development) browsers accept such a cookie from loopback addresses only, and other clients never, so
   * the same value is set as a Lax cookie too.
   */
  #bindBrowser(req: Request): string {
    const id = this.#browserIds(req)[0] ?? randomBytes(32).toString('base64url')
    const name = fingerprint(id).slice(0, 8)
    const shared = { httpOnly: true, maxAge: LIFETIME_MS } as const
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
    return this.connection.collection<Stored>('jitRequests')
  }
}

function usedId(source: string, messageId: string): string {
  return `used:${createHash('sha256').update(`${source}\n${messageId}`).digest('base64url')}`
}

function fingerprint(browserId: string): string {
  return createHash('sha256').update(browserId).digest('base64url')
}
