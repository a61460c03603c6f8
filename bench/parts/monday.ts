import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from '../database'
import { type Visit, visits } from '../people/mix'
import type { Parties } from '../provider/parties'
import { type Origins, signIn } from '../sign-in'
import { type Latency, latency } from '../statistics'
import { mulberry32 } from '../people/random'
import { type RunningApp, startApp, stopApps, storePeople } from './apps'

export interface MondaySizes {
  people: number
  /** How many of them come in a second, on average. */
  perSecond: number
}

/** A morning in which everybody signs in, through so many instances of the app. */
export interface MondayRow {
  instances: number
  people: number
  perSecond: number
  /** Milliseconds of waiting for the app, per sign-in. */
  latency: Latency
  /** Milliseconds of the instances' CPU per sign-in. */
  cpu: number
  /** MiB of heap of the first instance, before and after. */
  heap: { before: number; after: number }
  /** By how many milliseconds the bench itself was late to start a sign-in: the latencies hold no less. */
  late: Latency
}

/** In milliseconds. */
const FOR_THE_WEEKEND = 64 * 60 * 60 * 1000

/**
 * People of the mix, the ways to sign in taking turns, who come as they please: at random times, but a steady number
 * of them. Nobody waits for the one before. With several instances the two requests of one sign-in go to two of them.
 */
export async function mondayMorning(
  database: BenchDatabase,
  parties: Parties,
  instances: number,
  { people, perSecond }: MondaySizes,
): Promise<MondayRow> {
  const { db, uri } = database.open()
  const apps: RunningApp[] = []
  for (let i = 0; i < instances; i++) apps.push(await startApp(parties, 'jit', uri))
  const perWay = Math.ceil(people / parties.ways.length)
  await storePeople(parties, db, perWay, new Date(Date.now() - FOR_THE_WEEKEND))
  const [first] = apps
  const before = await first!.process.ask('heapUsed')
  const usedBefore = await cpuOf(apps)
  const { waits, late } = await everybody(apps, parties, visits(0, 0, perWay), perSecond)
  const cpu = ((await cpuOf(apps)) - usedBefore) / waits.length
  const heap = { before, after: await first!.process.ask('heapUsed') }
  await stopApps(apps)
  await database.drop(db)
  return {
    instances,
    people: waits.length,
    perSecond,
    latency: latency(waits),
    cpu,
    heap,
    late: latency(late),
  }
}

async function everybody(
  apps: RunningApp[],
  { ways }: Parties,
  visits: Visit[],
  perSecond: number,
): Promise<{ waits: number[]; late: number[] }> {
  const waits: number[] = []
  const late: number[] = []
  const underWay: Promise<void>[] = []
  const begun = performance.now()
  const random = mulberry32(1)
  let due = 0
  for (let i = 0; i < visits.length * ways.length; i++) {
    due += (-Math.log(1 - random()) * 1000) / perSecond
    const early = begun + due - performance.now()
    if (early > 0) await wait(early)
    late.push(Math.max(0, performance.now() - begun - due))
    const visit = visits[Math.floor(i / ways.length)]!
    const one = signIn(originsOf(apps, i), ways[i % ways.length]!, visit)
    underWay.push(one.then((wait) => void waits.push(wait)))
  }
  await Promise.all(underWay)
  return { waits, late }
}

function originsOf(apps: RunningApp[], i: number): Origins {
  const at = (n: number): string => apps[n % apps.length]!.origin
  return { login: at(i), callback: at(i + 1) }
}

async function cpuOf(apps: RunningApp[]): Promise<number> {
  const used = await Promise.all(apps.map(({ process }) => process.ask('cpuUsed')))
  return used.reduce((sum, one) => sum + one, 0)
}
