import type { Db } from 'mongodb'
import type { AppCommands } from '../app/main'
import { FIELDS, type Side } from '../app/settings'
import type { BenchDatabase } from '../database'
import { benchFields } from '../people/fields'
import { store } from '../people/people'
import { type BenchProcess, startProcess } from '../process/start'
import type { Parties, Way } from '../provider/parties'
import type { Origins } from '../sign-in'

/** An app that is running. */
export interface RunningApp {
  process: BenchProcess<AppCommands>
  origins: Origins
}

/**
 * Who takes part in a comparison. This library tells people who were last here yesterday from people who were here a
 * moment ago: it has an app for each, so that every contestant is as warm as the others.
 */
export type Contestant = 'day' | 'moment' | Other

/** What this library is compared with. */
export type Other = Exclude<Side, 'jit'>

/** passport-openidconnect has no options that would make it safer. */
export function othersFor({ source }: Way): Other[] {
  return source.protocol === 'saml' ? ['bare', 'safe'] : ['bare']
}

const DAY = 24 * 60 * 60 * 1000

/** Starts an app of each, over a database of its own with so many people for each way to sign in. */
export async function startApps(
  database: BenchDatabase,
  parties: Parties,
  { people, count }: { people: number; count?: boolean },
): Promise<Record<Contestant, RunningApp>> {
  const start = async (side: Side, lastLoginAt?: Date): Promise<RunningApp> => {
    const { db, uri } = database.open()
    const app = await startApp(parties, side, uri, count)
    await storePeople(parties, db, people, lastLoginAt)
    return app
  }
  return {
    day: await start('jit', new Date(Date.now() - DAY)),
    moment: await start('jit', new Date()),
    bare: await start('bare'),
    safe: await start('safe'),
  }
}

export async function stopApps(apps: RunningApp[]): Promise<void> {
  for (const { process } of apps) await process.stop()
}

/** Starts one instance. */
export async function startApp(
  { ways, env }: Parties,
  side: Side,
  uri: string,
  count = false,
): Promise<RunningApp> {
  const signIns = ways.map(({ source }) => source)
  const process = await startProcess<AppCommands>('app/main.ts', { side, uri, signIns, count }, env)
  const origin = await process.ask('origin')
  return { process, origins: { login: origin, callback: origin } }
}

/** For each way to sign in, so many people; who has ever done so through this library holds an identity. */
export async function storePeople(
  { ways }: Parties,
  db: Db,
  count: number,
  lastLoginAt?: Date,
): Promise<void> {
  for (const { source, provider } of ways) {
    const crowd = { fields: benchFields(FIELDS), realm: source.id, issuer: provider.issuer, lastLoginAt }
    await store(db.collection('users'), { ...crowd, from: 0, count })
  }
}
