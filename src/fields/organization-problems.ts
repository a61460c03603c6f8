import type { Schema } from 'mongoose'
import { didYouMean } from './near-miss'
import type { JitUserOptions } from './options'
import { isReserved, isWhole } from './schema-paths'
import { elementType, typeName } from './schema-type'

const types = ['String', 'ObjectId', 'ObjectID', 'Number', 'UUID']

/** Problems with the plugin's option `organization`. */
export function organizationProblems(schema: Schema, options: JitUserOptions): string[] {
  const { organization: path, fields } = options ?? {}
  if (path === undefined) return []
  const problem = pathProblem(schema, path, fields ?? {})
  return problem === undefined ? [] : [`jitUser: organization: ${problem}`]
}

function pathProblem(schema: Schema, path: unknown, fields: object): string | undefined {
  if (typeof path !== 'string' || path === '') return 'must be the path that holds a user’s organization'
  if (isReserved(schema, path))
    return `'${path}' belongs to the database or to this library; name another path`
  if (!isWhole(schema, path)) {
    return `the schema has no path '${path}'${didYouMean(path, Object.keys(schema.paths))}`
  }
  const overlaps = (field: string): boolean =>
    field === path || field.startsWith(`${path}.`) || path.startsWith(`${field}.`)
  if (Object.keys(fields).some(overlaps)) {
    return `'${path}' is also a field; the source decides about it, so remove it from \`fields\``
  }
  const schemaType = schema.path(path)
  const type = schemaType.instance === 'Array' ? elementType(schemaType) : schemaType
  return types.includes(type?.instance ?? '')
    ? undefined
    : `the type ${typeName(schemaType)} can't hold one; it must be a String, ObjectId, Number, UUID, or an array of one`
}
