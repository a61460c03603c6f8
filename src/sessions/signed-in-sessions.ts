import { createHash } from 'node:crypto'
import type { Collection, Connection } from 'mongoose'
import { fromPrimary } from '../mongo/read-preference'
import { covers, type ProviderLogout, type ProviderSession } from './provider-session'
import { once } from '../mongo/once'

const DAY = 24 * 60 * 60 * 1000

/** How long a session lives, in milliseconds, whose cookie does not say so: as long as stores keep such. */
const SESSION_LIFETIME = 14 * DAY

/** How much longer than that its record is kept: a session lives on as long as it is used. */
const USED_FOR = 90 * DAY

/** How long after a logout an assertion may arrive that was issued before it. */
const UNDER_WAY = DAY / 24

/** `_id`: the session's id, by which the app's session store knows it. */
type StoredSession = Omit<ProviderSession, 'idToken' | 'startedAt'> & {
  _id: string
  person: string
  atProvider?: string
  expiresAt: Date
}

/** An ID token says much of a person, and so goes when the session's cookie does. `_id`: see `hintId`. */
type StoredHint = Pick<ProviderSession, 'idToken'> & { _id: string; expiresAt: Date }

/** That the provider has ended whatever it began before `orderedAt`, and that it said so here at `notedAt`. */
interface StoredOrder {
  _id: string
  orderedAt: Date
  notedAt: Date
  expiresAt: Date
}

/**
 * Which sessions of the app a provider's assertions began, so that the provider can end them: in the collection
 * `jitSessions`, a small record each, by the provider's own names for person and session. A record goes with its
 * session, or by a TTL index 90 days after the session would have ended unused.
 */
export class SignedInSessions {
  readonly #connection: Connection
  readonly #baseUrl: string

  /** `baseUrl` tells apart apps that share a database: each has a session store of its own. */
  constructor(connection: Connection, baseUrl: string) {
    this.#connection = connection
    this.#baseUrl = baseUrl
  }

  /** Makes the indexes. Safe to call again. */
  readonly prepare = once(() =>
    this.#collection().createIndexes([
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { key: { person: 1 } },
      { key: { atProvider: 1 } },
    ]),
  )

  /**
   * Remembers what began a session, and when that would end unused. False where the provider has ended it since
   * (Core 3.7.3.2: also when the assertion arrives after the LogoutRequest); then nothing is remembered.
   */
  async begin(id: string, signedIn: ProviderSession, expires?: Date): Promise<boolean> {
    await this.prepare()
    const records = this.#records(id, signedIn, expires ?? new Date(Date.now() + SESSION_LIFETIME))
    await Promise.all(records.map((record) => this.#put(record)))
    // In this order, and an order before it looks for sessions: whoever comes second sees the other.
    if (!(await this.#isEnded(signedIn))) return true
    await this.forget([id])
    return false
  }

  /** What began a session; undefined for one that no provider began. */
  async of(id: string): Promise<ProviderSession | undefined> {
    const found = await this.#collection<StoredSession & StoredHint>()
      .find({ _id: { $in: [id, hintId(id)] } }, fromPrimary)
      .toArray()
    const [signedIn, hint] = [id, hintId(id)].map((wanted) => found.find(({ _id }) => _id === wanted))
    return signedIn && { ...signedIn, idToken: hint?.idToken }
  }

  /** The ids of the sessions that an order is to end; whatever it is about and has yet to begin never does. */
  async endedBy(order: ProviderLogout): Promise<string[]> {
    await this.prepare()
    const { subject, providerSessions } = order
    await Promise.all(this.#orderIds(order).map((id) => this.#noteOrder(id, order.issuedAt)))
    const filter =
      subject === undefined
        ? { atProvider: { $in: providerSessions.map((session) => this.#key(order, 'session', session)) } }
        : { person: this.#key(order, 'person', subject) }
    const found = await this.#collection().find(filter, fromPrimary).toArray()
    return found.filter((signedIn) => covers(order, signedIn)).map(({ _id }) => _id)
  }

  /** Forgets sessions that are gone. */
  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#collection().deleteMany({ _id: { $in: ids.flatMap((id) => [id, hintId(id)]) } })
  }

  /** `unused`: when the session ends if it is not used. */
  #records(id: string, signedIn: ProviderSession, unused: Date): (StoredSession | StoredHint)[] {
    const { idToken, startedAt: _startedAt, ...lasting } = signedIn
    const { subject, providerSession } = lasting
    const record: StoredSession = {
      _id: id,
      ...lasting,
      person: this.#key(signedIn, 'person', subject),
      ...(providerSession !== undefined && { atProvider: this.#key(signedIn, 'session', providerSession) }),
      expiresAt: new Date(unused.getTime() + USED_FOR),
    }
    return idToken === undefined ? [record] : [record, { _id: hintId(id), idToken, expiresAt: unused }]
  }

  // One by one: the driver's error of a bulkWrite does not say that the database is down.
  async #put(record: StoredSession | StoredHint): Promise<void> {
    const collection = this.#collection<StoredSession | StoredHint>()
    await collection.replaceOne({ _id: record._id }, record, { upsert: true })
  }

  async #noteOrder(_id: string, orderedAt: Date): Promise<void> {
    const notedAt = new Date()
    const expiresAt = new Date(notedAt.getTime() + UNDER_WAY)
    const collection = this.#collection<StoredOrder>()
    await collection.updateOne(
      { _id },
      { $max: { orderedAt }, $set: { notedAt, expiresAt } },
      { upsert: true },
    )
  }

  /** Whoever has asked for the sign-in since the order came is not meant, however the provider dates what it issues. */
  async #isEnded({ issuedAt, startedAt, ...signedIn }: ProviderSession): Promise<boolean> {
    const { source, issuer, subject, providerSession } = signedIn
    const providerSessions = providerSession === undefined ? [] : [providerSession]
    const about = [
      { source, issuer, subject, providerSessions: [] },
      { source, issuer, subject, providerSessions },
      { source, issuer, providerSessions },
    ]
    const _ids = about.flatMap((order) => this.#orderIds(order))
    const orders = await this.#collection<StoredOrder>()
      .find({ _id: { $in: [...new Set(_ids)] } }, fromPrimary)
      .toArray()
    return orders.some(
      ({ orderedAt, notedAt }) => issuedAt < orderedAt && (startedAt === undefined || startedAt < notedAt),
    )
  }

  /** One for each session of the provider that an order names, or one for all of a person's. */
  #orderIds(order: Pick<ProviderLogout, 'source' | 'issuer' | 'subject' | 'providerSessions'>): string[] {
    const { subject = null, providerSessions } = order
    const about = subject === null || providerSessions.length > 0 ? providerSessions : [null]
    return about.map((session) => this.#key(order, 'ended', subject, session))
  }

  /** Names may be long, and an index's keys may not. */
  #key({ source, issuer }: Pick<ProviderSession, 'source' | 'issuer'>, ...parts: (string | null)[]): string {
    const text = JSON.stringify([this.#baseUrl, source, issuer, ...parts])
    return createHash('sha256').update(text).digest('base64url')
  }

  #collection<Stored extends { _id: string } = StoredSession>(): Collection<Stored> {
    return this.#connection.collection<Stored>('jitSessions')
  }
}

function hintId(sessionId: string): string {
  return `${sessionId} id_token`
}
