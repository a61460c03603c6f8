import type { Schema, SchemaType } from 'mongoose'
import { appliedOptions } from './applied-options'
import { CastRefusal, plain } from './cast'
import { elementType, type SetterType } from './schema-type'

/** The path of the user model that holds the user's organization or organizations. */
export interface OrganizationPath {
  readonly path: string
  /** A user may belong to several organizations. */
  readonly isList: boolean
  readonly immutable: boolean
  /** Type of one organization. */
  readonly schemaType: SchemaType
}

/** The organization path of a schema; undefined if the plugin was applied without one. */
export function organizationOf(schema: Schema): OrganizationPath | undefined {
  const path = appliedOptions(schema)?.organization
  if (path === undefined) return undefined
  const schemaType = schema.path(path)
  const isList = schemaType.instance === 'Array'
  const { immutable } = schemaType.options as { immutable?: unknown }
  return {
    path,
    isList,
    immutable: Boolean(immutable),
    schemaType: isList ? elementType(schemaType)! : schemaType,
  }
}

/** An organization's id as the schema stores it. Throws CastRefusal if it doesn't fit. */
export function castOrganization({ schemaType, path }: OrganizationPath, id: string): unknown {
  const refusal = `does not fit ${path}, the organization of your users (${schemaType.instance})`
  let value: unknown
  try {
    value = plain((schemaType as SetterType).applySetters(id, null))
  } catch (error) {
    throw new CastRefusal(refusal, { cause: error })
  }
  const validated = schemaType as SchemaType & { doValidateSync(value: unknown, scope: unknown): unknown }
  const isAllowed =
    value !== null && value !== undefined && value !== '' && !validated.doValidateSync(value, null)
  if (!isAllowed) throw new CastRefusal(refusal)
  return value
}

/** The text of a stored organization, which is used to compare organizations. */
export function organizationText(value: unknown): string {
  const isBinary = Buffer.isBuffer(value) || (value as { _bsontype?: unknown })._bsontype === 'Binary'
  if (!isBinary) return String(value)
  // Mongoose 8 has a UUID as a Buffer or Binary.
  return (value as Buffer).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** The organizations in a stored value: one, several, or none. */
export function organizationsIn(value: unknown): string[] {
  return [value].flat().flatMap((one) => (one === undefined || one === null ? [] : organizationText(one)))
}
