import type { Schema } from 'mongoose'
import { CastRefusal, plain } from './cast'
import { type Field, makeField } from './catalog'
import { isSensitive } from './catalog-problems'
import { didYouMean } from './near-miss'
import { isOrganization, isReserved, isWhole } from './schema-paths'
import type { SetterType } from './schema-type'

/** Why the app can't set a path of the user model; undefined if it can. */
export function settableProblem(schema: Schema, path: string): string | undefined {
  if (isOrganization(schema, path)) return 'this path holds the organization, which the source decides'
  if (isReserved(schema, path))
    return 'this path belongs to the database or to this library, and is never set'
  if (isWhole(schema, path)) return undefined
  return `the schema has no such path${didYouMean(path, Object.keys(schema.paths))}`
}

/** Why an admin can't set a path: only fields, and paths that the app lists in `settable`. */
export function adminSettableProblem(
  path: string,
  fields: readonly Field[],
  settable: readonly string[],
): string | undefined {
  if (settable.includes(path)) return undefined
  if (!fields.some((field) => field.path === path)) {
    return 'admins can’t set this path; list it in createJit({ settable }) to let them'
  }
  return isSensitive(path)
    ? 'this looks like a secret or a permission; list it in createJit({ settable }) to let admins set it'
    : undefined
}

/** The field of a path. A path that isn't in the catalog gets a field that no identity provider fills. */
export function settableField(schema: Schema, fields: readonly Field[], path: string): Field {
  const field = fields.find((candidate) => candidate.path === path)
  if (field) return field
  const plainField = makeField(schema, path, { identifier: false })
  return { ...plainField, kind: 'custom', standard: undefined, caseBlind: false }
}

/** The value as the schema stores it. `input` is for `document.set`. Throws CastRefusal. */
export function castSet(
  { schemaType, type }: Field,
  input: unknown,
  scope: () => unknown,
): { input: unknown; value: unknown } {
  try {
    return { input, value: plain((schemaType as SetterType).applySetters(input, scope())) }
  } catch (error) {
    throw new CastRefusal(`does not fit the type ${type}`, { cause: error })
  }
}
