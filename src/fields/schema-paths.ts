import type { Schema } from 'mongoose'
import { appliedOptions } from './applied-options'

/** Whether a path can't be filled or set, because it identifies users, or is above or below such a path. */
export function isReserved(schema: Schema, path: string): boolean {
  const { versionKey, discriminatorKey } = schema.options as Record<string, unknown>
  const reserved = ['_id', '__v', 'identities', 'jitReferences', 'jitDirectory', versionKey, discriminatorKey]
  return reserved.some(
    (other) => typeof other === 'string' && (isWithin(path, other) || isWithin(other, path)),
  )
}

/** Whether a path is the organization's, or is above or below it. */
export function isOrganization(schema: Schema, path: string): boolean {
  const organization = appliedOptions(schema)?.organization
  return organization !== undefined && (isWithin(path, organization) || isWithin(organization, path))
}

/** Whether a path equals another one, or is below it. */
export function isWithin(path: string, parent: string): boolean {
  return path === parent || path.startsWith(`${parent}.`)
}

/** Whether the schema declares exactly this path, outside of arrays. */
export function isWhole(schema: Schema, path: string): boolean {
  return schema.pathType(path) === 'real' && !isBelowArray(schema, path)
}

function isBelowArray(schema: Schema, path: string): boolean {
  const parents = path.split('.').slice(0, -1)
  return parents.some((_, i) => {
    const { instance } = schema.path(parents.slice(0, i + 1).join('.')) ?? {}
    return instance === 'Array' || instance === 'DocumentArray'
  })
}
