import type { EngineSizes } from './parts/engine'
import type { GrowthSizes } from './parts/growth'
import type { MemorySizes } from './parts/memory'
import type { MondaySizes } from './parts/monday'
import type { SignInSizes } from './parts/sign-ins'

/** How much of everything is measured. */
export interface Sizes {
  signIns: SignInSizes
  engine: EngineSizes
  growth: GrowthSizes
  memory: MemorySizes
  monday: MondaySizes
}

/** What RESULTS.md is made from. */
export const full: Sizes = {
  signIns: { warmUp: 600, batches: 10, of: 50 },
  engine: { rounds: 5, count: 800 },
  growth: {
    fields: [10, 30, 100, 200],
    sources: [1, 10, 100, 1_000],
    users: [1_000, 10_000, 100_000, 1_000_000],
    count: 300,
    idleSeconds: 5,
  },
  memory: { people: 10_000, passes: 10 },
  monday: { warmUp: 400, people: 10_000, seconds: 420 },
}

/** Enough to see that everything runs, in a minute or two; the figures are rough. */
export const quick: Sizes = {
  signIns: { warmUp: 20, batches: 2, of: 20 },
  engine: { rounds: 2, count: 200 },
  growth: { fields: [10, 200], sources: [1, 1_000], users: [1_000, 10_000], count: 100, idleSeconds: 1 },
  memory: { people: 500, passes: 2 },
  monday: { warmUp: 80, people: 200, seconds: 10 },
}
