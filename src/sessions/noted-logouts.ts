import { createHash } from 'node:crypto'
import type { Collection, Connection } from 'mongoose'
import type { NameQualifiers } from '../fields/identity'
import { fromPrimary } from '../mongo/read-preference'
import { isSameName, type NewSession, type ProviderLogout, type UserLogout } from './provider-session'

/** How long after a logout a sign-in that began before it may still arrive, in milliseconds. */
const LOGOUT_MEMORY_MS = 60 * 60 * 1000

/** The sessions that began before `orderedAt` have ended; we learned so at `notedAt`. */
interface StoredLogout {
  _id: string
  orderedAt: Date
  notedAt: Date
  /** SAML only: what qualifies the person's name in the logouts of this id. */
  names?: NameQualifiers[]
  expiresAt: Date
}

/** The logouts of the last hour, in the collection `jitSessions`. A sign-in that one of them covers begins no session. */
export class NotedLogouts {
  constructor(
    private readonly connection: Connection,
    private readonly baseUrl: string,
  ) {}

  async note(logout: ProviderLogout): Promise<void> {
    const { issuedAt: orderedAt, nameId } = logout
    const noted = this.#providerIds(logout).map((id) => this.#put(id, orderedAt, nameId))
    await Promise.all(noted)
  }

  /** The app ends the sessions of a user. */
  noteUser(logout: UserLogout): Promise<void> {
    return this.#put(this.#userId(logout), new Date())
  }

  /**
   * Whether a logout covers the sign-in. A provider's logout does not cover one that started here after it, even if its
   * assertion has an earlier date.
   */
  async isEnded(session: NewSession): Promise<boolean> {
    const { issuedAt, startedAt, nameId } = session
    const users = this.#userIds(session)
    const logouts = await this.#collection()
      .find({ _id: { $in: [...this.#coveringIds(session), ...users] } }, fromPrimary)
      .toArray()
    return logouts.some(({ _id, orderedAt, notedAt, names = [{}] }) =>
      users.includes(_id)
        ? (startedAt ?? issuedAt) <= orderedAt
        : issuedAt < orderedAt &&
          (startedAt === undefined || startedAt < notedAt) &&
          names.some((name) => isSameName(name, nameId)),
    )
  }

  #coveringIds({ source, issuer, subject, providerSession }: NewSession): string[] {
    const providerSessions = providerSession === undefined ? [] : [providerSession]
    const person = { source, issuer, ...(subject !== null && { subject }) }
    const covering = [
      { ...person, providerSessions: [] },
      { ...person, providerSessions },
      { source, issuer, providerSessions },
    ]
    return [...new Set(covering.flatMap((logout) => this.#providerIds(logout)))]
  }

  /** One id for each session of the provider that a logout names, or one for all of a person's. */
  #providerIds(logout: Pick<ProviderLogout, 'source' | 'issuer' | 'subject' | 'providerSessions'>): string[] {
    const { source, issuer, subject = null, providerSessions } = logout
    const sessions = subject === null || providerSessions.length > 0 ? providerSessions : [null]
    return sessions.map((session) => hashOf(this.baseUrl, source, issuer, 'ended', subject, session))
  }

  #userIds({ user, source }: NewSession): string[] {
    return user === undefined ? [] : [this.#userId({ user }), this.#userId({ user, source })]
  }

  #userId({ user, source = null }: { user: string; source?: string | null }): string {
    return hashOf(this.baseUrl, 'user ended', user, source)
  }

  async #put(_id: string, orderedAt: Date, nameId?: NameQualifiers): Promise<void> {
    const notedAt = new Date()
    const expiresAt = new Date(notedAt.getTime() + LOGOUT_MEMORY_MS)
    const change = {
      ...{ $max: { orderedAt }, $set: { notedAt, expiresAt } },
      ...(nameId && { $addToSet: { names: nameId } }),
    }
    await this.#collection().updateOne({ _id }, change, { upsert: true })
  }

  #collection(): Collection<StoredLogout> {
    return this.connection.collection<StoredLogout>('jitSessions')
  }
}

/** A hash, since names may be longer than the keys of an index. */
export function hashOf(...parts: readonly (string | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}
