import { JitError } from '../errors'
import type { Authority } from '../sources/authority'
import type { Source } from '../sources/config'
import { pick } from '../sources/merge-patch'
import { type Applied, applyPlan, refusedPaths, stageChanges } from './apply'
import type { Assertion } from './assertion'
import { ReferenceBackfill } from './backfill-references'
import { type DecidedPlan, type Decider, planAndDecide, type Situation } from './decide'
import { explain, type Foreseen } from './explain'
import type { Explanation } from './explanation'
import { findAccount } from './find-account'
import { findCandidates } from './find-candidates'
import { findConflicts, findTakenByJoining, foreseeConflicts } from './find-conflicts'
import { KeyedQueue, personKey } from './keyed-queue'
import type { AcceptedPlan, Plan } from './plan'
import { publicChanges } from './planned-change'
import { readAssertion } from './read-assertion'
import type { ReceivedAssertion } from './received-fields'
import { labelReferences, lookUpReferences } from './reference-lookup'
import type { LoginPlan, LoginResult } from './result'
import { failureAt, leftOut, looksUp, nextStep, signInPolicy } from './retry'
import { newUser, type UserDocument, type UserStore, within } from './user-store'
import type { Blocked } from './writable-fields'

export class LoginEngine {
  readonly #store: UserStore
  readonly #authority: Authority
  readonly #decider: Decider
  readonly #queue = new KeyedQueue()
  readonly #backfill: ReferenceBackfill

  constructor(decider: Decider, authority: Authority, report: (error: unknown) => unknown) {
    this.#store = decider.store
    this.#authority = authority
    this.#decider = decider
    this.#backfill = new ReferenceBackfill(decider.store, report)
  }

  close(): Promise<void> {
    return this.#backfill.close()
  }

  /**
   * Signs a person in. If that is refused, it rejects with a JitError and writes nothing. `account`: the id of the user
   * to connect the identity to, no matter which users its identifiers match.
   */
  async login(source: Source, assertion: Assertion, account?: string): Promise<LoginResult<UserDocument>> {
    const received = this.#read(source, assertion)
    const signIn = { source, account }
    return this.#queue.run(personKey(source, received), () => this.#signIn(signIn, received))
  }

