import { type IndexOptions, Schema } from 'mongoose'
import type { Field } from './catalog'
import { ascending, indexSuffix, isIndexOn, keysOf } from './index-keys'

/**
 * The collation of look-ups by email and user name, which ignores letter case. It treats more values as equal than
 * this library does, so what it finds is compared again in code.
 */
export const caseBlindCollation = { locale: 'en', strength: 2 } as const

/** Adds `identities`, with a unique index on (source, issuer, subject). */
export function addIdentities(schema: Schema): void {
  const text = { type: String, required: true }
  const date = { type: Date, required: true }
  const identity = new Schema(
    {
      ...{ source: text, issuer: text, subject: text, linkedAt: date, lastLoginAt: date },
      ...{ format: String, nameQualifier: String, spNameQualifier: String, unvouchedEmail: Boolean },
    },
    { _id: false },
  )
  schema.add({ identities: [identity] })
  // The subject comes first because it is nearly unique: some engines use only the first field of a multikey index.
  schema.index(
    { 'identities.subject': 1, 'identities.source': 1, 'identities.issuer': 1 },
    { ...unique('identities.subject', { $exists: true }), name: 'jit_identity' },
  )
  // The admin area counts the users who are linked to a source.
  schema.index({ 'identities.source': 1 }, { name: 'jit_source' })
}

/**
 * Adds two indexes: the unique one decides races, the collated one serves look-ups. One index can't do both: it serves
 * only queries with its own collation, and some engines refuse a collation on a unique index. `organization`: the path
 * of the user's single organization.
 */
export function addIdentifierIndexes(
  schema: Schema,
  { path, schemaType }: Field,
  organization: string | undefined,
): void {
  const paths = keysOf(path, organization)
  const keys = ascending(paths)
  const suffix = indexSuffix(path, organization)
  const present = schemaType.instance === 'String' ? { $gt: '' } : { $exists: true }
  const hasUnique = schema.indexes().some(([others, options]) => isIndexOn(others, paths) && options.unique)
  if (!hasUnique) {
    schema.index(keys, { ...unique(path, present), name: `jit_unique_${suffix}` })
  }
  schema.index(keys, { name: `jit_lookup_${suffix}`, collation: caseBlindCollation })
}

function unique(path: string, present: object): IndexOptions {
  return { unique: true, partialFilterExpression: { [path]: present } }
}
