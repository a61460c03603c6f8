import type { BenchDatabase } from '../database'
import { visits } from '../people/mix'
import type { Parties, Way } from '../provider/parties'
import { severalAtATime } from '../several'
import { signIn } from '../sign-in'
import { quantile, ratio, type Spread, spread } from '../statistics'
import { type Contestant, type Other, othersFor, type RunningApp, startApps, stopApps } from './apps'

export interface SignInSizes {
  /** Sign-ins before anything is measured: V8 compiles what runs often, and some of it late. */
  warmUp: number
  /** Of each side, for each way to sign in. */
  batches: number
  /** Sign-ins in a batch; of a hundred the mix comes out whole. */
  of: number
}

/** What a sign-in costs: milliseconds of the app's CPU, and of waiting for the app. */
export interface Cost {
  cpu: Spread
  wall: Spread
}

/** Of people who were last here yesterday, and of people who were here a moment ago. */
export interface ByWhen<T> {
  day: T
  moment: T
}

/** One way to sign in: this library, and what it is compared with. */
export interface Comparison {
  title: string
  protocol: Way['source']['protocol']
  jit: ByWhen<Cost>
  others: OtherCost[]
}

export interface OtherCost extends Cost {
  side: Other
  /** What this library takes, divided by what this side takes. */
  cpuRatio: ByWhen<Spread>
  wallRatio: ByWhen<Spread>
}

/** Whole sign-ins one after the other, in batches, the contestants taking turns. */
export async function compareSignIns(
  database: BenchDatabase,
  parties: Parties,
  sizes: SignInSizes,
): Promise<Comparison[]> {
  const apps = await startApps(database, parties, { people: sizes.warmUp + sizes.batches * sizes.of })
  const compared: Comparison[] = []
  for (const way of parties.ways) {
    const others = othersFor(way)
    const contestants: Contestant[] = ['day', 'moment', ...others]
    const batches = await takeTurns(
      contestants.map((contestant) => apps[contestant]),
      way,
      sizes,
    )
    const [day = [], moment = [], ...theirs] = batches
    compared.push({
      title: way.title,
      protocol: way.source.protocol,
      jit: { day: costOf(day), moment: costOf(moment) },
      others: others.map((side, i) => otherCost(side, theirs[i]!, { day, moment })),
    })
  }
  await stopApps(Object.values(apps))
  return compared
}

interface Batch {
  cpu: number
  wall: number
}

/** The batches of each app. */
async function takeTurns(
  apps: RunningApp[],
  way: Way,
  { warmUp, batches, of }: SignInSizes,
): Promise<Batch[][]> {
  for (const { origins } of apps) {
    await severalAtATime(4, visits(0, 0, warmUp), async (visit) => void (await signIn(origins, way, visit)))
  }
  const measured = apps.map((): Batch[] => [])
  for (let round = 0; round < batches; round++) {
    for (let turn = 0; turn < apps.length; turn++) {
      const at = (round + turn) % apps.length
      measured[at]!.push(await runBatch(apps[at]!, way, warmUp + round * of, of))
    }
  }
  return measured
}

async function runBatch(
  { process, origins }: RunningApp,
  way: Way,
  from: number,
  count: number,
): Promise<Batch> {
  const before = await process.ask('cpuUsed')
  const waits: number[] = []
  for (const visit of visits(0, from, count)) {
    waits.push(await signIn(origins, way, visit))
  }
  return { cpu: ((await process.ask('cpuUsed')) - before) / count, wall: quantile(waits, 0.5) }
}

function costOf(batches: Batch[]): Cost {
  return { cpu: spread(each(batches, 'cpu')), wall: spread(each(batches, 'wall')) }
}

function otherCost(side: Other, theirs: Batch[], ours: ByWhen<Batch[]>): OtherCost {
  const ratios = (what: keyof Batch): ByWhen<Spread> => ({
    day: ratio(each(ours.day, what), each(theirs, what)),
    moment: ratio(each(ours.moment, what), each(theirs, what)),
  })
  return { side, ...costOf(theirs), cpuRatio: ratios('cpu'), wallRatio: ratios('wall') }
}

function each(batches: Batch[], what: keyof Batch): number[] {
  return batches.map((batch) => batch[what])
}
