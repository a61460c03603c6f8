import type { Collection, Connection } from 'mongoose'
import { once } from '../mongo/once'
import { fromPrimary } from '../mongo/read-preference'
import { hashOf, NotedLogouts } from './noted-logouts'
import {
  covers,
  type NewSession,
  type ProviderLogout,
  type ProviderSession,
  type UserLogout,
} from './provider-session'

const DAY = 24 * 60 * 60 * 1000

/** The lifetime of a session whose cookie has none, in milliseconds; session stores use the same. */
const SESSION_LIFETIME_MS = 14 * DAY

/** How much longer a record is kept, in milliseconds, since a session that is used lives on. */
const RECORD_GRACE_MS = 90 * DAY

/** `_id`: the session's id in the app's session store. */
type StoredSession = Omit<ProviderSession, 'idToken' | 'startedAt'> & {
  _id: string
  person?: string
  atProvider?: string
  /** A hash of the user's id. Missing in the records of version 0.1. */
  user?: string
  expiresAt: Date
}

/** An ID token holds personal data, so it is removed when the session's cookie expires. `_id`: see `hintId`. */
type StoredHint = Pick<ProviderSession, 'idToken'> & { _id: string; expiresAt: Date }

/**
 * The app's sessions that a provider's assertions began, so that the provider and the app can end them. Each is a
 * small record in the collection `jitSessions`, keyed by the provider's names for person and session, and by the user. A record is removed with its
 * session, or by a TTL index 90 days after the session would have expired unused.
 */
export class SignedInSessions {
  readonly #logouts: NotedLogouts

  /** `baseUrl` separates apps that share a database; each has its own session store. */
  constructor(
    private readonly connection: Connection,
    private readonly baseUrl: string,
  ) {
    this.#logouts = new NotedLogouts(connection, baseUrl)
  }

  readonly prepare = once(() =>
    this.#collection().createIndexes([
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { key: { person: 1 } },
      { key: { atProvider: 1 } },
      { key: { user: 1 } },
    ]),
  )

  /**
   * Records a session; `expires` is when it ends if it is not used. Resolves to false, and records nothing, where the
   * provider or the app has ended the session since (SAML Core 3.7.3.2: the assertion may arrive after the LogoutRequest).
   */
  async begin(id: string, session: NewSession, expires?: Date): Promise<boolean> {
    await this.prepare()
    const records = this.#records(id, session, expires ?? new Date(Date.now() + SESSION_LIFETIME_MS))
    await Promise.all(records.map((record) => this.#put(record)))
    // A sign-in writes first and looks for a logout then, a logout the other way round: the second sees the first.
    if (!(await this.#logouts.isEnded(session))) return true
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
    await this.#logouts.note(logout)
    const filter =
      subject === undefined
        ? { atProvider: { $in: providerSessions.map((session) => this.#key(logout, 'session', session)) } }
        : { person: this.#key(logout, 'person', subject) }
    const sessions = await this.#collection().find(filter, fromPrimary).toArray()
    return sessions.filter((session) => covers(logout, session)).map(({ _id }) => _id)
  }

  /** The sessions of a user that the app ends. Sign-ins under way that began before now are refused a session. */
  async endedByApp(logout: UserLogout): Promise<{ id: string; source: string }[]> {
    await this.prepare()
    await this.#logouts.noteUser(logout)
    const { user, source } = logout
    const sessions = await this.#collection()
      .find({ user: this.#userKey(user), ...(source !== undefined && { source }) }, fromPrimary)
      .toArray()
    return sessions.map(({ _id: id, source }) => ({ id, source }))
  }

  async forget(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return
    await this.#collection().deleteMany({ _id: { $in: ids.flatMap((id) => [id, hintId(id)]) } })
  }

  #records(id: string, session: NewSession, expires: Date): (StoredSession | StoredHint)[] {
    const { idToken, startedAt: _startedAt, user, ...lasting } = session
    const { subject, providerSession } = lasting
    const record: StoredSession = {
      _id: id,
      ...lasting,
      ...(user !== undefined && { user: this.#userKey(user) }),
      ...(subject !== null && { person: this.#key(session, 'person', subject) }),
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

  #key({ source, issuer }: Pick<ProviderSession, 'source' | 'issuer'>, ...parts: string[]): string {
    return hashOf(this.baseUrl, source, issuer, ...parts)
  }

  #userKey(user: string): string {
    return hashOf(this.baseUrl, 'user', user)
  }

  #collection<Stored extends { _id: string } = StoredSession>(): Collection<Stored> {
    return this.connection.collection<Stored>('jitSessions')
  }
}

function hintId(sessionId: string): string {
  return `${sessionId} id_token`
}
