import type { Db } from 'mongodb'
import type { BenchDatabase } from '../database'
import type { EngineCommands } from '../engine/main'
import { type EngineSettings, ISSUER, realmOf } from '../engine/settings'
import { benchFields } from '../people/fields'
import type { Visit } from '../people/mix'
import { store } from '../people/people'
import { type BenchProcess, startProcess } from '../process/start'

/** An engine that is running, and what it stores in. */
export interface RunningEngine {
  process: BenchProcess<EngineCommands>
  db: Db
}

const DAY = 24 * 60 * 60 * 1000

type Setup = Omit<EngineSettings, 'uri'> & {
  /** How many people there are, last here yesterday. */
  people: number
}

/** Starts an engine over a fresh database, asks `use` of it, and ends both. */
export async function withEngine<T>(
  database: BenchDatabase,
  { people, ...settings }: Setup,
  use: (engine: RunningEngine) => Promise<T>,
): Promise<T> {
  const { db, uri } = database.open()
  const crowd = { fields: benchFields(settings.fields), realm: realmOf(settings.sources.count) }
  // Without indexes many people are stored faster; the engine makes them when it starts.
  const lastLoginAt = new Date(Date.now() - DAY)
  await store(db.collection('users'), { ...crowd, from: 0, count: people, issuer: ISSUER, lastLoginAt })
  const process = await startProcess<EngineCommands>('engine/main.ts', { uri, ...settings })
  try {
    return await use({ process, db })
  } finally {
    await process.stop()
    await database.drop(db)
  }
}

/** People from number `from` on who are found as they are stored, or with that many changes, or are new. */
export function people(outcome: Visit['outcome'], from: number, count: number, version = 0): Visit[] {
  return Array.from({ length: count }, (_, i) => ({ number: from + i, version, outcome }))
}
