import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalog'
import { composed, normalize } from '../fields/normalize'
import { memoryPath } from '../fields/reference-memory'
import { JitError } from '../errors'
import { namedFault } from '../mongo/faults'
import { applyPlan } from './apply'
import type { FieldValue } from './identifier-holders'
import type { AcceptedPlan } from './plan'
import type { PlannedChange } from './planned-change'
import type { PlannedReference } from './plan-references'
import type { ReceivedAssertion } from './received-fields'
import { findEachHolder } from './reference-lookup'
import { backfillPolicy, leftOut, nextStep } from './retry'
import {
  findUsers,
  isWithin,
  organizationsOf,
  rememberedReferences,
  storedValue,
  type UserDocument,
  type UserStore,
  within,
} from './user-store'
import type { Blocked } from './writable-fields'

type Holder = FieldValue & { id: unknown }

/**
 * Fills references whose user did not exist yet, in the background: one user after another, each through the model's
 * own validators and hooks, so that no sign-in waits for the users who refer to it, however many there are.
 *
 * The user who refers writes first and then looks; so does the user who is referred to. So the second of them always
 * sees the other. A reference that is left over, because the process ended or the model refused it, stays pending, and
 * the next sign-in looks again.
 */
export class ReferenceBackfill {
  readonly #store: UserStore
  readonly #references: readonly Field[]
  readonly #report: (error: unknown) => unknown
  #closed = false
  #work: Promise<unknown> = Promise.resolve()

  constructor(store: UserStore, report: (error: unknown) => unknown) {
    this.#store = store
    this.#references = store.fields.filter(({ ref }) => ref)
    this.#report = report
  }

