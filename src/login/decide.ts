import { JitError } from '../errors'
import { isSameValue } from '../fields/cast'
import type { Source } from '../sources/config'
import type { SourceDetails } from '../sources/details'
import { pick } from '../sources/merge-patch'
import type { Decide } from './decision'
import type { UserLookup } from './find-candidates'
import { type AcceptedPlan, type Plan, planLogin } from './plan'
import { publicChanges } from './planned-change'
import { type Answer, decideFault, readAnswer } from './read-answer'
import type { ReceivedAssertion } from './received-fields'
import { planSet } from './set-changes'
import type { UserDocument, UserStore } from './user-store'
import type { UndecidedInput } from './writable-fields'

export interface Decider {
  store: UserStore
  decide: Decide | undefined
  describe: (source: Source) => SourceDetails
}

/** The result of one look-up: the input of a plan, and the data that applying the plan needs. */
export interface Situation extends UndecidedInput, Omit<UserLookup, 'candidates'> {
  /** The store of the users in the source's organization. */
  store: UserStore
}

/** A plan that includes the app's decision. */
export interface DecidedPlan {
  plan: Plan
  /** Undefined if `decide` wasn't called. */
  answer?: Answer
}

/**
 * Plans a sign-in, calls `decide`, and plans again with its answer and the source's `set`. `earlier`: the answer about
 * the same user earlier in this sign-in, which is used instead of calling `decide` again.
 */
export async function planAndDecide(
  decider: Decider,
  situation: Situation,
  earlier?: Answer,
): Promise<DecidedPlan> {
  const { decide } = decider
  const { store, source, document } = situation
  const set = document ? new Map<string, never>() : await planSet(store, situation, source.set)
  const draft = planLogin({ ...situation, decided: { isOpen: decide !== undefined, reactivate: false, set } })
  if (draft.refusal || !decide) return { plan: draft }
  const answer = earlier ?? readAnswer(source, await ask(decider, situation, draft))
  if (answer.refusal) return { plan: { refusal: answer.refusal, notices: draft.notices }, answer }
  const decided = {
    isOpen: false,
    reactivate: answer.reactivate,
    set: new Map([...set, ...(await planSet(store, situation, answer.set))]),
  }
  return { plan: planLogin({ ...situation, decided }), answer }
}

/** The answer of `decide`, or the error that it throws. Rejects if `decide` changes the user. */
async function ask(
  { decide, describe }: Decider,
  { source, received, document }: Situation,
  { outcome, changes }: AcceptedPlan,
): Promise<unknown> {
  const before = contentOf(document)
  const context = {
    source: describe(source),
    ...pick(source, ['organization']),
    attributes: received.attributes,
    received: receivedValues(received),
    user: document ?? null,
    outcome,
    changes: publicChanges(changes).map(({ from, to, ...rest }) => ({
      ...rest,
      from: copy(from),
      to: copy(to),
    })),
  }
  const answer: unknown = await Promise.resolve(context)
    .then(decide)
    .catch((error: unknown) => (error instanceof JitError ? error : failed(source, error)))
  const after = contentOf(document)
  const changed = Object.keys({ ...before, ...after }).filter(
    (path) => !isSameValue(before[path], after[path]),
  )
  if (changed.length === 0) return answer
  throw decideFault(source, `decide: changed the user (${changed.join(', ')}); return \`set\` instead`)
}

/** A copy for comparison: Mongoose doesn't notice changes inside a Date or a Mixed value, and forgets saved changes. */
function contentOf(document: UserDocument | undefined): Record<string, unknown> {
  const options = { depopulate: true, getters: false, virtuals: false, transform: false, minimize: false }
  return document?.toObject<Record<string, unknown>>(options as never) ?? {}
}

function failed(source: Source, cause: unknown): JitError {
  const message = 'decide: threw an error, which is the cause of this one'
  return decideFault(source, message, cause)
}

function receivedValues({ fields }: ReceivedAssertion): Record<string, unknown> {
  const values = [...fields.values()].flatMap((entry): [string, unknown][] =>
    entry.state === 'value' ? [[entry.field.path, copy(entry.value)]] : [],
  )
  return Object.fromEntries(values)
}

/** A copy: `decide` may sort a list, and that must not change what is written. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy)
  return value instanceof Date ? new Date(value) : value
}
