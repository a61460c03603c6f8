import { quantile } from '../statistics'

/** The result of one batch of sign-ins. Times are in milliseconds. */
export interface Run {
  perSecond: number
  /** CPU of the measured processes, per sign-in. */
  cpu: number
  /** Quantiles of the wait for a sign-in. */
  p50: number
  p99: number
}

export interface Batch<T> {
  visits: readonly T[]
  /** How many sign-ins run at the same time. */
  atATime: number
  /** Milliseconds of CPU that the measured processes have used so far. */
  cpuUsed: () => number | Promise<number>
  /** Signs a person in, and resolves to the milliseconds of waiting. Rejects on an unexpected outcome. */
  signIn: (visit: T, index: number) => Promise<number>
}

export async function runBatch<T>({ visits, atATime, cpuUsed, signIn }: Batch<T>): Promise<Run> {
  const waits: number[] = []
  const cpuBefore = await cpuUsed()
  const started = performance.now()
  const queue = visits.entries()
  const worker = async (): Promise<void> => {
    for (const [index, visit] of queue) waits.push(await signIn(visit, index))
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  const seconds = (performance.now() - started) / 1000
  return {
    perSecond: visits.length / seconds,
    cpu: ((await cpuUsed()) - cpuBefore) / visits.length,
    p50: quantile(waits, 0.5),
    p99: quantile(waits, 0.99),
  }
}