  /** Follows up on a sign-in that was carried out. Costs nothing if no field refers to a user. */
  follow(user: UserDocument, plan: AcceptedPlan, received: ReceivedAssertion): void {
    if (this.#references.length === 0) return
    const id = storedValue(user, '_id')
    if (this.#hasOpen(user, plan, received)) this.#add(() => this.#fillOwn(id))
    const identifiers = this.#newIdentifiers(user, plan)
    if (identifiers.length > 0) this.#add(() => this.#fillOthers(user, identifiers))
  }

  /** Stops after the user who is being filled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#work
  }

  #add(task: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.#closed ? undefined : task())).catch(this.#report)
  }

  /** Whether a reference is pending that this sign-in either did not look up, or remembered after the look-up. */
  #hasOpen(user: UserDocument, { references }: AcceptedPlan, { fields }: ReceivedAssertion): boolean {
    return [...rememberedReferences(this.#store, user)].some(([path, { pending }]) => {
      const entry = fields.get(path)
      const isLookedUp = entry?.state === 'reference' && entry.unresolved !== undefined
      return pending && (!isLookedUp || references.some(({ field }) => field.path === path))
    })
  }

  /** The identifiers by which others may refer to this user since this sign-in. */
  #newIdentifiers(user: UserDocument, { outcome, changes }: AcceptedPlan): FieldValue[] {
    const isNew = outcome === 'provisioned' || outcome === 'linked'
    const identifiers = new Set(this.#references.map(({ ref }) => ref!))
    return [...identifiers]
      .filter((field) => isNew || changes.some((change) => change.field === field))
      .map((field) => ({ field, value: remembered(field, storedValue(user, field.path)) }))
      .filter(({ value }) => value !== undefined && value !== null && value !== '')
  }

  /** Fills the user's own references: the other users may have come between the look-up and the write. */
  async #fillOwn(id: unknown): Promise<void> {
    const user = await this.#read(id)
    if (!user) return
    const memories = rememberedReferences(this.#store, user)
    const pending = this.#references.flatMap(({ path, ref }): FieldValue[] => {
      const memory = memories.get(path)
      return memory?.pending && memory.by === ref!.path ? [{ field: ref!, value: memory.value }] : []
    })
    await this.#fill(user, await this.#findHolders(this.#around(user), pending))
  }

  /** Fills users whose reference names this user, and is pending or filled with the identifier's former holder. */
  async #fillOthers(named: UserDocument, identifiers: readonly FieldValue[]): Promise<void> {
    const id = storedValue(named, '_id')
    const store = this.#around(named)
    let holders: Holder[] | undefined
    let failure: Error | undefined
    const filters = this.#references.flatMap((field) => refersTo(field, id, identifiers))
    for await (const user of findUsers(store, { $or: filters }).cursor({ batchSize: 100 })) {
      if (this.#closed) break
      if (!isWithin(store, user)) continue
      holders ??= (await this.#findHolders(store, identifiers)).filter((holder) => isSameValue(holder.id, id))
      try {
        await this.#fill(user, holders)
      } catch (error) {
        // A hook that fails for one user may succeed for the next; a database that is down fails for all.
        if (namedFault(error) instanceof JitError) throw error
        failure ??= error as Error
      }
    }
    if (failure) throw failure
  }

  /** The users of the same organization. References never cross organizations. */
  #around(user: UserDocument): UserStore {
    const { organization } = this.#store
    return within(this.#store, organization && organizationsOf(user, organization)[0])
  }

  /** The identifiers that exactly one user holds. */
  async #findHolders(store: UserStore, identifiers: readonly FieldValue[]): Promise<Holder[]> {
    const holders = await findEachHolder(store, identifiers)
    return identifiers.flatMap((identifier, i) => {
      const holder = holders[i]!
      return holder.unresolved ? [] : [{ ...identifier, id: holder.id }]
    })
  }

  async #fill(first: UserDocument, holders: readonly Holder[]): Promise<void> {
    const blocked: Blocked = new Map()
    let user: UserDocument | undefined = first
    for (let lookUps = 1; user; lookUps++) {
      const plan = this.#plan(user, holders, blocked)
      if (plan.references.length === 0) return
      const applied = await applyPlan(plan, user)
      const attempt = { lookUps, searched: false, isNew: false, identifiers: [] }
      const step = nextStep(backfillPolicy, applied, attempt)
      if (step === 'done' || step === 'give_up') return
      leftOut(step, applied)?.forEach((reason, path) => blocked.set(path, reason))
      user = await this.#read(user._id)
    }
  }

  #plan(user: UserDocument, holders: readonly Holder[], blocked: Blocked): AcceptedPlan {
    const memories = rememberedReferences(this.#store, user)
    const changes: PlannedChange[] = []
    const references = this.#references.flatMap((field): PlannedReference[] => {
      const before = memories.get(field.path)
      const holder = holders.find(({ field: by, value }) => before?.by === by.path && before.value === value)
      if (!before || !holder || blocked.has(field.path)) return []
      if (!before.pending && isSameValue(before.user, holder.id)) return []
      const from = storedValue(user, field.path)
      // If the identifier had another holder, or the app has set the field itself, the next sign-in decides.
      if (!before.pending || !isSameValue(from ?? undefined, before.user)) {
        return [{ field, before, after: undefined }]
      }
      if (!isSameValue(from, holder.id)) changes.push({ field, from, to: holder.id, input: holder.id })
      return [{ field, before, after: { by: before.by, value: before.value, user: holder.id } }]
    })
    return { outcome: 'synced', changes, references, identity: { do: 'nothing' }, notices: [] }
  }

  async #read(id: unknown): Promise<UserDocument | undefined> {
    const [user] = await findUsers(this.#store, { _id: id }).limit(1)
    return user
  }
}

/** Filters for users whose field remembers one of these identifiers, and another user than `id`. */
function refersTo(field: Field, id: unknown, identifiers: readonly FieldValue[]): object[] {
  const memory = memoryPath(field)
  return identifiers
    .filter((identifier) => identifier.field === field.ref)
    .map(({ value }) => ({
      [`${memory}.value`]: value,
      [`${memory}.by`]: field.ref!.path,
      [`${memory}.user`]: { $ne: id },
    }))
}

/** An identifier in the form in which references remember it. */
function remembered(field: Field, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return field.caseBlind ? normalize(value) : composed(value)
}
