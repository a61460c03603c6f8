import type { Field } from '../fields/catalogue'
import type { Source } from '../sources/config'
import { applyPlan, belongsToAnother, newUser, tryOut, uniqueFields, type Applied } from './apply'
import { readAssertion, type ArrivedAssertion } from './arrived'
import type { Assertion } from './assertion'
import { findCandidates, isHeldByAnother, type Found, type UserDocument, type UserStore } from './candidates'
import { JitError } from './errors'
import { explain, type Foreseen } from './explain'
import type { Explanation } from './explanation'
import { planLogin, type AcceptedPlan, type Blocked, type Plan } from './plan'
import { KeyedQueue } from './queue'
import type { Change, LoginPlan, LoginResult } from './result'

/** How often a sign-in starts over because another process was first, before it gives up. */
const MAX_ATTEMPTS = 20

/** What one sign-in does to the data: the plan, and carrying it out. */
export class LoginEngine {
  readonly #store: UserStore
  readonly #queue = new KeyedQueue()

  constructor(store: UserStore) {
    this.#store = store
  }

  /** Signs a person in. Rejects with JitError where that is refused; then nothing has been written. */
  async login(source: Source, assertion: Assertion): Promise<LoginResult<UserDocument>> {
    const arrived = this.#read(source, assertion)
    return this.#queue.run(personKey(source, arrived), async () => {
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const found = await findCandidates(this.#store, source, arrived)
        const result = await this.#attempt(source, arrived, found, attempt === 0)
        if (result) return result
      }
      throw new Error(`Gave up: other processes keep changing the same user (source ${source.id})`)
    })
  }

  /** What `login` would do, refusals included. Writes nothing. */
  async preview(source: Source, assertion: Assertion): Promise<LoginPlan> {
    return publicPlan((await this.#foresee(source, assertion)).plan)
  }

  /** What `login` would do and why, values included. Writes nothing. */
  async explain(source: Source, assertion: Assertion): Promise<Explanation> {
    const { plan, ...foreseen } = await this.#foresee(source, assertion)
    return { ...publicPlan(plan), ...explain({ source, assertion, plan, ...foreseen }) }
  }

  /** The plan that a sign-in would carry out: with everything left out that the database would not take. */
  async #foresee(source: Source, assertion: Assertion): Promise<Foreseen> {
    const arrived = this.#read(source, assertion)
    const found = await findCandidates(this.#store, source, arrived)
    const userId = found.document && String(found.document._id)
    const blocked: Blocked = new Map()
    for (;;) {
      const plan = this.#plan(source, arrived, found, blocked)
      const foreseen = { arrived, candidates: found.candidates, userId, plan }
      if (plan.refusal) return foreseen
      const trial = found.document ?? newUser(this.#store)
      const conflicts = await this.#findConflicts(plan, found, uniqueFields(this.#store))
      const stopped = conflicts.size > 0 ? conflicts : await tryOut(trial, plan)
      if (stopped.size === 0) return foreseen
      stopped.forEach((why, path) => blocked.set(path, why))
    }
  }

  /** One try. Undefined when another process was first, and everything has to be looked up again. */
  async #attempt(
    source: Source,
    arrived: ArrivedAssertion,
    found: Found,
    isFirst: boolean,
  ): Promise<LoginResult<UserDocument> | undefined> {
    const blocked: Blocked = new Map()
    for (;;) {
      const plan = this.#plan(source, arrived, found, blocked)
      if (plan.refusal) {
        const { code, message, details } = plan.refusal
        throw new JitError(code, message, { source: source.id, details })
      }
      const conflicts = await this.#findConflicts(plan, found, this.#notLookedUp(source, found))
      const applied =
        conflicts.size > 0 ? { blocked: conflicts } : await applyPlan(this.#store, plan, found.document)
      if ('user' in applied) {
        const { user } = applied
        return { outcome: plan.outcome, user, changes: publicChanges(plan), notices: plan.notices }
      }
      // A new person's identifier that is taken all of a sudden: they have just been created elsewhere.
      const created = !found.document && isFirst && takesIdentifier(source, applied)
      if ('overtaken' in applied || created) return undefined
      applied.blocked.forEach((why, path) => blocked.set(path, why))
    }
  }

  /**
   * Case-blind identifiers that this sign-in has not looked up: a unique index does not see users from
   * before this library came, whose e-mail address differs in letter case.
   */
  #notLookedUp(source: Source, { candidates }: Found): Field[] {
    return this.#store.fields.filter(
      ({ path, identifier, caseBlind }) =>
        identifier && caseBlind && (candidates.byIdentity || !source.identifiers.includes(path)),
    )
  }

  async #findConflicts(plan: AcceptedPlan, { document }: Found, among: Field[]): Promise<Blocked> {
    const conflicts: Blocked = new Map()
    for (const { field, to } of plan.changes.filter((change) => among.includes(change.field))) {
      if (await isHeldByAnother(this.#store, field, to, document)) conflicts.set(field.path, belongsToAnother)
    }
    return conflicts
  }

  #plan(source: Source, arrived: ArrivedAssertion, { candidates }: Found, blocked: Blocked): Plan {
    return planLogin({ source, fields: this.#store.fields, arrived, candidates, blocked, now: new Date() })
  }

  #read(source: Source, assertion: Assertion): ArrivedAssertion {
    let blank: UserDocument | undefined
    return readAssertion(source, this.#store.fields, assertion, () => (blank ??= newUser(this.#store)))
  }
}

/** Sign-ins of one person wait for each other; a transient subject is told apart by its identifiers. */
function personKey(source: Source, { issuer, subject, fields }: ArrivedAssertion): string {
  const identifiers = source.identifiers.map((path) => {
    const one = fields.get(path)
    return one?.state === 'value' ? one.value : null
  })
  return JSON.stringify([source.id, issuer, subject ?? identifiers])
}

function takesIdentifier(source: Source, applied: Applied): boolean {
  return (
    'blocked' in applied && source.identifiers.some((path) => applied.blocked.get(path)?.code === 'conflict')
  )
}

function publicPlan(plan: Plan): LoginPlan {
  const { notices } = plan
  return plan.refusal
    ? { outcome: 'refused', changes: [], notices, refusal: plan.refusal }
    : { outcome: plan.outcome, changes: publicChanges(plan), notices }
}

function publicChanges(plan: AcceptedPlan): Change[] {
  return plan.changes.map(({ field: { path, label }, from, to }) => ({ path, label, from, to }))
}
