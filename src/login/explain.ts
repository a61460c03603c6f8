import type { Source } from '../sources/config'
import type { ReceivedField, ReceivedAssertion } from './received-fields'
import type { Assertion } from './assertion'
import type { Candidates } from './find-candidates'
import type { ExplainedField, Explanation, UnmappedAttribute } from './explanation'
import type { Plan } from './plan'
import { isWanted } from './writable-fields'
import type { LoginPlan, NoticeCode } from './result'
import { userLabel } from './user-label'

/** A plan, and all that it was made from. */
export interface Foreseen {
  arrived: ReceivedAssertion
  candidates: Candidates
  /** Of the first candidate. */
  userId: string | undefined
  plan: Plan
}

/** To whom the references refer, by the fields' paths. */
export type Referenced = ReadonlyMap<string, { id: string; label: string }>

type Known = Foreseen & { source: Source; assertion: Assertion; referenced: Referenced }
type Told = Omit<Explanation, keyof LoginPlan>

/** Puts what arrived, what became of it and what is planned side by side. */
export function explain(known: Known): Told {
  const { arrived, assertion } = known
  const { issuer, subject, emailVerified } = arrived
  const user = recognised(known)
  const fields = [...arrived.fields.values()]
  const mapped = new Set(fields.map(({ attribute }) => attribute))
  return {
    identity: { issuer, subject },
    emailVerified,
    ...(user && { user }),
    fields: fields.map((one) => explainField(known, one)),
    unmapped: arrived.received
      .filter((name) => !mapped.has(name))
      .map((name) => unmappedAttribute(arrived, name, assertion.attributes[name])),
  }
}

/** The user that the assertion is about, as they were before it; none where it may be about several. */
function recognised({ candidates, userId, arrived }: Foreseen): Explanation['user'] {
  const [user, another] = candidates.users
  if (!user || another || userId === undefined) return undefined
  const fields = [...arrived.fields.values()].map(({ field }) => field)
  return { id: userId, label: userLabel(fields, (path) => user.values.get(path)) ?? userId }
}

function explainField(known: Known, one: ReceivedField): ExplainedField {
  const { field, attribute } = one
  const { plan, arrived, assertion } = known
  const change = plan.refusal ? undefined : plan.changes.find((planned) => planned.field === field)
  const notices = plan.notices.filter(
    ({ path, code }) => path === field.path && !toldElsewhere.includes(code),
  )
  const nearMisses = arrived.nearMisses.filter(({ path }) => path === field.path)
  return {
    path: field.path,
    label: field.label,
    attribute,
    received: Object.hasOwn(assertion.attributes, attribute) ? assertion.attributes[attribute] : undefined,
    became: becameOf(one, known.referenced.get(field.path)),
    selected: isWanted(known)(field),
    ...(change && { change: { from: change.from, to: change.to } }),
    notices: notices.map(({ message }) => message),
    nearMisses: nearMisses.map((miss) => miss.attribute!),
  }
}

/** `nearMisses` and `became` say the same. */
const toldElsewhere: NoticeCode[] = ['near_miss', 'attribute_missing']

function becameOf(one: ReceivedField, user?: { id: string; label: string }): ExplainedField['became'] {
  if (one.state === 'invalid') return { state: 'invalid', reason: one.reason }
  if (one.state === 'reference') {
    return one.holders ? { state: 'pending' } : { state: 'value', value: one.named }
  }
  if (user) return { state: 'user', ...user }
  return one.state === 'value' ? { state: 'value', value: one.value } : { state: one.state }
}

function unmappedAttribute(
  { nearMisses, fields }: ReceivedAssertion,
  name: string,
  value: unknown,
): UnmappedAttribute {
  const miss = nearMisses.find(({ attribute }) => attribute === name)
  const expected = miss && fields.get(miss.path!)!.attribute
  return { name, value, ...(expected !== undefined && { expected }) }
}
