import type { Collection, Connection } from 'mongoose'
import { once } from '../mongo/once'
import type { ActivityEntry, DayCount } from './entry'
import type { ActivityOptions } from './options'
import { WriteBehind } from './write-behind'

type StoredEntry = ActivityEntry & { signedIn: boolean; expiresAt: Date }
type DayGroup = { _id: { day: string; outcome: ActivityEntry['outcome'] }; count: number }

const DAY_MS = 24 * 60 * 60 * 1000
/** The most entries that wait for the database. */
const MAX_WAITING = 1_000
/** The most entries that may wait when a refusal comes. Anyone can cause refusals, and they must not displace sign-ins. */
const MAX_WAITING_REFUSALS = 200

/** A part of a query's filter. */
type ActivityScope = { organization?: string | { $in: string[] } }

const notStored = { _id: 0, signedIn: 0, expiresAt: 0 } as const

/**
 * Records sign-ins and refusals in the collection `jitActivity`. Entries are written in the background, so that no
 * sign-in waits for them or fails with them, and a TTL index deletes them.
 */
export class Activity {
  readonly keepDays: number
  readonly values: boolean
  readonly #buffer: WriteBehind<StoredEntry>
  #recording = false

  /** `onError` is called when entries could not be written. */
  constructor(
    private readonly connection: Connection,
    { keepDays = 90, values = false }: ActivityOptions,
    onError: (error: unknown) => void,
  ) {
    this.keepDays = keepDays
    this.values = values
    this.#buffer = new WriteBehind((batch) => this.#write(batch), onError, MAX_WAITING)
  }

  get recording(): boolean {
    return this.#recording
  }

  /** Starts recording; entries from before are dropped. Safe to call again. */
  start(): void {
    this.#recording = true
  }

  readonly prepare = once(() =>
    this.#collection().createIndexes([
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { key: { source: 1, at: -1 } },
      { key: { signedIn: 1, source: 1, at: -1 } },
      { key: { 'refusal.reference': 1 }, sparse: true },
    ]),
  )

  /** Records a sign-in or a refusal, in the background. Never throws. */
  record(entry: ActivityEntry): void {
    const signedIn = entry.refusal === undefined
    if (!this.#recording || (!signedIn && this.#buffer.size >= MAX_WAITING_REFUSALS)) return
    const expiresAt = new Date(entry.at.getTime() + this.keepDays * DAY_MS)
    this.#buffer.push({ ...entry, signedIn, expiresAt })
  }

  async recent(source: string, limit: number, scope: ActivityScope = {}): Promise<ActivityEntry[]> {
    await this.flush()
    return this.#collection()
      .find({ ...scope, source }, { projection: notStored })
      .sort({ at: -1 })
      .limit(limit)
      .toArray()
  }

  /** A source's sign-ins per day (UTC): the last `days` days, the oldest first, with days that have none. */
  async perDay(source: string, days: number, scope: ActivityScope = {}): Promise<DayCount[]> {
    await this.flush()
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS
    const first = today - (days - 1) * DAY_MS
    const groups = await this.#collection()
      .aggregate<DayGroup>([
        { $match: { ...scope, source, at: { $gte: new Date(first) } } },
        {
          $group: {
            _id: { day: { $dateToString: { format: '%Y-%m-%d', date: '$at' } }, outcome: '$outcome' },
            count: { $sum: 1 },
          },
        },
      ])
      .toArray()
    return Array.from({ length: days }, (_, i) => {
      const day = new Date(first + i * DAY_MS).toISOString().slice(0, 10)
      return dayCount(
        day,
        groups.filter((group) => group._id.day === day),
      )
    })
  }

  /** The time of the last sign-in through each of these sources; a source without any is left out. */
  async lastSignIn(sources: readonly string[], scope: ActivityScope = {}): Promise<Map<string, Date>> {
    await this.flush()
    const last = await this.#collection()
      .aggregate<{ _id: string; at: Date }>([
        { $match: { ...scope, signedIn: true, source: { $in: [...sources] } } },
        { $sort: { signedIn: 1, source: 1, at: -1 } },
        { $group: { _id: '$source', at: { $first: '$at' } } },
      ])
      .toArray()
    return new Map(last.map(({ _id, at }) => [_id, at]))
  }

  /** The refusal with the reference that a page showed; undefined if none is stored. */
  async byReference(reference: string, scope: ActivityScope = {}): Promise<ActivityEntry | undefined> {
    await this.flush()
    const filter = { ...scope, 'refusal.reference': reference }
    return (await this.#collection().findOne(filter, { projection: notStored })) ?? undefined
  }

  /** Writes the waiting entries. Resolves even if that fails. */
  flush = (): Promise<void> => this.#buffer.flush()

  /** Writes the waiting entries, and stops. */
  close = (): Promise<void> => this.#buffer.close()

  async #write(batch: readonly StoredEntry[]): Promise<void> {
    await this.prepare()
    try {
      await this.#collection().insertMany([...batch], { ordered: false })
    } catch (error) {
      // The driver gave the entries their ids, so a batch that is written again may be stored in part.
      if ((error as { code?: unknown }).code !== 11000) throw withoutEntries(error)
    }
  }

  #collection(): Collection<StoredEntry> {
    return this.connection.collection<StoredEntry>('jitActivity')
  }
}

/** The driver's error for a refused write contains the entries. */
function withoutEntries(error: unknown): unknown {
  const { writeErrors, code } = error as { writeErrors?: unknown; code?: unknown }
  return writeErrors === undefined ? error : new Error(`Activity could not be written (code ${String(code)})`)
}

function dayCount(day: string, groups: DayGroup[]): DayCount {
  const sum = (...outcomes: ActivityEntry['outcome'][]): number =>
    groups.filter(({ _id }) => outcomes.includes(_id.outcome)).reduce((total, { count }) => total + count, 0)
  return {
    day,
    signedIn: sum('linked', 'synced', 'unchanged'),
    created: sum('provisioned'),
    refused: sum('refused', 'failed'),
  }
}
