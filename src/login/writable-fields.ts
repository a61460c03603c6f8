import type { Field } from '../fields/catalog'
import type { Source } from '../sources/config'
import type { ReceivedAssertion } from './received-fields'
import { superior, type Authority } from '../sources/authority'
import type { Candidates } from './find-candidates'
import { isSelected } from '../sources/selection'

/** Paths that cannot be written, as a first try has shown, and why. */
export type Blocked = Map<string, { code: 'invalid_value' | 'conflict' | 'unfilled'; reason: string }>

export interface PlanInput {
  source: Source
  fields: readonly Field[]
  arrived: ReceivedAssertion
  candidates: Candidates
  authority: Authority
  blocked: Blocked
  now: Date
}

/** Which fields this sign-in writes, if they fit. */
export function isWritten(
  input: Pick<PlanInput, 'source' | 'arrived' | 'candidates' | 'authority'>,
): (field: Field) => boolean {
  const wanted = isWanted(input)
  const identities = input.candidates.users[0]?.identities ?? []
  return (field) => wanted(field) && !superior(input.authority, input.source, identities, field)
}

/** Which fields this source fills in such a sign-in. */
export function isWanted({
  source,
  arrived,
  candidates,
}: Pick<PlanInput, 'source' | 'arrived' | 'candidates'>): (field: Field) => boolean {
  const use = candidates.users.length === 0 ? 'provision' : 'sync'
  return (field) => isSelected(source, field, use) && arrived.fields.has(field.path)
}
