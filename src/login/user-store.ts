import type { HydratedDocument, Query } from 'mongoose'
import { plain } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { Identity } from '../fields/identity'
import type { UserModel } from '../fields/plugin'
import { memoryPath, type Remembered } from '../fields/reference-memory'

export type UserDocument = HydratedDocument<{ identities: Identity[] }>

export interface UserStore {
  model: UserModel
  fields: readonly Field[]
  isActive: (user: UserDocument) => boolean | Promise<boolean>
}

export function newUser(store: UserStore): UserDocument {
  return new store.model() as UserDocument
}

/** Finds whole users. Reads from the primary, to see what was written a moment ago. */
export function findUsers(store: UserStore, filter: object): Query<UserDocument[], UserDocument> {
  // The operators in this library's filters are intended.
  const query = store.model.find(filter) as Query<UserDocument[], UserDocument>
  return query.setOptions({ sanitizeFilter: false }).select(hiddenPaths(store)).read('primary')
}

/** Selects what the schema hides from queries; a hidden value would look like a missing one. */
function hiddenPaths({ model, fields }: UserStore): string {
  const memories = fields.filter(({ ref }) => ref).map(memoryPath)
  const hidden = ['active', 'identities', ...memories, ...fields.map(({ path }) => path)]
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

/** A value as stored: without the schema's getters, which are for the app, and without documents that the app populated. */
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
