import type { Field } from './catalog'
import { isIndexOf, type UserModel } from './plugin'
import { memoryPath } from './reference-memory'

interface StoredIndex {
  name: string
  key: Record<string, unknown>
  unique?: boolean
  collation?: { strength?: number }
}

/**
 * Creates the model's indexes, unless the app does that itself (autoIndex off), and says which of those that
 * decide races and serve the look-ups are not there.
 */
export async function indexProblems(model: UserModel, fields: readonly Field[]): Promise<string[]> {
  const { autoIndex } = model.schema.options as { autoIndex?: boolean }
  const { autoIndex: connectionsOwn } = model.db.config as { autoIndex?: boolean }
  const creates = autoIndex !== false && connectionsOwn !== false
  const owner = indexOwner(model)
  try {
    const failure: unknown = creates && (await createIndexes(owner, model).then(() => undefined, asIs))
    await model.createCollection()
    const stored = (await model.collection.indexes()) as StoredIndex[]
    const refused = failure ? [creationProblem(failure, notUnique(stored, fields))] : []
    return [...refused, ...missing(stored, fields, owner)]
  } catch (error) {
    return [`indexes: could not be read (${(error as Error).message})`]
  }
}

/** Mongoose leaves a discriminator's inherited indexes to the model that it was made from. */
function indexOwner(model: UserModel): UserModel {
  return model.baseModelName === undefined ? model : (model.db.model(model.baseModelName) as UserModel)
}

async function createIndexes(owner: UserModel, model: UserModel): Promise<void> {
  await owner.createIndexes()
  if (owner !== model) await model.createIndexes()
}

function asIs(error: unknown): unknown {
  return error
}

/** `suspects`: identifiers that have no unique index; some engines do not say which one they failed at. */
function creationProblem(error: unknown, suspects: string[]): string {
  const { code, keyPattern, message } = error as { code?: number; keyPattern?: object; message: string }
  if (code !== 11000) return `indexes: could not be created (${message})`
  // The driver's own message holds the value.
  const paths = Object.keys(keyPattern ?? {}).join(', ') || suspects.join(' or ') || 'unique value'
  return `indexes: two users have the same ${paths}; a login identifier must belong to one user only`
}

/** The identifiers that have no unique index. */
function notUnique(stored: StoredIndex[], fields: readonly Field[]): string[] {
  const hasUnique = (path: string): boolean =>
    stored.some(({ key, unique }) => unique && isIndexOf(key, path))
  return fields.flatMap(({ path, identifier }) => (identifier && !hasUnique(path) ? path : []))
}

function missing(stored: StoredIndex[], fields: readonly Field[], { modelName }: UserModel): string[] {
  const remedy = `create it with ${modelName}.createIndexes(), or in a migration`
  const identifiers = fields.filter(({ identifier }) => identifier).map(({ path }) => path)
  const identity = stored.some(
    ({ key, unique }) => unique && 'identities.subject' in key && 'identities.source' in key,
  )
  const hasLookup = (path: string): boolean =>
    stored.some(({ key, collation }) => collation?.strength === 2 && isIndexOf(key, path))
  return [
    ...(identity ? [] : [`indexes: the unique index on identities (jit_identity) is missing; ${remedy}`]),
    ...(stored.some(({ key }) => Object.keys(key)[0] === 'identities.source')
      ? []
      : [`indexes: the index on identities.source (jit_source) is missing; ${remedy}`]),
    ...notUnique(stored, fields).map((path) => `indexes: no unique index on ${path}; ${remedy}`),
    ...identifiers
      .filter((path) => !hasLookup(path))
      .map((path) => `indexes: no case-blind index on ${path}; ${remedy}`),
    ...fields
      .filter((field) => field.ref && !stored.some(({ key }) => `${memoryPath(field)}.value` in key))
      .map((field) => `indexes: no index on ${memoryPath(field)}.value; ${remedy}`),
  ]
}
