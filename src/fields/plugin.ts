import type { Model, Schema } from 'mongoose'
import { rememberOptions } from './applied-options'
import { makeCatalog } from './catalog'
import { normalize } from './normalize'
import type { JitUserOptions } from './options'
import { organizationOf } from './organization'
import { addMemory } from './reference-memory'
import { addIdentifierIndexes, addIdentities } from './user-schema'

// The app's schema and model may be of any type: this library checks at run time what it needs of them.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type UserModel = Model<any>
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type UserSchema = Schema<any, any, any, any, any, any, any, any, any>

/**
 * Mongoose plugin for the app's user schema. Declares which paths an identity provider may fill, and adds `identities`
 * and the unique indexes that decide every race. One is on (source, issuer, subject). Each login identifier has
 * another, within the organization if users belong to one.
 *
 * Apply it after the schema's paths are defined. Throws one Error that lists every problem.
 */
export function jitUser(userSchema: UserSchema, options: JitUserOptions): void {
  const schema = userSchema as unknown as Schema
  const taken = ['identities', 'jitReferences'].find((path) => schema.pathType(path) !== 'adhocOrUndefined')
  if (taken !== undefined) {
    const reason = 'the plugin adds it, and can be applied only once'
    throw new Error(`jitUser: the schema has a path \`${taken}\` already; ${reason}`)
  }
  const fields = makeCatalog(schema, options)
  rememberOptions(options)
  const organization = organizationOf(schema)
  const within = organization?.isList === false ? organization.path : undefined
  addIdentities(schema)
  for (const field of fields) {
    if (field.caseBlind) {
      field.schemaType.set((value: unknown) => (typeof value === 'string' ? normalize(value) : value))
    }
    if (field.identifier) addIdentifierIndexes(schema, field, within)
    if (field.ref) addMemory(schema, field, within)
  }
}
