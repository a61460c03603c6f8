import { JitError } from '../../src/errors'
import type { Applied } from '../../src/login/apply'
import {
  type Attempt,
  backfillPolicy,
  failureAt,
  leftOut,
  looksUp,
  nextStep,
  signInPolicy,
  type Step,
} from '../../src/login/retry'
import type { Blocked } from '../../src/login/writable-fields'

type Result = Applied['result']

const conflict = { code: 'conflict', reason: 'belongs to another user' } as const
const invalid = { code: 'invalid_value', reason: 'is not an allowed value' } as const
const email: Blocked = new Map([['email', conflict]])
const badge: Blocked = new Map([['badge', conflict]])
const title: Blocked = new Map([['title', invalid]])
const error = new Error('E11000 duplicate key')

/** The result of applying a plan; `refused` lists refused paths. */
function applied(result: Result, refused: Blocked = title): Applied {
  switch (result) {
    case 'written':
    case 'overtaken':
      return { result }
    case 'invalid':
    case 'taken':
    case 'conflict':
    case 'set_invalid':
    case 'set_taken':
    case 'organization_taken':
      return { result, paths: refused }
    case 'identity_exists':
    case 'key_exists':
      return { result, error }
  }
}

function attempt(changes: Partial<Attempt> = {}): Attempt {
  return { lookUps: 1, searched: false, isNew: true, identifiers: ['email'], ...changes }
}

const existing = { isNew: false }
const searched = { searched: true }

describe('a sign-in whose plan', () => {
  const step = (result: Applied, changes: Partial<Attempt>): Step =>
    nextStep(signInPolicy, result, attempt(changes))

  it.each<[string, Step, Applied, Partial<Attempt>]>([
    ['was written for a new user', 'done', applied('written'), {}],
    ['was written for an existing user', 'done', applied('written'), existing],
    ['is refused by validation', 'plan_without', applied('invalid'), {}],
    ['is refused by validation for an existing user', 'plan_without', applied('invalid'), existing],
    [
      'takes another user’s identifier in the new organization',
      'organization_taken',
      applied('organization_taken', email),
      existing,
    ],
    ['takes a new user’s identifier', 'find_user', applied('taken', email), {}],
    ['takes the identifier again after a search', 'plan_without', applied('taken', email), searched],
    ['takes an existing user’s identifier', 'plan_without', applied('taken', email), existing],
    ['takes an identifier that the source does not use', 'plan_without', applied('taken', badge), {}],
    ['sets a value that validation refuses', 'set_refused', applied('set_invalid'), {}],
    ['sets a new user’s taken value', 'find_user', applied('set_taken', email), {}],
    ['sets it again after the user is looked up again', 'set_refused', applied('set_taken', email), searched],
    ['sets an existing user’s taken value', 'set_refused', applied('set_taken', email), existing],
    ['conflicts in a new user’s identifier', 'find_user', applied('conflict', email), {}],
    [
      'conflicts in the identifier again after a search',
      'look_up_without',
      applied('conflict', email),
      searched,
    ],
    ['conflicts in an existing user’s identifier', 'look_up_without', applied('conflict', email), existing],
    ['conflicts in another unique field', 'look_up_without', applied('conflict', badge), {}],
    ['is overtaken by another write', 'look_up', applied('overtaken'), existing],
    [
      'is overtaken by another write after a search',
      'look_up',
      applied('overtaken'),
      { ...existing, ...searched },
    ],
    ['adds an identity that exists', 'find_user', applied('identity_exists'), {}],
    ['links an identity that exists', 'find_user', applied('identity_exists'), existing],
    ['adds an identity that the search did not find', 'hidden_user', applied('identity_exists'), searched],
    ['is refused by an index of the app', 'find_user', applied('key_exists'), {}],
    ['is refused by an index of the app after a search', 'duplicate', applied('key_exists'), searched],
  ])('%s: %s', (_, expected, result, changes) => {
    expect(step(result, changes)).toBe(expected)
  })

  it('gives up after twenty look-ups; a plan without look-ups continues', () => {
    const last = { ...existing, lookUps: 20 }
    expect(step(applied('overtaken'), { ...last, lookUps: 19 })).toBe('look_up')
    expect(step(applied('overtaken'), last)).toBe('give_up')
    expect(step(applied('conflict'), last)).toBe('give_up')
    expect(step(applied('identity_exists'), last)).toBe('give_up')
    expect(step(applied('invalid'), last)).toBe('plan_without')
    expect(step(applied('written'), last)).toBe('done')
    expect(step(applied('identity_exists'), { ...last, ...searched })).toBe('hidden_user')
  })
})

describe('filling references in the background, when a write', () => {
  const step = (result: Result, lookUps: number): Step =>
    nextStep(backfillPolicy, applied(result), attempt({ isNew: false, identifiers: [], lookUps }))

  it.each<[Result, Step]>([
    ['written', 'done'],
    ['invalid', 'look_up_without'],
    ['conflict', 'look_up'],
    ['overtaken', 'look_up'],
  ])('returns %s: %s', (result, expected) => {
    expect(step(result, 1)).toBe(expected)
    expect(step(result, 4)).toBe(expected)
  })

  it('gives up after five failures, and ends after a success', () => {
    expect(step('overtaken', 5)).toBe('give_up')
    expect(step('invalid', 5)).toBe('give_up')
    expect(step('written', 5)).toBe('done')
  })
})

const steps: readonly Step[] = [
  ...(['done', 'plan_without', 'look_up_without', 'look_up'] as const),
  ...(['find_user', 'hidden_user', 'duplicate', 'give_up'] as const),
]

describe('a step', () => {
  it('looks the user up again if it is one of the three look-up steps', () => {
    expect(steps.filter(looksUp)).toEqual(['look_up_without', 'look_up', 'find_user'])
  })

  it('leaves out the refused paths if it is one of the two “without” steps', () => {
    const leaving = steps.filter((step) => leftOut(step, applied('conflict', email)) === email)
    expect(leaving).toEqual(['plan_without', 'look_up_without'])
    expect(steps.filter((step) => leftOut(step, applied('overtaken')))).toEqual([])
  })

  it('fails with the database’s own error, or says why the sign-in could not finish', () => {
    const failures = steps.map((step) => [step, failureAt(step, applied('key_exists'), 'okta')] as const)
    expect(failures.filter(([, failure]) => failure).map(([step]) => step)).toEqual([
      ...['hidden_user', 'duplicate', 'give_up'],
    ])
    const failure = new Map(failures)
    expect(failure.get('duplicate')).toBe(error)
    expect(failure.get('hidden_user')).toBeInstanceOf(JitError)
    expect(failure.get('hidden_user')).toMatchObject({ code: 'user_inactive', source: 'okta', cause: error })
    expect(failure.get('give_up')).toMatchObject({ code: 'database_unavailable', source: 'okta' })
  })
})
