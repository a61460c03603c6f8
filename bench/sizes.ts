import type { GrowthSizes } from './measure/logins'
import type { Rounds } from './measure/rounds'

export interface Sizes {
  signIns: Rounds
  load: Rounds
  logins: Omit<Rounds, 'warmUp'>
  growth: GrowthSizes
}

/** The sizes for RESULTS.md. */
export const full: Sizes = {
  signIns: { warmUp: 600, rounds: 10, perRound: 50 },
  load: { warmUp: 400, rounds: 5, perRound: 400 },
  logins: { rounds: 5, perRound: 800 },
  growth: { users: [1_000, 10_000, 100_000, 1_000_000], perSize: 300, sources: [1, 1_000], idleSeconds: 5 },
}

/** Enough to see that everything works. The figures are rough. */
export const quick: Sizes = {
  signIns: { warmUp: 20, rounds: 2, perRound: 20 },
  load: { warmUp: 20, rounds: 2, perRound: 20 },
  logins: { rounds: 2, perRound: 50 },
  growth: { users: [1_000], perSize: 50, sources: [1, 100], idleSeconds: 1 },
}
