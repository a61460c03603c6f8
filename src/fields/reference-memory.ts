import { Schema } from 'mongoose'
import type { Field } from './catalog'
import { ascending, indexSuffix } from './index-keys'

/** What a user's document remembers about a field that refers to another user. */
export interface Remembered {
  /** Path of the login identifier that names the other user. */
  by: string
  /** The identifier's received value, in the form in which identifiers are compared. */
  value: unknown
  /** What the field held at that time: the user that was found or, while pending, the previous value. */
  user?: unknown
  /** No user was found yet. */
  pending?: true
}

/** Where the user's document remembers a reference: the field's own path, below `jitReferences`. */
export function memoryPath(field: Field): string {
  return `jitReferences.${field.path}`
}

/**
 * Adds the path that remembers a reference, hidden from the app's own queries, and an index on the remembered value.
 * `organization`: the path of the user's single organization.
 */
export function addMemory(schema: Schema, field: Field, organization?: string): void {
  const memory = new Schema(
    { by: String, value: Schema.Types.Mixed, user: schema.path('_id').constructor, pending: Boolean },
    { _id: false },
  )
  const path = memoryPath(field)
  schema.add({ [path]: { type: memory, select: false } })
  const partialFilterExpression = { [`${path}.value`]: { $exists: true } }
  const keys = [`${path}.value`, ...(organization === undefined ? [] : [organization]), `${path}.user`]
  const index = { name: `jit_reference_${indexSuffix(field.path, organization)}`, partialFilterExpression }
  schema.index(ascending(keys), index)
}
