import { createRequire } from 'node:module'
import { type Connection, Schema } from 'mongoose'
import type { Authenticator } from 'passport'
import type * as Package from '../../src/index'
import { type BenchField, benchFields, jitFieldsOf, schemaOf } from '../people/fields'
import { BASE_URL, FIELDS } from '../settings'

/**
 * The built package. The TypeScript loader wraps functions, which costs time, and the libraries on the other side of the
 * comparison are not wrapped.
 */
export const { createJit, jitUser, mongoSources } = createRequire(__filename)('../../dist') as typeof Package

/** This library over a `User` model with its plugin. */
export function openJit(
  connection: Connection,
  fields: BenchField[],
  options: Pick<Package.JitOptions, 'sources' | 'passport'>,
): Package.Jit {
  const schema = new Schema(schemaOf(fields))
  schema.plugin(jitUser, { fields: jitFieldsOf(fields) })
  return createJit({ userModel: connection.model('User', schema), baseUrl: BASE_URL, ...options })
}

/** Registers the strategies of this library. */
export async function useJit(
  passport: Authenticator,
  connection: Connection,
  sources: Package.SourceConfig[],
): Promise<void> {
  const jit = openJit(connection, benchFields(FIELDS), { sources, passport: passport as never })
  await jit.ready()
  for (const { id } of sources) passport.use(jit.strategy(id))
}
