import { FIELDS } from '../app/settings'
import type { BenchDatabase } from '../database'
import type { Run } from '../engine/main'
import type { Visit } from '../people/mix'
import { people, withEngine } from './engines'

export interface GrowthSizes {
  fields: number[]
  sources: number[]
  users: number[]
  /** Sign-ins of each kind for each size. */
  count: number
  /** How long nobody signs in, to see what looking for changed sources costs: they are looked at every two. */
  idleSeconds: number
}

/** What grows with the number of fields: a person who is found as they were yesterday, and one who changed. */
export interface FieldsRow {
  fields: number
  unchanged: Run
  changed: Run
  /** The hand-written callback. */
  callback: Run
}

/** What grows with the number of sources. */
export interface SourcesRow {
  sources: number
  stored: boolean
  unchanged: Run
  /** Milliseconds that `ready()` takes. */
  ready: number
  /** MiB of heap. */
  heap: number
  /** Milliseconds of CPU per second while nobody signs in: looking for changed sources. */
  idle: number
}

/** What grows with the number of users. */
export interface UsersRow {
  users: number
  unchanged: Run
  changed: Run
  new: Run
}

const ONE_SOURCE = { count: 1, stored: false }

/** Nobody is stored with such a number beforehand. */
const SOMEONE_NEW = 10_000_000

export async function growFields(
  database: BenchDatabase,
  { fields, count }: GrowthSizes,
): Promise<FieldsRow[]> {
  const rows: FieldsRow[] = []
  for (const n of fields) {
    const setup = { fields: n, sources: ONE_SOURCE, people: 2 * count }
    rows.push(
      await withEngine(database, setup, async ({ process }) => {
        await process.ask('login', people('unchanged', 0, count), 1)
        await process.ask('callback', people('unchanged', 0, count), 1)
        return {
          fields: n,
          unchanged: await process.ask('login', people('unchanged', count, count), 1),
          changed: await process.ask('login', people('synced', count, count, 1), 1),
          callback: await process.ask('callback', people('unchanged', count, count), 1),
        }
      }),
    )
  }
  return rows
}

export async function growSources(
  database: BenchDatabase,
  { sources, count, idleSeconds }: GrowthSizes,
): Promise<SourcesRow[]> {
  const rows: SourcesRow[] = []
  for (const stored of [false, true]) {
    for (const n of sources) {
      const setup = { fields: FIELDS, sources: { count: n, stored }, people: 2 * count }
      rows.push(
        await withEngine(database, setup, async ({ process }) => {
          await process.ask('login', people('unchanged', 0, count), 1)
          return {
            ...{ sources: n, stored },
            unchanged: await process.ask('login', people('unchanged', count, count), 1),
            ready: await process.ask('readyTook'),
            heap: await process.ask('heapUsed'),
            idle: await process.ask('idleCpu', idleSeconds),
          }
        }),
      )
    }
  }
  return rows
}

export async function growUsers(database: BenchDatabase, { users, count }: GrowthSizes): Promise<UsersRow[]> {
  const rows: UsersRow[] = []
  for (const n of users) {
    rows.push(
      await withEngine(
        database,
        { fields: FEW_FIELDS, sources: ONE_SOURCE, people: n },
        async ({ process }) => {
          // From all over the collection.
          const scattered = (visits: Visit[], first: number): Visit[] =>
            visits.map((visit) => ({ ...visit, number: first + Math.floor((visit.number * n) / count) }))
          await process.ask('login', scattered(people('unchanged', 0, count), 0), 1)
          return {
            users: n,
            unchanged: await process.ask('login', scattered(people('unchanged', 0, count), 1), 1),
            changed: await process.ask('login', scattered(people('synced', 0, count, 1), 1), 1),
            new: await process.ask('login', people('provisioned', SOMEONE_NEW, count), 1),
          }
        },
      ),
    )
  }
  return rows
}

/** Users by the million are stored with fewer, to keep the bench short. */
export const FEW_FIELDS = 10