  /** What `login` would do, refusals included. Writes nothing. */
  async preview(source: Source, assertion: Assertion): Promise<LoginPlan> {
    return publicPlan((await this.#foresee(source, assertion)).plan)
  }

  /** What `login` would do and why, values included. Writes nothing. */
  async explain(source: Source, assertion: Assertion): Promise<Explanation> {
    const foreseen = await this.#foresee(source, assertion)
    const referenced = await labelReferences(foreseen.store, foreseen.received)
    return { ...publicPlan(foreseen.plan), ...explain({ ...foreseen, source, assertion, referenced }) }
  }

  /** Plans and writes until it is done. The rules of `retry.ts` say when to try again. */
  async #signIn(signIn: SignIn, received: ReceivedAssertion): Promise<LoginResult<UserDocument>> {
    const { source } = signIn
    const { id, identifiers } = source
    const blocked: Blocked = new Map()
    let situation = await this.#lookUp(signIn, received, blocked)
    let lookUps = 1
    let searched = false
    let decided: DecidedPlan | undefined
    for (;;) {
      decided = await planAndDecide(this.#decider, situation, decided?.answer)
      const { plan } = decided
      if (plan.refusal) throw refusalError(source, decided)
      const user = situation.document ?? newUser(this.#store)
      const applied = await this.#apply(plan, user, situation)
      const attempt = { lookUps, searched, isNew: !situation.document, identifiers }
      const step = nextStep(signInPolicy, applied, attempt)
      if (step === 'done') return this.#finish(user, plan, situation)
      const failure = failureAt(step, applied, id)
      if (failure) throw failure
      leftOut(step, applied)?.forEach((reason, path) => blocked.set(path, reason))
      searched ||= step === 'find_user'
      if (!looksUp(step)) continue
      const before = situation.document
      situation = await this.#lookUp(signIn, received, blocked)
      // Another process was first, so the user is a different one or has changed since the answer.
      if (step === 'look_up' || !isSameUser(before, situation.document)) decided = undefined
      lookUps++
    }
  }

  async #apply(plan: AcceptedPlan, user: UserDocument, situation: Situation): Promise<Applied> {
    const { store } = situation
    const paths = await findConflicts(store, plan, situation)
    if (paths.size > 0) return refusedPaths('taken', paths, plan.changes)
    const taken = await findTakenByJoining(store, plan, situation)
    return taken.size > 0 ? { result: 'organization_taken', paths: taken } : applyPlan(plan, user)
  }

  #finish(
    user: UserDocument,
    plan: AcceptedPlan,
    { received, source }: Situation,
  ): LoginResult<UserDocument> {
    this.#backfill.follow(user, plan, received)
    return {
      ...{ outcome: plan.outcome, user, changes: publicChanges(plan.changes), notices: plan.notices },
      ...pick(source, ['organization']),
    }
  }

  /** The plan that a sign-in would carry out, without everything that the database would refuse. */
  async #foresee(source: Source, assertion: Assertion): Promise<Foreseen> {
    const blocked: Blocked = new Map()
    const situation = await this.#lookUp({ source }, this.#read(source, assertion), blocked)
    const { store, received, candidates, document } = situation
    const userId = document && String(document._id)
    let decided: DecidedPlan | undefined
    for (;;) {
      decided = await planAndDecide(this.#decider, situation, decided?.answer)
      const { plan, answer } = decided
      const refused = plan.refusal ? undefined : await this.#foreseeRefused(plan, situation)
      if (!refused || refused.size === 0) return { store, received, candidates, userId, plan, answer }
      refused.forEach((reason, path) => blocked.set(path, reason))
    }
  }

  /** The paths that the database would refuse. Throws JitError if the app or the source sets one of them. */
  async #foreseeRefused(plan: AcceptedPlan, situation: Situation): Promise<Blocked> {
    const { store } = situation
    const taken = await findTakenByJoining(store, plan, situation)
    if (taken.size > 0) {
      const applied = { result: 'organization_taken', paths: taken } as const
      throw failureAt('organization_taken', applied, situation.source.id)!
    }
    const conflicts = await foreseeConflicts(store, plan, situation)
    const isTaken = conflicts.size > 0
    const user = situation.document ?? newUser(this.#store)
    const refused = isTaken ? conflicts : await stageChanges(user, plan)
    const applied = refusedPaths(isTaken ? 'taken' : 'invalid', refused, plan.changes)
    const failure =
      applied.result.startsWith('set_') && failureAt('set_refused', applied, situation.source.id)
    if (failure) throw failure
    return refused
  }

  async #lookUp(
    { source, account }: SignIn,
    received: ReceivedAssertion,
    blocked: Blocked,
  ): Promise<Situation> {
    const store = within(this.#store, source.organization)
    const { fields, organization } = store
    const found =
      account === undefined
        ? await findCandidates(store, source, received)
        : await findAccount(store, { source, account }, received)
    const input = { source, fields, organization, authority: this.#authority, blocked, now: new Date() }
    const situation = { store, ...input, ...found, received }
    return { ...situation, received: await lookUpReferences(store, situation) }
  }

  #read(source: Source, assertion: Assertion): ReceivedAssertion {
    const { fields } = this.#store
    let blank: UserDocument | undefined
    return readAssertion(fields, { source, assertion, scope: () => (blank ??= newUser(this.#store)) })
  }
}

/** `account`: the id of the user to connect the identity to. */
type SignIn = { source: Source; account?: string | undefined }

function publicPlan(plan: Plan): LoginPlan {
  const { notices } = plan
  return plan.refusal
    ? { outcome: 'refused', changes: [], notices, refusal: plan.refusal }
    : { outcome: plan.outcome, changes: publicChanges(plan.changes), notices }
}

function refusalError({ id }: Source, { plan, answer }: DecidedPlan): JitError {
  if (answer?.refusal && answer.error) return answer.error
  const { code, message, details } = plan.refusal!
  return new JitError(code, message, { source: id, details })
}

function isSameUser(a: UserDocument | undefined, b: UserDocument | undefined): boolean {
  return a && b ? a._id.equals(b._id) : a === b
}
