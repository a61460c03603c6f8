import type { Row } from '../report'
import { ratio, spread } from '../statistics'
import type { Run } from './batch'

export interface Rounds {
  /** Sign-ins before the measurement, so that V8 has compiled the code that runs often. */
  warmUp: number
  rounds: number
  /** Sign-ins of each contestant in each round. */
  perRound: number
}

/** Runs one batch of each contestant per round. Another contestant starts each round. */
export async function takeTurns(
  contestants: ((round: number) => Promise<Run>)[],
  rounds: number,
): Promise<Run[][]> {
  const runs = contestants.map((): Run[] => [])
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const at = (round + turn) % contestants.length
      runs[at]!.push(await contestants[at]!(round))
    }
  }
  return runs
}

const titles: Record<keyof Run, string> = {
  perSecond: 'sign-ins per second',
  cpu: 'CPU, ms',
  p50: 'wait, median, ms',
  p99: 'wait, 99th percentile, ms',
}

/** A row for each metric. The runs are those of this library, then those of the other side. */
export function compareRuns(title: string, metrics: (keyof Run)[], [jit, other]: Run[][]): Row[] {
  return metrics.map((metric) => {
    const [ours, theirs] = [jit!.map((run) => run[metric]), other!.map((run) => run[metric])]
    const what = `${title}: ${titles[metric]}`
    return { what, jit: spread(ours), other: spread(theirs), ratio: ratio(ours, theirs) }
  })
}
