import { FIELDS } from '../app/settings'
import type { BenchDatabase } from '../database'
import { visits } from '../people/mix'
import { CONCURRENCY } from './engine'
import { withEngine } from './engines'

export interface MemorySizes {
  /** How many people there are, who come again and again. */
  people: number
  /** How often each of them does. */
  passes: number
}

/** The heap after so many sign-ins, in MiB, all garbage collected. */
export interface MemoryRow {
  signIns: number
  heap: number
}

/** Signs people of the mix in, over and over, and looks at the heap after each pass. */
export async function watchMemory(
  database: BenchDatabase,
  { people, passes }: MemorySizes,
): Promise<MemoryRow[]> {
  const setup = { fields: FIELDS, sources: { count: 1, stored: false }, people }
  return withEngine(database, setup, async ({ process }) => {
    const rows: MemoryRow[] = []
    // The first pass is to warm up.
    for (let pass = 0; pass <= passes; pass++) {
      await process.ask('login', visits(pass, 0, people), CONCURRENCY)
      rows.push({ signIns: pass * people, heap: await process.ask('heapUsed') })
    }
    return rows
  })
}
