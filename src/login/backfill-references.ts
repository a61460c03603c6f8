import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalog'
import { normalize } from '../fields/normalize'
import { memoryPath } from '../fields/reference-memory'
import { applyPlan } from './apply'
import type { ReceivedAssertion } from './received-fields'
import { type Named, query, referencesOf, stored, type UserDocument, type UserStore } from './find-candidates'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'
import type { AcceptedPlan, PlannedChange } from './plan'
import type { Blocked } from './writable-fields'
import { holdersOf } from './reference-lookup'
import type { PlannedReference } from './plan-references'

/** A login identifier, and the one user whose it is. */
type Known = Named & { id: unknown }

/** How many users are read at a time. */
const BATCH = 100
/** How often one user is tried again because somebody else was first. */
const MAX_ATTEMPTS = 5

/**
 * Fills references whose user was not there yet, in the background: one user after the other, each through the
 * model's own validators and hooks, so that no sign-in waits for those who refer to it, however many they are.
 *
 * Who refers writes first and then looks; who is referred to does the same. So whoever is second sees the other. What
 * is left over, since the process ended or the model refused it, is pending still: the next sign-in looks again.
 */
export class ReferenceFilling {
  readonly #store: UserStore
  readonly #references: readonly Field[]
  readonly #report: (error: unknown) => unknown
  #closed = false
  #work: Promise<unknown> = Promise.resolve()

  /** `report` is told what goes wrong. */
  constructor(store: UserStore, report: (error: unknown) => unknown) {
    this.#store = store
    this.#references = store.fields.filter(({ ref }) => ref)
    this.#report = report
  }

  /** Follows a sign-in that has been carried out; costs nothing where no field refers to a user. */
  follow(user: UserDocument, plan: AcceptedPlan, arrived: ReceivedAssertion): void {
    if (this.#references.length === 0) return
    const id = stored(user, '_id')
    if (this.#isOpen(user, plan, arrived)) this.#add(() => this.#fillOwn(id))
    const identifiers = this.#newIdentifiers(user, plan)
    if (identifiers.length > 0) this.#add(() => this.#fillOthers(id, identifiers))
  }

  /** Ends with the user who is being filled. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#work
  }

  #add(task: () => Promise<void>): void {
    this.#work = this.#work.then(() => (this.#closed ? undefined : task())).catch(this.#report)
  }

  /** Whether a reference is pending that nobody has looked up since it was remembered, or in this sign-in. */
  #isOpen(user: UserDocument, { references }: AcceptedPlan, { fields }: ReceivedAssertion): boolean {
    return [...referencesOf(this.#store, user)].some(([path, { pending }]) => {
      const one = fields.get(path)
      const isLookedUp = one?.state === 'reference' && one.holders !== undefined
      return pending && (!isLookedUp || references.some(({ field }) => field.path === path))
    })
  }

  /** By what others may refer to this user since this sign-in. */
  #newIdentifiers(user: UserDocument, { outcome, changes }: AcceptedPlan): Named[] {
    const isNew = outcome === 'provisioned' || outcome === 'linked'
    const named = new Set(this.#references.map(({ ref }) => ref!))
    return [...named]
      .filter((field) => isNew || changes.some((change) => change.field === field))
      .map((field) => ({ field, value: inForm(field, stored(user, field.path)) }))
      .filter(({ value }) => value !== undefined && value !== null && value !== '')
  }

  /** What this user refers to: it may have come between the look-up and the write. */
  async #fillOwn(id: unknown): Promise<void> {
    const user = await this.#read(id)
    if (!user) return
    const memories = referencesOf(this.#store, user)
    const pending = this.#references.flatMap(({ path, ref }): Named[] => {
      const memory = memories.get(path)
      return memory?.pending && memory.by === ref!.path ? [{ field: ref!, value: memory.value }] : []
    })
    await this.#fill(user, await this.#known(pending))
  }

  /** Whoever refers to this user and does not know it yet; or to another, who had the identifier before. */
  async #fillOthers(id: unknown, identifiers: readonly Named[]): Promise<void> {
    const filters = this.#references.flatMap((field) =>
      identifiers
        .filter((identifier) => identifier.field === field.ref)
        .map(({ value }) => {
          const memory = memoryPath(field)
          return {
            [`${memory}.value`]: value,
            [`${memory}.by`]: field.ref!.path,
            [`${memory}.user`]: { $ne: id },
          }
        }),
    )
    let known: Known[] | undefined
    let failure: Error | undefined
    for await (const user of query(this.#store, { $or: filters }).cursor({ batchSize: BATCH })) {
      if (this.#closed) break
      known ??= (await this.#known(identifiers)).filter((one) => isSameValue(one.id, id))
      try {
        await this.#fill(user, known)
      } catch (error) {
        // A hook that fails for one says nothing of the next; a database that is down does.
        if (namedFault(error) instanceof JitError) throw error
        failure ??= error as Error
      }
    }
    if (failure) throw failure
  }

  async #known(identifiers: readonly Named[]): Promise<Known[]> {
    const holders = await holdersOf(this.#store, identifiers)
    return identifiers.flatMap((one, i) => {
      const holder = holders[i]!
      return holder.holders ? [] : [{ ...one, id: holder.id }]
    })
  }

  async #fill(given: UserDocument, known: readonly Known[]): Promise<void> {
    const blocked: Blocked = new Map()
    let user: UserDocument | undefined = given
    for (let attempt = 0; user && attempt < MAX_ATTEMPTS; attempt++) {
      const plan = this.#plan(user, known, blocked)
      if (plan.references.length === 0) return
      const applied = await applyPlan(this.#store, plan, user)
      if ('user' in applied) return
      if ('blocked' in applied) applied.blocked.forEach((why, path) => blocked.set(path, why))
      user = await this.#read(user._id)
    }
  }

  #plan(user: UserDocument, known: readonly Known[], blocked: Blocked): AcceptedPlan {
    const memories = referencesOf(this.#store, user)
    const changes: PlannedChange[] = []
    const references = this.#references.flatMap((field): PlannedReference[] => {
      const before = memories.get(field.path)
      const holder = known.find((one) => before?.by === one.field.path && before.value === one.value)
      if (!before || !holder || blocked.has(field.path)) return []
      if (!before.pending && isSameValue(before.user, holder.id)) return []
      const from = stored(user, field.path)
      // What the identifier's former holder was to this user, or what the app has set itself, the next sign-in tells.
      if (!before.pending || !isSameValue(from ?? undefined, before.user)) {
        return [{ field, before, after: undefined }]
      }
      if (!isSameValue(from, holder.id)) changes.push({ field, from, to: holder.id, input: holder.id })
      return [{ field, before, after: { by: before.by, value: before.value, user: holder.id } }]
    })
    return { outcome: 'synced', changes, references, identity: { do: 'nothing' }, notices: [] }
  }

  async #read(id: unknown): Promise<UserDocument | undefined> {
    const [user] = await query(this.#store, { _id: id }).limit(1)
    return user
  }
}

/** An identifier in the form in which it is remembered where it arrives. */
function inForm(field: Field, value: unknown): unknown {
  return field.caseBlind && typeof value === 'string' ? normalize(value) : value
}
