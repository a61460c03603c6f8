import { Error as MongooseErrors } from 'mongoose'
import type { Field } from '../fields/catalog'
import type { Identity } from '../fields/plugin'
import { memoryPath } from '../fields/reference-memory'
import type { UserDocument, UserStore } from './find-candidates'
import { isDatabaseFault } from '../mongo/faults'
import type { IdentityStep } from './identity-step'
import type { AcceptedPlan } from './plan'
import type { Blocked } from './writable-fields'

/** What came of carrying out a plan. */
export type Applied =
  | { user: UserDocument }
  /** Fields that the schema's validation does not let through: plan again without them. */
  | { blocked: Blocked }
  /** The same of a unique index. The document holds what was to be written: it has to be looked up again. */
  | { conflicts: Blocked }
  /** Somebody else was first, as far as can be told: look again, and plan anew. */
  | { overtaken: Overtaken }

/** What makes it look so: another's write, or a duplicate of an identity, or of what the app alone makes unique. */
export type Overtaken = { by: 'write' } | { by: 'identity' | 'index'; error: unknown }

/** Carries out a plan: one insert, one update, or nothing. */
export async function applyPlan(
  store: UserStore,
  plan: AcceptedPlan,
  found?: UserDocument,
): Promise<Applied> {
  const user = found ?? newUser(store)
  if (found && writesNothing(plan)) return { user }
  const blocked = await tryOut(user, plan)
  if (blocked.size > 0) return { blocked }
  const latest = latestSignIn(user)
  stageIdentity(user, plan.identity, latest)
  for (const { field, after } of plan.references) user.set(memoryPath(field), after)
  if (found) user.$where = { 'identities.lastLoginAt': { $not: { $gt: latest } }, ...asRead(plan) }
  try {
    await user.save({ validateBeforeSave: false })
    return { user }
  } catch (error) {
    return understand(plan, error, found === undefined)
  } finally {
    user.$where = undefined as never
  }
}

function writesNothing({ changes, references, identity }: AcceptedPlan): boolean {
  return changes.length + references.length === 0 && identity.do === 'nothing'
}

/** That references which change are still as they were read: they are filled in the background, too. */
function asRead({ references, changes }: AcceptedPlan): Record<string, unknown> {
  const fields = changes.filter(({ field }) => field.ref).map(({ field, from }) => [field.path, from ?? null])
  const memories = references.flatMap(({ field, before }) =>
    (['value', 'user', 'pending'] as const).map((key) => [
      `${memoryPath(field)}.${key}`,
      before?.[key] ?? null,
    ]),
  )
  return Object.fromEntries([...fields, ...memories]) as Record<string, unknown>
}

/** A user who is not in the database yet. */
export function newUser(store: UserStore): UserDocument {
  return new store.model() as UserDocument
}

/**
 * Puts the plan's values into the document, through the model's own setters, and lets its validation see
 * them; nothing is sent. Returns the paths that do not pass, and takes everything back where there are any.
 */
export async function tryOut(user: UserDocument, plan: AcceptedPlan): Promise<Blocked> {
  const before = plan.changes.map(({ field: { path } }) => ({ path, value: rawValue(user, path) }))
  for (const { field, input } of plan.changes) user.set(field.path, input)
  try {
    // An old user may break the schema in paths that nobody touches here.
    await (user.isNew ? user.validate() : user.validate({ validateModifiedOnly: true } as never))
    return new Map()
  } catch (error) {
    const blocked = invalidPaths(user, plan, error)
    if (blocked.size === 0) throw error
    for (const { path, value } of before) {
      // Not by `set`, which would run the model's setters over what they have made.
      ;(user as unknown as RawDocument).$__setValue(path, value)
      user.unmarkModified(path)
    }
    return blocked
  }
}

/** What Mongoose can do beyond what its typings say. */
interface RawDocument {
  $__setValue(path: string, value: unknown): void
}

/** What the document holds, arrays as they are in it, and no getter's doing. */
function rawValue(user: UserDocument, path: string): unknown {
  return user.get(path, null, { getters: false }) as unknown
}

