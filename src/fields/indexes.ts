import type { Field } from './catalog'
import type { UserModel } from './plugin'
import { memoryPath } from './reference-memory'
import { isIndexOf } from './user-schema'

interface StoredIndex {
  name: string
  key: Record<string, unknown>
  unique?: boolean
  collation?: { strength?: number }
}

/**
 * Creates the model's indexes, unless the app does so itself (autoIndex off). Resolves to a problem for each index
 * that this library needs and the database lacks.
 */
export async function indexProblems(model: UserModel, fields: readonly Field[]): Promise<string[]> {
  const { autoIndex } = model.schema.options as { autoIndex?: boolean }
  const { autoIndex: connectionAutoIndex } = model.db.config as { autoIndex?: boolean }
  const creates = autoIndex !== false && connectionAutoIndex !== false
  const owner = indexOwner(model)
  try {
    const created = creates ? createIndexes(owner, model) : undefined
    const error = await created?.catch((reason: unknown) => reason)
    await model.createCollection()
    const stored = (await model.collection.indexes()) as StoredIndex[]
    return [
      ...(error ? [creationProblem(error, withoutUnique(stored, fields))] : []),
      ...missing(stored, fields, owner),
    ]
  } catch (error) {
    return [`indexes: could not be read (${(error as Error).message})`]
  }
}

/** The model that a discriminator was made from: Mongoose creates inherited indexes there. */
function indexOwner(model: UserModel): UserModel {
  return model.baseModelName === undefined ? model : (model.db.model(model.baseModelName) as UserModel)
}

async function createIndexes(owner: UserModel, model: UserModel): Promise<void> {
  await owner.createIndexes()
  if (owner !== model) await model.createIndexes()
}

/** `suspects`: identifiers without a unique index. Some engines don't say which index could not be created. */
function creationProblem(error: unknown, suspects: string[]): string {
  const { code, keyPattern, message } = error as { code?: number; keyPattern?: object; message: string }
  if (code !== 11000) return `indexes: could not be created (${message})`
  // The driver's own message contains the value.
  const paths = Object.keys(keyPattern ?? {}).join(', ') || suspects.join(' or ') || 'unique value'
  return `indexes: two users have the same ${paths}; a login identifier must belong to one user only`
}

function withoutUnique(stored: StoredIndex[], fields: readonly Field[]): string[] {
  const hasUnique = (path: string): boolean =>
    stored.some(({ key, unique }) => unique && isIndexOf(key, path))
  return fields.flatMap(({ path, identifier }) => (identifier && !hasUnique(path) ? path : []))
}

function missing(stored: StoredIndex[], fields: readonly Field[], { modelName }: UserModel): string[] {
  const remedy = `create it with ${modelName}.createIndexes(), or in a migration`
  const identifiers = fields.filter(({ identifier }) => identifier).map(({ path }) => path)
  const isIdentity = ({ key, unique }: StoredIndex): boolean =>
    unique === true && 'identities.subject' in key && 'identities.source' in key
  const isSource = ({ key }: StoredIndex): boolean => Object.keys(key)[0] === 'identities.source'
  const hasLookup = (path: string): boolean =>
    stored.some(({ key, collation }) => collation?.strength === 2 && isIndexOf(key, path))
  const memories = fields.filter(({ ref }) => ref).map((field) => `${memoryPath(field)}.value`)
  const lacks = [
    ...(stored.some(isIdentity) ? [] : ['the unique index on identities (jit_identity) is missing']),
    ...(stored.some(isSource) ? [] : ['the index on identities.source (jit_source) is missing']),
    ...withoutUnique(stored, fields).map((path) => `no unique index on ${path}`),
    ...identifiers.filter((path) => !hasLookup(path)).map((path) => `no case-blind index on ${path}`),
    ...memories.filter((path) => !stored.some(({ key }) => path in key)).map((path) => `no index on ${path}`),
  ]
  return lacks.map((problem) => `indexes: ${problem}; ${remedy}`)
}
