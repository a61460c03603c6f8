import { type Model, Schema } from 'mongoose'
import { type Field, type JitUserOptions, makeCatalog } from './catalog'
import { normalize } from './normalize'
import { addMemory, foreignReferences } from './reference-memory'

/** The link between a user and one person at one identity provider. */
export interface Identity {
  /** The SSO source's id. */
  source: string
  issuer: string
  subject: string
  linkedAt: Date
  /** Moves at most once an hour, and with every sign-in that writes. */
  lastLoginAt: Date
  /** The user's e-mail address came through this identity, and nobody vouched for it. */
  unvouchedEmail?: boolean
}

// The app's schema and model may be of any type: what this library needs of it is checked when it runs.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type UserModel = Model<any>
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type UserSchema = Schema<any, any, any, any, any, any, any, any, any>

/**
 * The collation of look-ups by e-mail address and user name: letter case does not count. What it finds is
 * compared again in code, since it also takes more than that for equal.
 */
export const caseBlindCollation = { locale: 'en', strength: 2 } as const

/**
 * Mongoose plugin for the app's user schema. Says which paths an IdP may fill, adds `identities`, and the
 * indexes that decide every race: unique on (source, issuer, subject) and on each identifier.
 *
 * Apply it after the schema's paths are defined. Throws one Error that lists every problem.
 */
export function jitUser(userSchema: UserSchema, options: JitUserOptions): void {
  const schema = userSchema as unknown as Schema
  const taken = ['identities', 'jitReferences'].find((path) => schema.pathType(path) !== 'adhocOrUndefined')
  if (taken !== undefined) {
    throw new Error(
      `jitUser: the schema has a path \`${taken}\` already; the plugin adds it, and once is enough`,
    )
  }
  const fields = makeCatalog(schema, options)
  addIdentities(schema)
  for (const field of fields.filter(({ caseBlind }) => caseBlind)) {
    field.schemaType.set((value: unknown) => (typeof value === 'string' ? normalize(value) : value))
  }
  for (const field of fields.filter(({ identifier }) => identifier)) addIdentifierIndexes(schema, field)
  for (const field of fields.filter(({ ref }) => ref)) addMemory(schema, field)
}

/** The catalogue of a model that uses the plugin. Throws when it does not. */
export function catalogOf(model: UserModel): Field[] {
  const { plugins } = model.schema as unknown as { plugins: { fn: unknown; opts: JitUserOptions }[] }
  const plugin = plugins.find(({ fn }) => fn === jitUser)
  // A model that was made before has none of the paths that the plugin adds.
  if (!plugin || !('identities' in model.prototype)) {
    throw new Error(
      `userModel: the schema of ${model.modelName} does not use jitUser; add schema.plugin(jitUser, { fields }) before the model is made`,
    )
  }
  const fields = makeCatalog(model.schema, plugin.opts)
  const problems = foreignReferences(model, fields)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return fields
}

function addIdentities(schema: Schema): void {
  const text = { type: String, required: true }
  const date = { type: Date, required: true }
  const identity = new Schema(
    { source: text, issuer: text, subject: text, linkedAt: date, lastLoginAt: date, unvouchedEmail: Boolean },
    { _id: false },
  )
  schema.add({ identities: [identity] })
  // The subject comes first: it alone tells people apart, and engines that use only one field of a
  // multikey index then use that one.
  schema.index(
    { 'identities.subject': 1, 'identities.source': 1, 'identities.issuer': 1 },
    {
      name: 'jit_identity',
      unique: true,
      partialFilterExpression: { 'identities.subject': { $exists: true } },
    },
  )
  // The admin area counts the users who are linked to a source.
  schema.index({ 'identities.source': 1 }, { name: 'jit_source' })
}

/**
 * Two indexes, since an index serves only queries of its own collation and some engines refuse a collation
 * on a unique index: one decides races, the other finds.
 */
function addIdentifierIndexes(schema: Schema, { path, schemaType }: Field): void {
  const present = schemaType.instance === 'String' ? { $gt: '' } : { $exists: true }
  const unique = schema.indexes().some(([keys, options]) => isIndexOf(keys, path) && options.unique)
  if (!unique) {
    schema.index(
      { [path]: 1 },
      { name: `jit_unique_${path}`, unique: true, partialFilterExpression: { [path]: present } },
    )
  }
  schema.index({ [path]: 1 }, { name: `jit_lookup_${path}`, collation: caseBlindCollation })
}

/** True when an index is over this one path and nothing else. */
export function isIndexOf(keys: Record<string, unknown>, path: string): boolean {
  return Object.keys(keys).length === 1 && path in keys
}
