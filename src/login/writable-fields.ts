import type { Field } from '../fields/catalog'
import type { OrganizationPath } from '../fields/organization'
import { superior, type Authority } from '../sources/authority'
import type { Source } from '../sources/config'
import { isSelected } from '../sources/selection'
import type { Candidates } from './find-candidates'
import type { PlannedChange } from './planned-change'
import type { ReceivedAssertion } from './received-fields'

/** Paths that an earlier attempt could not write, and why. */
export type Blocked = Map<string, { code: 'invalid_value' | 'conflict' | 'unfilled'; reason: string }>

/** The decision of the app and of the source's `set` about a sign-in. */
interface Decided {
  /** `decide` hasn't answered yet, so refusals that it can lift don't apply. */
  isOpen: boolean
  /** Lifts `user_inactive`. */
  reactivate: boolean
  /** By path. Undefined for a value that is already stored. */
  set: ReadonlyMap<string, PlannedChange | undefined>
}

export interface PlanInput {
  source: Source
  fields: readonly Field[]
  received: ReceivedAssertion
  candidates: Candidates
  authority: Authority
  blocked: Blocked
  decided: Decided
  now: Date
  /** The path of the users' organizations; undefined if the app has none. */
  organization?: OrganizationPath | undefined
}

/** The input of a plan before the app decides. */
export type UndecidedInput = Omit<PlanInput, 'decided'>

export type SignInInput = Pick<PlanInput, 'source' | 'received' | 'candidates' | 'authority'>

/** Which fields this sign-in writes, if their values fit. */
export function isWritten(input: SignInInput): (field: Field) => boolean {
  const { source, authority, candidates } = input
  const isFilled = isFilledBy(input)
  const signIn = { source, identities: candidates.users[0]?.identities ?? [] }
  return (field) => isFilled(field) && !superior(authority, signIn, field)
}

/** Which fields the source fills in this sign-in, whatever other sources decide. */
export function isFilledBy(input: Omit<SignInInput, 'authority'>): (field: Field) => boolean {
  const { source, received, candidates } = input
  const use = candidates.users.length === 0 ? 'provision' : 'sync'
  return (field) => isSelected(source, field, use) && received.fields.has(field.path)
}
