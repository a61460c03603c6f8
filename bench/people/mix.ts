import type { Outcome } from '../../src/index'

/** One sign-in: the person, the version of the profile, and the expected outcome. */
export interface Visit {
  number: number
  version: number
  outcome: Outcome
}

/** The numbers of new people start here. Nobody is stored with such a number beforehand. */
const FIRST_NEW = 10_000_000

/**
 * The mix: one sign-in each of people `from` to `from + count`. Of every hundred, 95 are unchanged, four have a
 * changed profile, and one is a new person.
 */
export function visits(from: number, count: number): Visit[] {
  return Array.from({ length: count }, (_, i) => visit(from + i))
}

function visit(number: number): Visit {
  const place = number % 100
  if (place === 50) return { number: FIRST_NEW + number, version: 0, outcome: 'provisioned' }
  return place % 25 === 12
    ? { number, version: 1, outcome: 'synced' }
    : { number, version: 0, outcome: 'unchanged' }
}

/** People numbered from `from`, all with the same outcome. */
export function people(outcome: Outcome, from: number, count: number): Visit[] {
  const first = outcome === 'provisioned' ? FIRST_NEW + from : from
  const version = outcome === 'synced' ? 1 : 0
  return Array.from({ length: count }, (_, i) => ({ number: first + i, version, outcome }))
}
