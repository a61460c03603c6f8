import { Schema } from 'mongoose'
import type { Field, FieldOptions } from './catalog'
import { didYouMean } from './near-miss'
import type { UserModel } from './plugin'

/** What is remembered of a reference: what arrived, and what it became. */
export interface Remembered {
  /** Path of the identifier by which the other user is named. */
  by: string
  /** The identifier's value as it arrived, in the form in which it is compared. */
  value: unknown
  /** What the field held then: the user who was found, or while pending whatever was there. */
  user?: unknown
  /** Nobody was found yet. */
  pending?: true
}

/** Where the user document remembers a reference: the field's own path, below `jitReferences`. */
export function memoryPath(field: Field): string {
  return `jitReferences.${field.path}`
}

/**
 * Adds what a reference is remembered in, left out of the app's own queries, and the index that finds whoever
 * refers to a value.
 */
export function addMemory(schema: Schema, field: Field): void {
  const memory = new Schema(
    { by: String, value: Schema.Types.Mixed, user: schema.path('_id').constructor, pending: Boolean },
    { _id: false },
  )
  const path = memoryPath(field)
  schema.add({ [path]: { type: memory, select: false } })
  schema.index(
    { [`${path}.value`]: 1, [`${path}.user`]: 1 },
    {
      name: `jit_reference_${field.path}`,
      partialFilterExpression: { [`${path}.value`]: { $exists: true } },
    },
  )
}

/** What keeps a field with `ref` from referring to another user. `identifiers`: paths of the login identifiers. */
export function referenceProblems(
  schema: Schema,
  path: string,
  options: FieldOptions,
  identifiers: readonly string[],
): string[] {
  const { ref } = options
  if (ref === undefined) return []
  return [
    ...(identifiers.includes(ref) ? [] : [`ref: '${ref}' is no login identifier${remedy(ref, identifiers)}`]),
    ...typeProblems(schema, path),
    ...(options.identifier ? ['a reference cannot be a login identifier; leave `identifier` out'] : []),
  ]
}

function remedy(ref: string, identifiers: readonly string[]): string {
  const known = ` (there are ${identifiers.join(', ')}); a field becomes one with \`identifier: true\``
  return didYouMean(String(ref), identifiers, known)
}

function typeProblems(schema: Schema, path: string): string[] {
  const [id, own] = [schema.path('_id'), schema.path(path)]
  if (own.instance !== id?.instance) {
    return [`ref: the path must hold one user’s _id (${id?.instance ?? 'the schema has none'})`]
  }
  return (own.options as { immutable?: unknown }).immutable
    ? ['ref: the path is immutable, so a person who does not exist yet could not be filled in later']
    : []
}

/** A field with `ref` whose path, by its schema, refers to users of another model. */
export function foreignReferences(model: UserModel, fields: readonly Field[]): string[] {
  const own = [model.modelName, model.baseModelName]
  return fields.flatMap(({ ref, schemaType, path }) => {
    const { ref: target } = schemaType.options as { ref?: unknown }
    return ref && typeof target === 'string' && !own.includes(target)
      ? [`jitUser: fields['${path}']: ref: its schema refers to ${target}, not to ${model.modelName}`]
      : []
  })
}
