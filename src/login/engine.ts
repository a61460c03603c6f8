import type { Source } from '../sources/config'
import {
  type Applied,
  applyPlan,
  belongsToAnother,
  newUser,
  tryOut,
  uniqueFields,
  type Overtaken,
} from './apply'
import { readFields, type ReceivedAssertion } from './received-fields'
import type { Assertion } from './assertion'
import type { Authority } from '../sources/authority'
import { findCandidates, findTaken, type Found, type UserDocument, type UserStore } from './find-candidates'
import { JitError } from '../errors'
import { explain, type Foreseen } from './explain'
import type { Explanation } from './explanation'
import { planLogin, type AcceptedPlan, type Plan, type PlannedChange } from './plan'
import { isWritten, type Blocked } from './writable-fields'
import { KeyedQueue } from './keyed-queue'
import { ReferenceFilling } from './backfill-references'
import { labelReferences, lookUpReferences } from './reference-lookup'
import type { Change, LoginPlan, LoginResult } from './result'

/** How often a sign-in starts over because another process was first, before it gives up. */
const MAX_ATTEMPTS = 20

/** What one sign-in does to the data: the plan, and carrying it out. */
export class LoginEngine {
  readonly #store: UserStore
  readonly #authority: Authority
  readonly #queue = new KeyedQueue()
  readonly #filling: ReferenceFilling

  /** `report` is told what goes wrong in the background. */
  constructor(store: UserStore, authority: Authority, report: (error: unknown) => unknown) {
    this.#store = store
    this.#authority = authority
    this.#filling = new ReferenceFilling(store, report)
  }

  /** Ends what runs in the background. */
  close(): Promise<void> {
    return this.#filling.close()
  }

