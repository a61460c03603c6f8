import { JitError } from '../errors'
import type { Applied } from './apply'
import type { Blocked } from './writable-fields'

/** What comes after carrying out a plan. */
export type Step =
  | 'done'
  /** Plan again, without the refused paths. */
  | 'plan_without'
  /** Look the user up again, and plan without the refused paths. */
  | 'look_up_without'
  /** Look the user up again, and plan anew. */
  | 'look_up'
  /** Look up, once, a user who must exist now, and plan anew. */
  | 'find_user'
  /** Fail: the user exists, but the look-up doesn't find them. */
  | 'hidden_user'
  /** Fail: a value that the app or the source sets can't be written. */
  | 'set_refused'
  /** Fail: the user's new organization has another user with the same login identifier. */
  | 'organization_taken'
  /** Fail with the database's error. */
  | 'duplicate'
  /** Stop: this was the last attempt. */
  | 'give_up'

export interface Attempt {
  lookUps: number
  /** Whether `find_user` was a step already. */
  searched: boolean
  isNew: boolean
  identifiers: readonly string[]
}

/** The step after a result. A condition that is not set always holds. */
interface Rule {
  result: Applied['result'] | 'any'
  /** Whether another user holds a login identifier of the user that the plan creates. */
  identifierTaken?: boolean
  searched?: boolean
  isNew?: boolean
  step: Step
}

/** When to try again. The first rule that holds decides. */
type RetryPolicy = { maxLookUps: number; rules: readonly Rule[] }

/**
 * For a sign-in. Where another process seems to have created the user a moment ago, they are looked up once more. If
 * they still aren't found, the app's queries hide them, or its hooks change a unique value.
 */
export const signInPolicy: RetryPolicy = {
  maxLookUps: 20,
  rules: [
    { result: 'written', step: 'done' },
    { result: 'invalid', step: 'plan_without' },
    { result: 'taken', identifierTaken: true, searched: false, step: 'find_user' },
    { result: 'taken', step: 'plan_without' },
    { result: 'conflict', identifierTaken: true, searched: false, step: 'find_user' },
    { result: 'conflict', step: 'look_up_without' },
    { result: 'set_invalid', step: 'set_refused' },
    { result: 'set_taken', isNew: true, searched: false, step: 'find_user' },
    { result: 'set_taken', step: 'set_refused' },
    { result: 'organization_taken', step: 'organization_taken' },
    { result: 'overtaken', step: 'look_up' },
    { result: 'identity_exists', searched: false, step: 'find_user' },
    { result: 'identity_exists', searched: true, step: 'hidden_user' },
    { result: 'key_exists', searched: false, step: 'find_user' },
    { result: 'key_exists', searched: true, step: 'duplicate' },
  ],
}

/** For filling the references of one user in the background. A reference that isn't filled stays pending. */
export const backfillPolicy: RetryPolicy = {
  maxLookUps: 5,
  rules: [
    { result: 'written', step: 'done' },
    { result: 'invalid', step: 'look_up_without' },
    { result: 'any', step: 'look_up' },
  ],
}

/** The step that comes after carrying out a plan. */
export function nextStep({ rules, maxLookUps }: RetryPolicy, applied: Applied, attempt: Attempt): Step {
  const rule = rules.find((candidate) => isMet(candidate, applied, attempt))
  if (!rule) throw new Error(`There is no rule for ${applied.result}`)
  return looksUp(rule.step) && attempt.lookUps >= maxLookUps ? 'give_up' : rule.step
}

export function looksUp(step: Step): boolean {
  return step === 'look_up' || step === 'look_up_without' || step === 'find_user'
}

/** The refused paths that the next plan leaves out. */
export function leftOut(step: Step, applied: Applied): Blocked | undefined {
  const leavesOut = step === 'plan_without' || step === 'look_up_without'
  return leavesOut && 'paths' in applied ? applied.paths : undefined
}

function isMet(rule: Rule, applied: Applied, attempt: Attempt): boolean {
  const { result, searched = attempt.searched, isNew = attempt.isNew, identifierTaken } = rule
  if ((result !== 'any' && result !== applied.result) || searched !== attempt.searched) return false
  if (isNew !== attempt.isNew) return false
  return identifierTaken === undefined || identifierTaken === takesIdentifier(applied, attempt)
}

function takesIdentifier(applied: Applied, { isNew, identifiers }: Attempt): boolean {
  const refused = 'paths' in applied ? applied.paths : undefined
  return isNew && identifiers.some((path) => refused?.get(path)?.code === 'conflict')
}

/** The error with which a sign-in fails at a step; undefined at steps that go on. */
export function failureAt(step: Step, applied: Applied, source: string): Error | undefined {
  const cause = 'error' in applied ? applied.error : undefined
  if (step === 'duplicate') return cause
  if (step === 'hidden_user') {
    const message = 'This identity belongs to a user that the queries of the app hide.'
    return new JitError('user_inactive', message, { source, cause })
  }
  if (step === 'set_refused' && 'paths' in applied) {
    const [problem] = [...applied.paths].map(([path, { reason }]) => `set['${path}']: ${reason}`)
    return new JitError('invalid_configuration', problem!, { source, details: { problems: [problem!] } })
  }
  if (step === 'organization_taken' && 'paths' in applied) {
    const paths = [...applied.paths.keys()]
    const message = `This source's organization has another user with the same ${paths.join(', ')}.`
    return new JitError('ambiguous_user', message, { source, details: { paths } })
  }
  if (step !== 'give_up') return undefined
  const message = 'Gave up: other processes keep changing the same user.'
  return new JitError('database_unavailable', message, { source })
}
