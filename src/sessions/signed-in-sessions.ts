import { createHash } from 'node:crypto'
import type { Collection, Connection } from 'mongoose'
import type { NameQualifiers } from '../fields/identity'
import { once } from '../mongo/once'
import { fromPrimary } from '../mongo/read-preference'
import { covers, isSameName, type ProviderLogout, type ProviderSession } from './provider-session'

const DAY = 24 * 60 * 60 * 1000

/** The lifetime of a session whose cookie has none, in milliseconds; session stores use the same. */
const SESSION_LIFETIME_MS = 14 * DAY

/** How much longer a record is kept, in milliseconds, since a session that is used lives on. */
const RECORD_GRACE_MS = 90 * DAY

/** How long after a logout an assertion issued before it may still arrive, in milliseconds. */
const LOGOUT_MEMORY_MS = DAY / 24

/** `_id`: the session's id in the app's session store. */
type StoredSession = Omit<ProviderSession, 'idToken' | 'startedAt'> & {
  _id: string
  person: string
  atProvider?: string
  expiresAt: Date
}

/** An ID token holds personal data, so it is removed when the session's cookie expires. `_id`: see `hintId`. */
type StoredHint = Pick<ProviderSession, 'idToken'> & { _id: string; expiresAt: Date }

/** The provider ended all sessions it began before `orderedAt`; we learned so at `notedAt`. */
interface StoredLogout {
  _id: string
  orderedAt: Date
  notedAt: Date
  /** SAML only: what qualifies the person's name in the logouts of this id. */
  names?: NameQualifiers[]
  expiresAt: Date
}

/**
 * The app's sessions that a provider's assertions began, so that the provider can end them. Each is a small record in
 * the collection `jitSessions`, keyed by the provider's names for person and session. A record is removed with its
 * session, or by a TTL index 90 days after the session would have expired unused.
 */
export class SignedInSessions {
  /** `baseUrl` separates apps that share a database; each has its own session store. */
  constructor(
    private readonly connection: Connection,
    private readonly baseUrl: string,
  ) {}

  readonly prepare = once(() =>
    this.#collection().createIndexes([
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { key: { person: 1 } },
      { key: { atProvider: 1 } },
    ]),
  )

  /**
   * Records a session; `expires` is when it ends if it is not used. Resolves to false, and records nothing, where the
   * provider has ended the session since (SAML Core 3.7.3.2: the assertion may arrive after the LogoutRequest).
   */
  async begin(id: string, session: ProviderSession, expires?: Date): Promise<boolean> {
    await this.prepare()
    const records = this.#records(id, session, expires ?? new Date(Date.now() + SESSION_LIFETIME_MS))
    await Promise.all(records.map((record) => this.#put(record)))
    // A sign-in writes first and looks for a logout then, a logout the other way round: the second sees the first.
    if (!(await this.#isEnded(session))) return true
    await this.forget([id])
    return false
  }

  /** What began a session; undefined for one that no provider began. */
  async of(id: string): Promise<ProviderSession | undefined> {
    const records = await this.#collection<StoredSession & StoredHint>()
      .find({ _id: { $in: [id, hintId(id)] } }, fromPrimary)
      .toArray()
    const session = records.find(({ _id }) => _id === id)
    return session && { ...session, idToken: records.find(({ _id }) => _id === hintId(id))?.idToken }
  }

  /** The ids of the sessions that a logout covers. Sessions it covers that start later are refused. */
  async endedBy(logout: ProviderLogout): Promise<string[]> {
    await this.prepare()
    const { subject, providerSessions } = logout
    await Promise.all(this.#logoutIds(logout).map((id) => this.#noteLogout(id, logout)))
    const filter =
      subject === undefined
        ? { atProvider: { $in: providerSessions.map((session) => this.#key(logout, 'session', session)) } }
        : { person: this.#key(logout, 'person', subject) }
    const sessions = await this.#collection().find(filter, fromPrimary).toArray()
    return sessions.filter((session) => covers(logout, session)).map(({ _id }) => _id)
  }

  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#collection().deleteMany({ _id: { $in: ids.flatMap((id) => [id, hintId(id)]) } })
  }

  #records(id: string, session: ProviderSession, expires: Date): (StoredSession | StoredHint)[] {
    const { idToken, startedAt: _startedAt, ...lasting } = session
    const { subject, providerSession } = lasting
    const record: StoredSession = {
      _id: id,
      ...lasting,
      person: this.#key(session, 'person', subject),
      ...(providerSession !== undefined && { atProvider: this.#key(session, 'session', providerSession) }),
      expiresAt: new Date(expires.getTime() + RECORD_GRACE_MS),
    }
    return idToken === undefined ? [record] : [record, { _id: hintId(id), idToken, expiresAt: expires }]
  }

  // One by one: the driver's error of a bulkWrite doesn't tell that the database is down.
  async #put(record: StoredSession | StoredHint): Promise<void> {
    const collection = this.#collection<StoredSession | StoredHint>()
    await collection.replaceOne({ _id: record._id }, record, { upsert: true })
  }

  async #noteLogout(_id: string, { issuedAt: orderedAt, nameId }: ProviderLogout): Promise<void> {
    const notedAt = new Date()
    const expiresAt = new Date(notedAt.getTime() + LOGOUT_MEMORY_MS)
    const change = {
      ...{ $max: { orderedAt }, $set: { notedAt, expiresAt } },
      ...(nameId && { $addToSet: { names: nameId } }),
    }
    await this.#collection<StoredLogout>().updateOne({ _id }, change, { upsert: true })
  }

  /** A logout does not cover a sign-in that started here after it, even if its assertion has an earlier date. */
  async #isEnded({ issuedAt, startedAt, ...session }: ProviderSession): Promise<boolean> {
    const { source, issuer, subject, providerSession, nameId } = session
    const providerSessions = providerSession === undefined ? [] : [providerSession]
    const covering = [
      { source, issuer, subject, providerSessions: [] },
      { source, issuer, subject, providerSessions },
      { source, issuer, providerSessions },
    ]
    const ids = covering.flatMap((logout) => this.#logoutIds(logout))
    const logouts = await this.#collection<StoredLogout>()
      .find({ _id: { $in: [...new Set(ids)] } }, fromPrimary)
      .toArray()
    return logouts.some(
      ({ orderedAt, notedAt, names = [{}] }) =>
        issuedAt < orderedAt &&
        (startedAt === undefined || startedAt < notedAt) &&
        names.some((name) => isSameName(name, nameId)),
    )
  }

  /** One id for each session of the provider that a logout names, or one for all of a person's. */
  #logoutIds(logout: Pick<ProviderLogout, 'source' | 'issuer' | 'subject' | 'providerSessions'>): string[] {
    const { subject = null, providerSessions } = logout
    const sessions = subject === null || providerSessions.length > 0 ? providerSessions : [null]
    return sessions.map((session) => this.#key(logout, 'ended', subject, session))
  }

  /** A hash, since names may be longer than the keys of an index. */
  #key({ source, issuer }: Pick<ProviderSession, 'source' | 'issuer'>, ...parts: (string | null)[]): string {
    const text = JSON.stringify([this.baseUrl, source, issuer, ...parts])
    return createHash('sha256').update(text).digest('base64url')
  }

  #collection<Stored extends { _id: string } = StoredSession>(): Collection<Stored> {
    return this.connection.collection<Stored>('jitSessions')
  }
}

function hintId(sessionId: string): string {
  return `${sessionId} id_token`
}
