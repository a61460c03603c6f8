import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from '../database'
import { type Visit, visits } from '../people/mix'
import { mulberry32 } from '../people/random'
import type { Parties, Way } from '../provider/parties'
import { severalAtATime } from '../several'
import { type Origins, signIn } from '../sign-in'
import { type Latency, latency } from '../statistics'
import { type RunningApp, startApp, stopApps, storePeople } from './apps'

export interface MondaySizes {
  /** How many come before the morning begins, to warm up and to see what the machine bears. */
  warmUp: number
  people: number
  /** The most that a morning may take: where the machine is slow fewer people come. */
  seconds: number
}

/** A morning in which everybody signs in, through so many instances of the app. */
export interface MondayRow {
  instances: number
  people: number
  /** How many of them came in a second, on average. */
  perSecond: number
  /** How many were not signed in. */
  failed: number
  /** Milliseconds of waiting for the app, per sign-in. */
  latency: Latency
  /** Milliseconds of the instances' CPU per sign-in. */
  cpu: number
  /** MiB of heap of the first instance, before and after. */
  heap: { before: number; after: number }
  /** By how many milliseconds the bench itself was late to start a sign-in. */
  late: Latency
}

/** How many sign-ins are under way at a time while it warms up. */
export const AT_A_TIME = 8

/** Which share of what the machine bears the morning brings. */
const SHARE = 0.5

/** In milliseconds. */
const WEEKEND = 64 * 60 * 60 * 1000

/** The same morning through one instance, and through three. */
export async function mondayMornings(
  database: BenchDatabase,
  parties: Parties,
  sizes: MondaySizes,
): Promise<MondayRow[]> {
  const one = await mondayMorning(database, parties, 1, sizes)
  return [one, await mondayMorning(database, parties, 3, sizes, one.perSecond)]
}

/**
 * People of the mix, the ways to sign in taking turns, who come as they please: at random times, but a steady number
 * of them, and whether or not those before them are done. With several instances the two requests of one sign-in go
 * to two of them.
 */
async function mondayMorning(
  database: BenchDatabase,
  parties: Parties,
  instances: number,
  sizes: MondaySizes,
  rate?: number,
): Promise<MondayRow> {
  const { db, uri } = database.open()
  const apps: RunningApp[] = []
  for (let i = 0; i < instances; i++) apps.push(await startApp(parties, 'jit', uri))
  const first = apps[0]!
  await storePeople(parties, db, sizes.warmUp + sizes.people, new Date(Date.now() - WEEKEND))
  const bears = await warmUp(apps, parties, sizes.warmUp)
  const perSecond = rate ?? SHARE * bears
  const people = Math.min(sizes.people, Math.floor(perSecond * sizes.seconds))
  const before = await first.process.ask('heapUsed')
  const usedBefore = await cpuOf(apps)
  const morning = await everybody(apps, arrivals(parties, sizes.warmUp, people), perSecond)
  const cpu = ((await cpuOf(apps)) - usedBefore) / people
  const heap = { before, after: await first.process.ask('heapUsed') }
  await stopApps(apps)
  await database.drop(db)
  return { instances, people, perSecond, cpu, heap, ...morning }
}

/** Resolves to how many people were signed in in a second. */
async function warmUp(apps: RunningApp[], parties: Parties, count: number): Promise<number> {
  const begun = performance.now()
  await severalAtATime(AT_A_TIME, arrivals(parties, 0, count), async ({ way, visit }, i) => {
    await signIn(originsOf(apps, i), way, visit)
  })
  return count / ((performance.now() - begun) / 1000)
}

async function everybody(
  apps: RunningApp[],
  people: Arrival[],
  perSecond: number,
): Promise<Pick<MondayRow, 'latency' | 'late' | 'failed'>> {
  const random = mulberry32(1)
  const waits: number[] = []
  const late: number[] = []
  const underWay: Promise<void>[] = []
  let failed = 0
  const begun = performance.now()
  let due = 0
  for (const [i, { way, visit }] of people.entries()) {
    // The time between two people who know nothing of each other.
    due += (-Math.log(1 - random()) * 1000) / perSecond
    const early = begun + due - performance.now()
    if (early > 0) await wait(early)
    late.push(Math.max(0, performance.now() - begun - due))
    underWay.push(
      signIn(originsOf(apps, i), way, visit).then(
        (waited) => void waits.push(waited),
        () => void failed++,
      ),
    )
  }
  await Promise.all(underWay)
  return { latency: latency(waits), late: latency(late), failed }
}

interface Arrival {
  way: Way
  visit: Visit
}

/** So many people in the order in which they come. Of every hundred another one is new: in another way each time. */
function arrivals({ ways }: Parties, from: number, count: number): Arrival[] {
  return visits(0, from, count).map((visit, i) => {
    const turn = i + Math.floor(i / 100)
    return { way: ways[turn % ways.length]!, visit }
  })
}

function originsOf(apps: RunningApp[], i: number): Origins {
  const at = (n: number): Origins => apps[n % apps.length]!.origins
  return { login: at(i).login, callback: at(i + 1).callback }
}

async function cpuOf(apps: RunningApp[]): Promise<number> {
  const used = await Promise.all(apps.map(({ process }) => process.ask('cpuUsed')))
  return used.reduce((sum, one) => sum + one, 0)
}
