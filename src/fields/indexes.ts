import type { Field } from './catalog'
import { isIndexOn, keysOf } from './index-keys'
import { organizationOf } from './organization'
import type { UserModel } from './plugin'
import { memoryPath } from './reference-memory'

interface StoredIndex {
  name: string
  key: Record<string, unknown>
  unique?: boolean
  collation?: { strength?: number }
}

/** The fields that need indexes. `within`: the path of the user's single organization. */
type Needs = { fields: readonly Field[]; within: string | undefined }

/**
 * Creates the model's indexes, unless the app does so itself (autoIndex off). Resolves to a problem for each index
 * that this library needs and the database lacks.
 */
export async function indexProblems(model: UserModel, fields: readonly Field[]): Promise<string[]> {
  const organization = organizationOf(model.schema)
  const needs = { fields, within: organization?.isList === false ? organization.path : undefined }
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
      ...(error ? [creationProblem(error, withoutUnique(stored, needs), needs)] : []),
      ...missing(stored, needs, owner),
      ...tooStrict(stored, needs, owner),
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
function creationProblem(error: unknown, suspects: string[], { within }: Needs): string {
  const { code, keyPattern, message } = error as { code?: number; keyPattern?: object; message: string }
  if (code !== 11000) return `indexes: could not be created (${message})`
  // The driver's own message contains the value.
  const keys = Object.keys(keyPattern ?? {}).filter((path) => path !== within)
  const paths = keys.join(', ') || suspects.join(' or ') || 'unique value'
  const extent = within === undefined ? '' : ` in an organization (${within})`
  return `indexes: two users have the same ${paths}; a login identifier must belong to one user only${extent}`
}

function withoutUnique(stored: StoredIndex[], { fields, within }: Needs): string[] {
  const hasUnique = (path: string): boolean =>
    stored.some(({ key, unique }) => unique && isIndexOn(key, keysOf(path, within)))
  return fields.flatMap(({ path, identifier }) => (identifier && !hasUnique(path) ? path : []))
}

/**
 * Problems with unique indexes on only an identifier, such as those of version 0.1. They forbid the same identifier at
 * two customers.
 */
function tooStrict(stored: StoredIndex[], { fields, within }: Needs, { collection }: UserModel): string[] {
  if (within === undefined) return []
  const identifiers = fields.filter(({ identifier }) => identifier)
  return stored
    .filter(({ key, unique }) => unique && identifiers.some(({ path }) => isIndexOn(key, [path])))
    .map(({ name, key }) => {
      const [path] = Object.keys(key)
      const reason = `${name} forbids the same ${path} in two organizations`
      const command = `db.getCollection('${collection.name}').dropIndex('${name}')`
      return `indexes: ${reason}; drop it with ${command}, and declare no unique index on ${path} in the schema`
    })
}

function missing(stored: StoredIndex[], needs: Needs, { modelName }: UserModel): string[] {
  const { fields, within } = needs
  const remedy = `create it with ${modelName}.createIndexes(), or in a migration`
  const identifiers = fields.filter(({ identifier }) => identifier).map(({ path }) => path)
  const isIdentity = ({ key, unique }: StoredIndex): boolean =>
    unique === true && 'identities.subject' in key && 'identities.source' in key
  const isSource = ({ key }: StoredIndex): boolean => Object.keys(key)[0] === 'identities.source'
  const hasLookup = (path: string): boolean =>
    stored.some(({ key, collation }) => collation?.strength === 2 && isIndexOn(key, keysOf(path, within)))
  const memories = fields.filter(({ ref }) => ref).map((field) => `${memoryPath(field)}.value`)
  const lacks = [
    ...(stored.some(isIdentity) ? [] : ['the unique index on identities (jit_identity) is missing']),
    ...(stored.some(isSource) ? [] : ['the index on identities.source (jit_source) is missing']),
    ...withoutUnique(stored, needs).map((path) => `no unique index on ${keysOf(path, within).join(', ')}`),
    ...identifiers
      .filter((path) => !hasLookup(path))
      .map((path) => `no case-blind index on ${keysOf(path, within).join(', ')}`),
    ...memories
      .filter((path) => !stored.some(({ key }) => keysOf(path, within).every((one) => one in key)))
      .map((path) => `no index on ${path}`),
  ]
  return lacks.map((problem) => `indexes: ${problem}; ${remedy}`)
}
