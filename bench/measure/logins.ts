import { setTimeout as wait } from 'node:timers/promises'
import type { BenchDatabase } from '../database'
import { people, type Visit } from '../people/mix'
import type { Row } from '../report'
import { cpuUsed, FIELDS } from '../settings'
import { withEngine } from './engine'
import { compareRuns, type Rounds, takeTurns } from './rounds'

export interface GrowthSizes {
  users: number[]
  /** Sign-ins of each kind at each size. */
  perSize: number
  /** How many sources are in the database. */
  sources: number[]
  idleSeconds: number
}

const AT_A_TIME = 8

/** Users have fewer fields as their number grows, to keep the bench short. */
const FEW_FIELDS = 10

const kinds = [
  ['unchanged', 'unchanged'],
  [`two of ${FIELDS} fields changed`, 'synced'],
  ['new person', 'provisioned'],
] as const

/** `jit.login()` beside the hand-written callback. Nobody signs in twice. */
export function compareLogins(database: BenchDatabase, sizes: Omit<Rounds, 'warmUp'>): Promise<Row[]> {
  const { rounds, perRound } = sizes
  const setup = { fields: FIELDS, people: kinds.length * (rounds + 1) * perRound }
  return withEngine(database, setup, async ({ login, handWritten }) => {
    const contestants = kinds.map(
      ([, outcome], i) =>
        (round: number) =>
          login(people(outcome, (kinds.length * round + i) * perRound, perRound), AT_A_TIME),
    )
    const callback = () => handWritten(people('unchanged', 0, perRound), AT_A_TIME)
    const runs = await takeTurns([...contestants, callback], rounds + 1)
    // The first round is the warm-up.
    const [theirs, ...ours] = [runs.at(-1)!, ...runs].map((ofKind) => ofKind.slice(1))
    return kinds.flatMap(([title], i) =>
      compareRuns(`\`jit.login()\`, ${title}`, ['perSecond', 'cpu'], [ours[i]!, theirs!]),
    )
  })
}

/** The wait for `jit.login()`, one at a time, as the collection of users grows. */
export async function growUsers(database: BenchDatabase, { users, perSize }: GrowthSizes): Promise<Row[]> {
  const rows: Row[] = []
  // dev-mongo keeps everything in the memory of one process.
  const most = database.found.engine === 'dev-mongo' ? 10_000 : Infinity
  for (const size of users.filter((size) => size <= most)) {
    await withEngine(database, { fields: FEW_FIELDS, people: size }, async ({ login }) => {
      await login(scattered(size, perSize, 0))
      const unchanged = await login(scattered(size, perSize, 1))
      const created = await login(people('provisioned', 0, perSize))
      const title = `\`jit.login()\`, ${size.toLocaleString('en')} users`
      rows.push({ what: `${title}, unchanged: wait, median, ms`, jit: unchanged.p50 })
      rows.push({ what: `${title}, new person: wait, median, ms`, jit: created.p50 })
    })
  }
  return rows
}

/** Unchanged people from all over the collection. */
function scattered(users: number, count: number, offset: number): Visit[] {
  return people('unchanged', 0, count).map((visit) => ({
    ...visit,
    number: offset + Math.floor((visit.number * users) / count),
  }))
}

/** Heap and idle CPU, as the number of sources in the database grows. */
export async function growSources(
  database: BenchDatabase,
  { sources, perSize, idleSeconds }: GrowthSizes,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const storedSources of sources) {
    const setup = { fields: FIELDS, storedSources, people: perSize }
    await withEngine(database, setup, async ({ login }) => {
      await login(people('unchanged', 0, perSize))
      global.gc?.()
      const heap = process.memoryUsage().heapUsed / 1024 / 1024
      const before = cpuUsed()
      await wait(idleSeconds * 1000)
      const title = `Sources in the database, ${storedSources.toLocaleString('en')}`
      rows.push({ what: `${title}: heap, MiB`, jit: heap })
      rows.push({ what: `${title}: idle CPU, ms per second`, jit: (cpuUsed() - before) / idleSeconds })
    })
  }
  return rows
}
