import { FIELDS } from '../app/settings'
import type { BenchDatabase } from '../database'
import type { Run } from '../engine/main'
import type { Visit } from '../people/mix'
import { spread, type Spread } from '../statistics'
import { people, withEngine } from './engines'

/** How many sign-ins are under way at a time. */
export const CONCURRENCY = 8

/** One kind of sign-in through `jit.login()` alone. */
export interface EngineRow {
  title: string
  perSecond: Spread
  /** Milliseconds. */
  cpu: Spread
  p50: Spread
  p99: Spread
}

export interface EngineSizes {
  rounds: number
  /** Sign-ins of each kind in each round. */
  count: number
}

type Kind = { title: string; command: 'login' | 'callback'; visits: (round: number) => Visit[] }

/** `jit.login()` and nothing else, kind by kind, the kinds taking turns. */
export async function measureEngine(
  database: BenchDatabase,
  { rounds, count }: EngineSizes,
): Promise<EngineRow[]> {
  const kinds = kindsOf(count)
  const runs = kinds.map((): Run[] => [])
  const setup = { fields: FIELDS, sources: { count: 1, stored: false }, people: (rounds + 1) * count }
  await withEngine(database, setup, async ({ process }) => {
    for (let round = 0; round <= rounds; round++) {
      for (const [i, { command, visits }] of kinds.entries()) {
        const run = await process.ask(command, visits(round), CONCURRENCY)
        // The first round is to warm up.
        if (round > 0) runs[i]!.push(run)
      }
    }
  })
  return kinds.map(({ title }, i) => rowOf(title, runs[i]!))
}

/** Each round has people of its own; the kinds of one round are in this order. */
function kindsOf(count: number): Kind[] {
  const someoneNew = 10_000_000
  return [
    {
      title: 'unchanged, last here yesterday',
      command: 'login',
      visits: (round) => people('unchanged', round * count, count),
    },
    {
      title: 'unchanged, within the hour',
      command: 'login',
      visits: (round) => people('unchanged', round * count, count),
    },
    {
      title: 'two of 30 fields changed',
      command: 'login',
      visits: (round) => people('synced', round * count, count, 1),
    },
    {
      title: 'new',
      command: 'login',
      visits: (round) => people('provisioned', someoneNew + round * count, count),
    },
    {
      title: 'the hand-written callback, whoever it is',
      command: 'callback',
      visits: () => people('unchanged', 0, count),
    },
  ]
}

function rowOf(title: string, runs: Run[]): EngineRow {
  const of = (value: (run: Run) => number): Spread => spread(runs.map(value))
  return {
    title,
    perSecond: of(({ perSecond }) => perSecond),
    cpu: of(({ cpu }) => cpu),
    p50: of(({ latency }) => latency.p50),
    p99: of(({ latency }) => latency.p99),
  }
}