function stageIdentity(user: UserDocument, step: IdentityStep, latest: Date): void {
  if (step.do === 'nothing') return
  const lastLoginAt = new Date(Math.max(step.identity.lastLoginAt.getTime(), latest.getTime() + 1))
  if (step.do === 'add') {
    user.identities.push({ ...step.identity, lastLoginAt })
    return
  }
  const stored = user.identities.find((one) => isSame(one, step.identity))!
  stored.lastLoginAt = lastLoginAt
  stored.unvouchedEmail = step.identity.unvouchedEmail
}

function isSame(a: Identity, b: Identity): boolean {
  return a.source === b.source && a.issuer === b.issuer && a.subject === b.subject
}

/**
 * Every sign-in that writes moves lastLoginAt past all others. So an update that demands that nothing has
 * moved since the user was read fails when another process was first.
 */
function latestSignIn(user: UserDocument): Date {
  return new Date(Math.max(0, ...user.identities.map(({ lastLoginAt }) => lastLoginAt?.getTime() ?? 0)))
}

function understand(plan: AcceptedPlan, error: unknown, isNew: boolean): Applied {
  if (error instanceof MongooseErrors.VersionError || error instanceof MongooseErrors.DocumentNotFoundError) {
    return { overtaken: { by: 'write' } }
  }
  const keys = duplicateKeys(error)
  if (keys.length === 0) throw error
  const duplicate = duplicateError(keys)
  if (keys.some((key) => key.startsWith('identities.'))) {
    return { overtaken: { by: 'identity', error: duplicate } }
  }
  const taken = plan.changes.filter(({ field }) => keys.includes(field.path))
  if (taken.length === 0 && isNew) return { overtaken: { by: 'index', error: duplicate } }
  if (taken.length === 0) throw duplicate
  return { conflicts: new Map(taken.map(({ field }) => [field.path, belongsToAnother])) }
}

/**
 * What a ValidationError is about: the plan's fields (`skills.0` is about `skills`), and for a new user also
 * what the model demands and no field fills.
 */
function invalidPaths(user: UserDocument, plan: AcceptedPlan, error: unknown): Blocked {
  if (!(error instanceof MongooseErrors.ValidationError)) return new Map()
  const blocked: Blocked = new Map()
  for (const [path, { reason }] of Object.entries(error.errors)) {
    // A validator that asks the database, and gets no answer, has not found the value wrong.
    if (isDatabaseFault(reason)) throw reason
    const change = plan.changes.find(({ field }) => path === field.path || path.startsWith(`${field.path}.`))
    if (change) blocked.set(change.field.path, refusedByModel)
    else if (user.isNew) blocked.set(path, { ...refusedByModel, code: 'unfilled' })
  }
  return blocked
}

const refusedByModel = { code: 'invalid_value', reason: 'is refused by the validation of the model' } as const

/** The paths of the unique index that an insert or update ran into; none for any other error. */
function duplicateKeys(error: unknown): string[] {
  const { code, keyPattern } = error as { code?: unknown; keyPattern?: Record<string, unknown> }
  return code === 11000 ? Object.keys(keyPattern ?? {}) : []
}

/** What the driver says of a duplicate, without the value. */
function duplicateError(keys: string[]): Error {
  const keyPattern = Object.fromEntries(keys.map((key) => [key, 1]))
  return Object.assign(new Error(`E11000 duplicate key: ${keys.join(', ')}`), { code: 11000, keyPattern })
}

/** Why a unique value is not written. */
export const belongsToAnother = { code: 'conflict', reason: 'belongs to another user' } as const

/** The fields whose value one user alone may have, by the schema's own unique indexes. */
export function uniqueFields(store: UserStore): Field[] {
  const indexes = store.model.schema.indexes()
  return store.fields.filter(({ path }) =>
    indexes.some(([keys, options]) => options.unique && Object.keys(keys).length === 1 && path in keys),
  )
}
