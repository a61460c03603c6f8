import type { HydratedDocument, Query } from 'mongoose'
import { plain } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { Identity } from '../fields/identity'
import { castOrganization, type OrganizationPath, organizationsIn } from '../fields/organization'
import type { UserModel } from '../fields/plugin'
import { memoryPath, type Remembered } from '../fields/reference-memory'

export type UserDocument = HydratedDocument<{ identities: Identity[] }>

export interface UserStore {
  model: UserModel
  fields: readonly Field[]
  isActive: (user: UserDocument) => boolean | Promise<boolean>
  /** The path of the users' organizations; undefined if the app has none. */
  organization?: OrganizationPath | undefined
  /** The organization to find users in, if each belongs to one; undefined for all users. */
  scope?: Scope | undefined
}

/** One organization, or (null) the users without one. */
interface Scope {
  organization: string | null
  filter: Record<string, unknown>
}

/**
 * The store of the users in one organization, or of the users without one. The whole store if users can have several.
 */
export function within(store: UserStore, organization: string | undefined): UserStore {
  const { organization: own } = store
  if (!own || own.isList) return store
  const value = organization === undefined ? null : castOrganization(own, organization)
  return { ...store, scope: { organization: organization ?? null, filter: { [own.path]: value } } }
}

/** The organizations of a user, in the form used for comparison. */
export function organizationsOf(user: UserDocument, { path }: OrganizationPath): string[] {
  return organizationsIn(rawOrganization(user, path))
}

/** The stored organization, as the driver expects it. */
export function rawOrganization(user: UserDocument, path: string): unknown {
  return user.get(path, null, { getters: false }) as unknown
}

/**
 * Whether a user belongs to the store's scope. A collation also finds users of an organization in different letter
 * case.
 */
export function isWithin({ organization, scope }: UserStore, user: UserDocument): boolean {
  if (!organization || !scope) return true
  const [own = null] = organizationsOf(user, organization)
  return own === scope.organization
}

export function newUser(store: UserStore): UserDocument {
  return new store.model() as UserDocument
}

/** Finds whole users in the store's scope. Reads from the primary, to see the latest writes. */
export function findUsers(store: UserStore, filter: object): Query<UserDocument[], UserDocument> {
  // The operators in this library's filters are intended.
  const query = store.model.find(scoped(filter, store.scope)) as Query<UserDocument[], UserDocument>
  return query.setOptions({ sanitizeFilter: false }).select(hiddenPaths(store)).read('primary')
}

/** Each alternative names the organization, so each uses an index on both. */
function scoped(filter: { $or?: object[] }, scope: Scope | undefined): object {
  if (!scope) return filter
  if (!filter.$or) return { ...filter, ...scope.filter }
  return { ...filter, $or: filter.$or.map((alternative) => ({ ...alternative, ...scope.filter })) }
}

/** Selects what the schema hides from queries; a hidden value would look like a missing one. */
function hiddenPaths({ model, fields, organization }: UserStore): string {
  const memories = fields.filter(({ ref }) => ref).map(memoryPath)
  const own = organization ? [organization.path] : []
  const hidden = ['active', 'identities', ...own, ...memories, ...fields.map(({ path }) => path)]
    .flatMap(withParents)
    .filter((path) => {
      const schemaType = model.schema.path(path) as { options?: { select?: boolean } } | undefined
      return schemaType?.options?.select === false
    })
  return [...new Set(hidden)].map((path) => `+${path}`).join(' ')
}

/** A path and its parents: a whole subdocument may be hidden. */
function withParents(path: string): string[] {
  const names = path.split('.')
  return names.map((_, i) => names.slice(0, i + 1).join('.'))
}

/** A value as stored, without the schema's getters and without documents that the app populated. */
export function storedValue(user: UserDocument, path: string): unknown {
  return plain(user.populated(path) ?? user.get(path, null, { getters: false }))
}

export function rememberedReferences({ fields }: UserStore, user: UserDocument): Map<string, Remembered> {
  const memories = new Map<string, Remembered>()
  for (const field of fields) {
    if (!field.ref || !user.get(memoryPath(field))) continue
    const value = (key: string): unknown => storedValue(user, `${memoryPath(field)}.${key}`)
    const entries = ['by', 'value', 'user', 'pending'].map((key) => [key, value(key)])
    const memory: unknown = Object.fromEntries(entries.filter(([, stored]) => stored !== undefined))
    memories.set(field.path, memory as Remembered)
  }
  return memories
}
