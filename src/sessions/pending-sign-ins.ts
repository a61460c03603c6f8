import { createHash } from 'node:crypto'
import type { Request } from 'express'
import type { Collection, Connection } from 'mongoose'
import { once } from '../mongo/once'
import { fromPrimary } from '../mongo/read-preference'
import { sessionIdOf, signedInUser } from './app-session'
import { isConnectRequest, isLogoutRequest, isTestRequest } from './request-id'
import { BrowserCookie, COOKIE_LIFETIME_MS } from './browser-cookie'

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
  /** A test sign-in, whose answer signs nobody in. Its `id` comes from `requestIdFor`. */
  test?: true
}

export interface PendingSignIn extends NewSignIn {
  /** When the browser was sent to the provider. `max_age` counts from here. */
  startedAt: Date
}

/** A provider's answer, as it came. */
export interface Answer {
  /** The id of the sign-in that it says it answers. */
  requestId: unknown
  /** Tells it from every other answer. */
  text: string
}

interface StoredRequest extends Omit<PendingSignIn, 'id'> {
  _id: string
  browser: string
  /** The fingerprint of the session and its user, where the answer connects an identity to that user. */
  account?: string
  expiresAt: Date
  /** The fingerprint of the answer that finished this sign-in. */
  answer?: string
}
type StoredUse = Pick<StoredRequest, '_id' | 'source' | 'expiresAt'>

/**
 * How long a used message is remembered after it expires, in milliseconds. The database removes the mark by its own
 * clock, and each instance judges the message by its own.
 */
const CLOCK_DIFFERENCE_MS = 60 * 60 * 1000

/**
 * Pending sign-ins and used assertions in the collection `jitRequests`. Any instance can finish what another began, and
 * each answer serves once. A TTL index removes old records.
 */
export class PendingSignIns {
  readonly #browserCookie: BrowserCookie

  constructor(
    private readonly connection: Connection,
    baseUrl: string,
  ) {
    this.#browserCookie = new BrowserCookie(baseUrl)
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
      browser: fingerprint(this.#browserCookie.bind(req)),
      ...accountOf(req, id),
      expiresAt: new Date(Date.now() + COOKIE_LIFETIME_MS),
    })
  }

  /**
   * Takes the sign-in that an answer belongs to. Atomic, so that it serves once. Undefined where this browser started
   * none of this id at this source, or it has expired. Tests and sign-outs are never taken. The record stays without its
   * secrets, for `finishedBy`.
   */
  async take(req: Request, source: string, answer: Answer): Promise<PendingSignIn | undefined> {
    const id = String(answer.requestId)
    if (isTestRequest(id) || isLogoutRequest(id)) return undefined
    const stored = await this.#collection().findOneAndUpdate(
      { ...this.#startedBy(req, source, id), answer: { $exists: false } },
      { $set: { answer: fingerprint(answer.text) }, $unset: { nonce: '', codeVerifier: '' } },
      { returnDocument: 'before' },
    )
    return stored ? pendingSignIn(stored) : undefined
  }

  /**
   * The sign-in of this browser that the very same answer has taken before: the person went back, clicked twice, or
   * restored a tab. Undefined after `forget`.
   */
  async finishedBy(req: Request, source: string, answer: Answer): Promise<PendingSignIn | undefined> {
    const { requestId: id, text } = answer
    if (typeof id !== 'string' || this.#browserCookie.idsIn(req).length === 0) return undefined
    const filter = { ...this.#startedBy(req, source, id), answer: fingerprint(text) }
    const stored = await this.#collection().findOne(filter, fromPrimary)
    return stored ? pendingSignIn(stored) : undefined
  }

  /** Forgets the sign-in that an answer took without finishing it. */
  async forget({ requestId, text }: Answer): Promise<void> {
    if (typeof requestId !== 'string') return
    await this.#collection().deleteOne({ _id: requestId, answer: fingerprint(text) })
  }

  /** Takes a test in the same way. An id that is no test's costs no command. */
  async takeTest(req: Request, source: string, id: unknown): Promise<PendingSignIn | undefined> {
    return isTestRequest(id) ? this.#take(req, source, id) : undefined
  }

  async takeLogout(req: Request, source: string, id: string): Promise<PendingSignIn | undefined> {
    return isLogoutRequest(id) ? this.#take(req, source, id) : undefined
  }

  async #take(req: Request, source: string, id: string): Promise<PendingSignIn | undefined> {
    const stored = await this.#collection().findOneAndDelete(this.#startedBy(req, source, id))
    return stored ? pendingSignIn(stored) : undefined
  }

  #startedBy(req: Request, source: string, id: string) {
    const browsers = this.#browserCookie.idsIn(req).map(fingerprint)
    return {
      _id: id,
      source,
      browser: { $in: browsers },
      ...accountOf(req, id),
      expiresAt: { $gt: new Date() },
    }
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

  #collection<Stored extends { _id: string } = StoredRequest>(): Collection<Stored> {
    return this.connection.collection<Stored>('jitRequests')
  }
}

function pendingSignIn(stored: StoredRequest): PendingSignIn {
  const {
    _id,
    browser: _browser,
    account: _account,
    expiresAt: _expiresAt,
    answer: _answer,
    ...rest
  } = stored
  return { id: _id, ...rest }
}

/** A request to connect belongs to one session of one user, and to no other session of the same browser. */
function accountOf(req: Request, id: string): { account?: string } {
  if (!isConnectRequest(id)) return {}
  return { account: fingerprint(JSON.stringify([sessionIdOf(req), signedInUser(req)])) }
}

function usedId(source: string, messageId: string): string {
  return `used:${createHash('sha256').update(`${source}\n${messageId}`).digest('base64url')}`
}

function fingerprint(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
