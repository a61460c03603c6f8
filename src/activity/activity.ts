import type { Collection, Connection } from 'mongoose'
import type { ActivityEntry, DayCount } from './entry'
import { WriteBehind } from './write-behind'
import { once } from '../mongo/once'

export interface ActivityOptions {
  /** How many days an entry is kept. Default: 90. */
  keepDays?: number
  /** Whether the values of changed fields are kept beside their names. Default: false. */
  values?: boolean
}

type StoredEntry = ActivityEntry & { signedIn: boolean; expiresAt: Date }

const DAY = 24 * 60 * 60 * 1000
/** The most entries that wait for the database. */
const MAX_WAITING = 1_000
/** Anybody can have themselves refused, as often as they like: that is not to push out who has signed in. */
const MAX_WAITING_REFUSALS = 200

const notStored = { _id: 0, signedIn: 0, expiresAt: 0 } as const

/**
 * Who has signed in and who was refused, in the collection `jitActivity`. Entries are written in the background,
 * so that no sign-in waits for them or fails with them, and go by themselves, by a TTL index.
 */
export class Activity {
  readonly keepDays: number
  readonly values: boolean
  readonly #connection: Connection
  readonly #buffer: WriteBehind<StoredEntry>
  #recording = false

  /** `onError` is told of entries that could not be written. */
  constructor(
    connection: Connection,
    { keepDays = 90, values = false }: ActivityOptions,
    onError: (error: unknown) => void,
  ) {
    this.keepDays = keepDays
    this.values = values
    this.#connection = connection
    this.#buffer = new WriteBehind((batch) => this.#write(batch), onError, MAX_WAITING)
  }

  /** Whether entries are kept. */
  get recording(): boolean {
    return this.#recording
  }

  /** Begins to keep entries; what is recorded before is forgotten. Safe to call again. */
  start(): void {
    this.#recording = true
  }

  /** Makes the indexes. Safe to call again. */
  readonly prepare = once(() =>
    this.#collection().createIndexes([
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      { key: { source: 1, at: -1 } },
      { key: { signedIn: 1, source: 1, at: -1 } },
      { key: { 'refusal.reference': 1 }, sparse: true },
    ]),
  )

  /** Remembers a sign-in, in the background. Never throws. */
  record(entry: ActivityEntry): void {
    const signedIn = entry.refusal === undefined
    if (!this.#recording || (!signedIn && this.#buffer.size >= MAX_WAITING_REFUSALS)) return
    const expiresAt = new Date(entry.at.getTime() + this.keepDays * DAY)
    this.#buffer.push({ ...entry, signedIn, expiresAt })
  }

  /** The last sign-ins of a source, the newest first. */
  async recent(source: string, limit: number): Promise<ActivityEntry[]> {
    await this.flush()
    return this.#collection()
      .find({ source }, { projection: notStored })
      .sort({ at: -1 })
      .limit(limit)
      .toArray()
  }

  /** Sign-ins of a source by day (UTC): the last `days` days, the oldest first, days without any included. */
  async perDay(source: string, days: number): Promise<DayCount[]> {
    await this.flush()
    const today = Math.floor(Date.now() / DAY) * DAY
    const first = today - (days - 1) * DAY
    const groups = await this.#collection()
      .aggregate<{ _id: { day: string; outcome: ActivityEntry['outcome'] }; count: number }>([
        { $match: { source, at: { $gte: new Date(first) } } },
        {
          $group: {
            _id: { day: { $dateToString: { format: '%Y-%m-%d', date: '$at' } }, outcome: '$outcome' },
            count: { $sum: 1 },
          },
        },
      ])
      .toArray()
    return Array.from({ length: days }, (_, i) => {
      const day = new Date(first + i * DAY).toISOString().slice(0, 10)
      return dayCount(
        day,
        groups
          .filter((group) => group._id.day === day)
          .map(({ _id, count }) => ({ outcome: _id.outcome, count })),
      )
    })
  }

  /** When somebody last signed in through each of these sources; a source nobody did is left out. */
  async lastSignIn(sources: readonly string[]): Promise<Map<string, Date>> {
    await this.flush()
    const last = await this.#collection()
      .aggregate<{ _id: string; at: Date }>([
        { $match: { signedIn: true, source: { $in: [...sources] } } },
        { $sort: { signedIn: 1, source: 1, at: -1 } },
        { $group: { _id: '$source', at: { $first: '$at' } } },
      ])
      .toArray()
    return new Map(last.map(({ _id, at }) => [_id, at]))
  }

  /** The refusal whose reference a person was shown; undefined where there is none, or no longer. */
  async byReference(reference: string): Promise<ActivityEntry | undefined> {
    await this.flush()
    const filter = { 'refusal.reference': reference }
    return (await this.#collection().findOne(filter, { projection: notStored })) ?? undefined
  }

  /** Writes what waits. Resolves even where that fails. */
  flush(): Promise<void> {
    return this.#buffer.flush()
  }

  /** Writes what waits, and stops. */
  close(): Promise<void> {
    return this.#buffer.close()
  }

  async #write(batch: readonly StoredEntry[]): Promise<void> {
    await this.prepare()
    try {
      await this.#collection().insertMany([...batch], { ordered: false })
    } catch (error) {
      // The driver has given the entries their ids: those of a batch that comes again may be there already.
      if ((error as { code?: unknown }).code !== 11000) throw withoutEntries(error)
    }
  }

  #collection(): Collection<StoredEntry> {
    return this.#connection.collection<StoredEntry>('jitActivity')
  }
}

/** What the driver says of a write that the server refuses holds all that was to be written. */
function withoutEntries(error: unknown): unknown {
  const { writeErrors, code } = error as { writeErrors?: unknown; code?: unknown }
  return writeErrors === undefined ? error : new Error(`Activity could not be written (code ${String(code)})`)
}

function dayCount(day: string, groups: { outcome: ActivityEntry['outcome']; count: number }[]): DayCount {
  const sum = (...outcomes: ActivityEntry['outcome'][]): number =>
    groups.filter(({ outcome }) => outcomes.includes(outcome)).reduce((total, { count }) => total + count, 0)
  return {
    day,
    signedIn: sum('linked', 'synced', 'unchanged'),
    created: sum('provisioned'),
    refused: sum('refused', 'failed'),
  }
}
