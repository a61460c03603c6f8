import { Error as MongooseErrors } from 'mongoose'
import type { Identity } from '../fields/identity'
import { memoryPath } from '../fields/reference-memory'
import { isDatabaseFault } from '../mongo/faults'
import { conflicts } from './find-conflicts'
import type { IdentityStep } from './identity-step'
import { asFound, stageMembership } from './membership'
import type { AcceptedPlan } from './plan'
import type { PlannedChange } from './planned-change'
import type { UserDocument } from './user-store'
import type { Blocked } from './writable-fields'

/** What carrying out a plan came to. Nothing is written unless it is `written`. */
export type Applied =
  | { result: 'written' }
  /** The model's validation refuses these paths. The document is unchanged. */
  | { result: 'invalid'; paths: Blocked }
  /** Another user holds these identifiers, which a look-up found before writing. The document is unchanged. */
  | { result: 'taken'; paths: Blocked }
  /** A unique index refuses these paths. The document holds the refused values, so it has to be looked up again. */
  | { result: 'conflict'; paths: Blocked }
  /** The model refuses a value that the app or the source sets. With `set_taken`, another user has the value. */
  | { result: 'set_invalid' | 'set_taken'; paths: Blocked }
  /** Another process wrote the user first. */
  | { result: 'overtaken' }
  /** The index on identities refuses the user: another process created or linked them first, or queries hide them. */
  | { result: 'identity_exists'; error: Error }
  /** Another user in the new organization has these identifiers. */
  | { result: 'organization_taken'; paths: Blocked }
  /** A unique index of the app refuses a new user, and no planned field is to blame. */
  | { result: 'key_exists'; error: Error }

const written: Applied = { result: 'written' }

/** Carries out a plan for a user, new or stored: one insert, one update, or nothing. */
export async function applyPlan(plan: AcceptedPlan, user: UserDocument): Promise<Applied> {
  const { isNew } = user
  if (!isNew && writesNothing(plan)) return written
  const found = asFound(user, plan.membership)
  const paths = await stageChanges(user, plan)
  if (paths.size > 0) return refusedPaths('invalid', paths, plan.changes)
  const latest = latestSignIn(user)
  stageIdentity(user, plan.identity, latest)
  for (const { field, after } of plan.references) user.set(memoryPath(field), after)
  if (!isNew) user.$where = { 'identities.lastLoginAt': { $not: { $gt: latest } }, ...found, ...asRead(plan) }
  try {
    await user.save({ validateBeforeSave: false })
    return written
  } catch (error) {
    return failedWrite(plan, error, isNew)
  } finally {
    user.$where = undefined as never
  }
}

function writesNothing({ changes, references, membership, identity }: AcceptedPlan): boolean {
  const isUnchanged = changes.length + references.length === 0 && membership?.joins === undefined
  return isUnchanged && identity.do === 'nothing'
}

/**
 * The result for refused paths. Values that the app or the source sets are never left out, so they have their own
 * results.
 */
export function refusedPaths(
  result: 'invalid' | 'taken' | 'conflict',
  paths: Blocked,
  changes: readonly PlannedChange[],
): Applied {
  const set = changes.filter(({ isSet, field }) => isSet && paths.has(field.path))
  if (set.length === 0) return { result, paths }
  const refused = new Map(set.map(({ field: { path } }) => [path, paths.get(path)!]))
  return { result: result === 'invalid' ? 'set_invalid' : 'set_taken', paths: refused }
}

/** Requires that the references which change are as they were read: the background fills them, too. */
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

/**
 * Sets the plan's values on the document, through the model's setters, and validates it. Returns the paths that
 * validation refuses, and in that case restores the document. Sends nothing.
 */