  /** Signs a person in. Rejects with JitError where that is refused; then nothing has been written. */
  async login(source: Source, assertion: Assertion): Promise<LoginResult<UserDocument>> {
    const arrived = this.#read(source, assertion)
    return this.#queue.run(personKey(source, arrived), async () => {
      const blocked: Blocked = new Map()
      let isFirst = true
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const found = await findCandidates(this.#store, source, arrived)
        const complete = await this.#lookUp(source, arrived, found)
        const result = await this.#attempt(source, complete, found, blocked, isFirst)
        if (result === 'overtaken') isFirst = false
        else if (result !== 'again') return result
      }
      throw new JitError('database_unavailable', 'Gave up: others keep changing the same user.', {
        source: source.id,
      })
    })
  }

  /** What `login` would do, refusals included. Writes nothing. */
  async preview(source: Source, assertion: Assertion): Promise<LoginPlan> {
    return publicPlan((await this.#foresee(source, assertion)).plan)
  }

  /** What `login` would do and why, values included. Writes nothing. */
  async explain(source: Source, assertion: Assertion): Promise<Explanation> {
    const { plan, ...foreseen } = await this.#foresee(source, assertion)
    const referenced = await labelReferences(this.#store, foreseen.arrived)
    return { ...publicPlan(plan), ...explain({ source, assertion, plan, referenced, ...foreseen }) }
  }

  /** The plan that a sign-in would carry out: with everything left out that the database would not take. */
  async #foresee(source: Source, assertion: Assertion): Promise<Foreseen> {
    const read = this.#read(source, assertion)
    const found = await findCandidates(this.#store, source, read)
    const arrived = await this.#lookUp(source, read, found)
    const userId = found.document && String(found.document._id)
    const blocked: Blocked = new Map()
    for (;;) {
      const plan = this.#plan(source, arrived, found, blocked)
      const foreseen = { arrived, candidates: found.candidates, userId, plan }
      if (plan.refusal) return foreseen
      const trial = found.document ?? newUser(this.#store)
      const conflicts = await this.#foreseeConflicts(plan, found)
      const stopped = conflicts.size > 0 ? conflicts : await tryOut(trial, plan)
      if (stopped.size === 0) return foreseen
      stopped.forEach((why, path) => blocked.set(path, why))
    }
  }

  /**
   * One try. `again` when another process was first, or a value turned out to be another's: everything has to be
   * looked up anew; `overtaken` when somebody must be there now whom the look-up has not found, which is so no more
   * than once: `isFirst`. `blocked`: what no try needs to write, as those before it have found.
   */
  async #attempt(
    source: Source,
    arrived: ReceivedAssertion,
    found: Found,
    blocked: Blocked,
    isFirst: boolean,
  ): Promise<LoginResult<UserDocument> | 'again' | 'overtaken'> {
    for (;;) {
      const plan = this.#plan(source, arrived, found, blocked)
      if (plan.refusal) {
        const { code, message, details } = plan.refusal
        throw new JitError(code, message, { source: source.id, details })
      }
      const conflicts = await this.#findConflicts(plan, found)
      const applied: Applied =
        conflicts.size > 0 ? { blocked: conflicts } : await applyPlan(this.#store, plan, found.document)
      if ('user' in applied) {
        const { user } = applied
        this.#filling.follow(user, plan, arrived)
        return { outcome: plan.outcome, user, changes: publicChanges(plan), notices: plan.notices }
      }
      if ('overtaken' in applied) {
        const { overtaken } = applied
        if (overtaken.by === 'write') return 'again'
        if (!isFirst) throw neverFound(source, overtaken)
        return 'overtaken'
      }
      const stopped = 'conflicts' in applied ? applied.conflicts : applied.blocked
      // A new person's identifier that is taken all of a sudden: they have just been created elsewhere.
      if (!found.document && isFirst && takesIdentifier(source, stopped)) return 'overtaken'
      stopped.forEach((why, path) => blocked.set(path, why))
      if ('conflicts' in applied) return 'again'
    }
  }

  /**
   * Identifiers that somebody else holds. A unique index decides that, but for e-mail addresses and user names
   * that another user has had in other letter case since before this library came.
   */
  async #findConflicts({ changes }: AcceptedPlan, { document, taken }: Found): Promise<Blocked> {
    if (!taken)
      return this.#takenAmong(
        changes.filter(({ field }) => field.identifier && field.caseBlind),
        document,
      )
    return conflictsOf(changes.map(({ field }) => field.path).filter((path) => taken.has(path)))
  }

  /** Everything that a unique index on one path would refuse. */
  #foreseeConflicts({ changes }: AcceptedPlan, { document }: Found): Promise<Blocked> {
    const unique = uniqueFields(this.#store)
    return this.#takenAmong(
      changes.filter(({ field }) => unique.includes(field)),
      document,
    )
  }

  async #takenAmong(changes: PlannedChange[], self: UserDocument | undefined): Promise<Blocked> {
    const values = changes.filter(({ to }) => to !== undefined && to !== null)
    return conflictsOf(
      await findTaken(
        this.#store,
        values.map(({ field, to }) => ({ field, value: to })),
        self,
      ),
    )
  }

  #lookUp(source: Source, arrived: ReceivedAssertion, { candidates }: Found): Promise<ReceivedAssertion> {
    const writes = isWritten({ source, arrived, candidates, authority: this.#authority })
    return lookUpReferences(this.#store, arrived, candidates, writes)
  }

  #plan(source: Source, arrived: ReceivedAssertion, { candidates }: Found, blocked: Blocked): Plan {
    const { fields } = this.#store
    const authority = this.#authority
    return planLogin({ source, fields, arrived, candidates, authority, blocked, now: new Date() })
  }

  #read(source: Source, assertion: Assertion): ReceivedAssertion {
    let blank: UserDocument | undefined
    return readFields(source, this.#store.fields, assertion, () => (blank ??= newUser(this.#store)))
  }
}

/** Sign-ins of one person wait for each other; a transient subject is told apart by its identifiers. */
function personKey(source: Source, { issuer, subject, fields }: ReceivedAssertion): string {
  const identifiers = source.identifiers.map((path) => {
    const one = fields.get(path)
    return one?.state === 'value' ? one.value : null
  })
  return JSON.stringify([source.id, issuer, subject ?? identifiers])
}

function conflictsOf(paths: string[]): Blocked {
  return new Map(paths.map((path) => [path, belongsToAnother]))
}

function takesIdentifier(source: Source, blocked: Blocked): boolean {
  return source.identifiers.some((path) => blocked.get(path)?.code === 'conflict')
}

/** A duplicate of what cannot be found: the app's own queries hide the user, or its hooks make a value unique. */
function neverFound(source: Source, { by, error }: Exclude<Overtaken, { by: 'write' }>): unknown {
  if (by === 'index') return error
  return new JitError('user_inactive', 'This identity belongs to a user whom the app does not show.', {
    source: source.id,
    cause: error,
  })
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
