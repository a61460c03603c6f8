import type { Outcome } from '../../src'

/** One sign-in of the mix: who comes, how often their profile has changed by now, and what must come of it. */
export interface Visit {
  number: number
  version: number
  outcome: Outcome
}

/** Of every hundred sign-ins. */
export const mix = { unchanged: 95, changed: 4, new: 1 }

/** Those who are new have numbers from here on; nobody is stored with such a number beforehand. */
const FIRST_NEW = 10_000_000

/**
 * The sign-ins of people `from` to `from + count`, in their `pass`-th round: of every hundred 95 unchanged, four
 * changed, and one by somebody new in place of the person whose turn it is. Others have these turns in each round.
 */
export function visits(pass: number, from: number, count: number): Visit[] {
  return Array.from({ length: count }, (_, i) => visit(pass, from + i))
}

function visit(pass: number, number: number): Visit {
  const turn = turnOf(pass, number)
  const version = changesUntil(pass, number)
  if (turn === 'new') return { number: FIRST_NEW * (pass + 1) + number, version: 0, outcome: 'provisioned' }
  return { number, version, outcome: turn === 'changed' ? 'synced' : 'unchanged' }
}

function turnOf(pass: number, number: number): 'unchanged' | 'changed' | 'new' {
  const place = (number + 41 * pass) % 100
  if (place === 50) return 'new'
  return place % 25 === 12 ? 'changed' : 'unchanged'
}

function changesUntil(pass: number, number: number): number {
  let changes = 0
  for (let before = 0; before <= pass; before++) if (turnOf(before, number) === 'changed') changes++
  return changes
}