export async function stageChanges(
  user: UserDocument,
  { changes, membership }: AcceptedPlan,
): Promise<Blocked> {
  const before = changes.map(({ field: { path } }) => ({ path, value: rawValue(user, path) }))
  // First, because validators may depend on it. It is valid and the same in every plan, so it isn't restored.
  if (membership) stageMembership(user, membership)
  for (const { field, input } of changes) user.set(field.path, input)
  try {
    // A stored user may violate the schema in paths that this sign-in doesn't touch.
    await (user.isNew ? user.validate() : user.validate({ validateModifiedOnly: true } as never))
    return new Map()
  } catch (error) {
    const invalid = invalidPaths(user, changes, error)
    if (invalid.size === 0) throw error
    for (const { path, value } of before) {
      // `set` would run the model's setters on values that they have already made. Mongoose's typings lack this one.
      ;(user as unknown as { $__setValue(path: string, value: unknown): void }).$__setValue(path, value)
      user.unmarkModified(path)
    }
    return invalid
  }
}

/** The document's value, Mongoose arrays included, without the schema's getters. */
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
  const stored = user.identities.find((identity) => isSame(identity, step.identity))!
  const { format, nameQualifier, spNameQualifier, unvouchedEmail } = step.identity
  Object.assign(stored, { lastLoginAt, format, nameQualifier, spNameQualifier, unvouchedEmail })
}

function isSame(a: Identity, b: Identity): boolean {
  return a.source === b.source && a.issuer === b.issuer && a.subject === b.subject
}

/**
 * The latest `lastLoginAt` of a user. Every sign-in that writes moves one past all others, so an update that requires
 * that none has moved since the user was read fails if another process was first.
 */
export function latestSignIn(user: UserDocument): Date {
  return new Date(Math.max(0, ...user.identities.map(({ lastLoginAt }) => lastLoginAt?.getTime() ?? 0)))
}

function failedWrite({ changes, membership }: AcceptedPlan, error: unknown, isNew: boolean): Applied {
  if (error instanceof MongooseErrors.VersionError || error instanceof MongooseErrors.DocumentNotFoundError) {
    return { result: 'overtaken' }
  }
  const { code, keyPattern } = error as { code?: unknown; keyPattern?: Record<string, unknown> }
  const keys = code === 11000 ? Object.keys(keyPattern ?? {}) : []
  if (keys.length === 0) throw error
  // The driver's own message contains the value.
  const message = `E11000 duplicate key: ${keys.join(', ')}`
  const duplicate = Object.assign(new Error(message), { code: 11000, keyPattern })
  if (keys.some((key) => key.startsWith('identities.')))
    return { result: 'identity_exists', error: duplicate }
  const paths = changes.map(({ field }) => field.path).filter((path) => keys.includes(path))
  if (paths.length > 0) return refusedPaths('conflict', conflicts(paths), changes)
  if (isNew) return { result: 'key_exists', error: duplicate }
  if (membership?.joins !== undefined && keys.includes(membership.organization.path)) {
    const identifiers = keys.filter((path) => path !== membership.organization.path)
    return { result: 'organization_taken', paths: conflicts(identifiers) }
  }
  throw duplicate
}

/**
 * The paths that a ValidationError is about: the plan's fields (`skills.0` is about `skills`), and for a new user also
 * the paths that the model requires and no field fills.
 */
function invalidPaths(user: UserDocument, changes: AcceptedPlan['changes'], error: unknown): Blocked {
  if (!(error instanceof MongooseErrors.ValidationError)) return new Map()
  const invalid: Blocked = new Map()
  for (const [path, { reason }] of Object.entries(error.errors)) {
    // A validator that could not reach the database hasn't judged the value.
    if (isDatabaseFault(reason)) throw reason
    const change = changes.find(({ field }) => path === field.path || path.startsWith(`${field.path}.`))
    if (change) invalid.set(change.field.path, notAllowed)
    else if (user.isNew) invalid.set(path, { ...notAllowed, code: 'unfilled' })
  }
  return invalid
}

const notAllowed = { code: 'invalid_value', reason: 'is not an allowed value' } as const
