import { isNearMiss } from '../fields/near-miss'
import type { Source } from '../sources/config'
import type { Assertion } from './assertion'
import type { ExplainedField, Explanation, UnmappedAttribute } from './explanation'
import type { Candidates } from './find-candidates'
import type { Plan } from './plan'
import { publicChanges } from './planned-change'
import type { Answer } from './read-answer'
import type { ReceivedAssertion, ReceivedField } from './received-fields'
import type { LoginPlan, Notice, NoticeCode } from './result'
import { userLabel } from './user-label'
import type { UserStore } from './user-store'
import { isFilledBy } from './writable-fields'

export interface Foreseen {
  store: UserStore
  received: ReceivedAssertion
  candidates: Candidates
  /** The first candidate's id. */
  userId: string | undefined
  plan: Plan
  /** The answer of `decide`; undefined if it wasn't called. */
  answer: Answer | undefined
}

/** The users that references were resolved to, by the fields' paths. */
export type Referenced = ReadonlyMap<string, { id: string; label: string }>

type TestSignIn = Foreseen & { source: Source; assertion: Assertion; referenced: Referenced }

export function explain(test: TestSignIn): Omit<Explanation, keyof LoginPlan> {
  const { received, answer, plan } = test
  const { issuer, subject, emailVerified } = received
  const user = recognizedUser(test)
  const entries = [...received.fields.values()]
  const mapped = new Set(entries.flatMap(({ names }) => names))
  return {
    identity: { issuer, subject },
    emailVerified,
    ...(user && { user }),
    ...(answer && { decision: decisionOf(answer) }),
    set: plan.refusal ? [] : publicChanges(plan.changes.filter(({ isSet }) => isSet)),
    fields: entries.map((entry) => explainField(test, entry)),
    unmapped: received.attributeNames
      .filter((name) => !mapped.has(name))
      .map((name) => unmappedAttribute(test, name)),
  }
}

function decisionOf(answer: Answer): Explanation['decision'] {
  return answer.refusal
    ? { refuse: answer.refusal.message, reactivate: false }
    : { reactivate: answer.reactivate }
}

/** The user that the assertion is about, as stored; undefined if it may be about several. */
function recognizedUser({ candidates, userId, received }: Foreseen): Explanation['user'] {
  const [user, another] = candidates.users
  if (!user || another || userId === undefined) return undefined
  const fields = [...received.fields.values()].map(({ field }) => field)
  return { id: userId, label: userLabel(fields, (path) => user.values.get(path)) ?? userId }
}

function explainField(test: TestSignIn, entry: ReceivedField): ExplainedField {
  const { field, attribute, names } = entry
  const { plan, received, assertion } = test
  const change = plan.refusal ? undefined : plan.changes.find((planned) => planned.field === field)
  const isHere = ({ path }: Notice): boolean => path === field.path
  const notices = plan.notices.filter((notice) => isHere(notice) && !shownElsewhere.includes(notice.code))
  return {
    path: field.path,
    label: field.label,
    attribute,
    alternatives: names.filter((name) => name !== attribute),
    received: Object.hasOwn(assertion.attributes, attribute) ? assertion.attributes[attribute] : undefined,
    became: becameOf(entry, test.referenced.get(field.path)),
    selected: isFilledBy(test)(field),
    ...(change && { change: { from: change.from, to: change.to } }),
    notices: notices.map(({ message }) => message),
    nearMisses: received.nearMisses.filter(isHere).map((nearMiss) => nearMiss.attribute!),
  }
}

/** Notices that `nearMisses` and `became` show. */
const shownElsewhere: NoticeCode[] = ['near_miss', 'attribute_missing']

function becameOf(entry: ReceivedField, user?: { id: string; label: string }): ExplainedField['became'] {
  if (entry.state === 'invalid') return { state: 'invalid', reason: entry.reason }
  if (entry.state === 'reference') {
    return entry.unresolved ? { state: 'pending' } : { state: 'value', value: entry.identifier }
  }
  if (user) return { state: 'user', ...user }
  return entry.state === 'value' ? { state: 'value', value: entry.value } : { state: entry.state }
}

function unmappedAttribute({ received, assertion }: TestSignIn, name: string): UnmappedAttribute {
  const { nearMisses, fields } = received
  const value = assertion.attributes[name]
  const nearMiss = nearMisses.find(({ attribute }) => attribute === name)
  const expected = nearMiss && fields.get(nearMiss.path!)!.names.find((mapped) => isNearMiss(name, mapped))
  return { name, value, ...(expected !== undefined && { expected }) }
}
