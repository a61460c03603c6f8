import type { SchemaType } from 'mongoose'

/** Properties that Mongoose has and its typings don't. */
interface UntypedState {
  defaultValue?: unknown
  /** A function makes the requirement depend on the document; the schema's own validation handles that. */
  originalRequiredValue?: unknown
}

/** Members of Mongoose's schema types that its typings lack. */
export type SetterType = SchemaType & {
  setters: unknown[]
  applySetters(value: unknown, scope: unknown): unknown
}

/** The schema type of an array's elements: Mongoose 8 calls it `caster`, Mongoose 9 `embeddedSchemaType`. */
export function elementType(schemaType: SchemaType): SchemaType | undefined {
  const { embeddedSchemaType, caster } = schemaType as {
    embeddedSchemaType?: SchemaType
    caster?: SchemaType
  }
  return embeddedSchemaType ?? caster
}

/** `string`, `number`, ..., with `[]` appended for an array. */
export function typeName(schemaType: SchemaType): string {
  if (schemaType.instance !== 'Array') return schemaType.instance.toLowerCase()
  // For an array of documents, Mongoose 8 has a constructor here.
  const { instance = 'mixed' } = (elementType(schemaType) ?? {}) as { instance?: string }
  return `${instance.toLowerCase()}[]`
}

/** Whether the schema sets a default. Every array defaults to the empty array, which doesn't count. */
export function hasDefault(schemaType: SchemaType): boolean {
  if (schemaType.instance !== 'Array') return (schemaType as UntypedState).defaultValue !== undefined
  const { default: value } = schemaType.options as { default?: unknown }
  return typeof value === 'function' || (Array.isArray(value) && value.length > 0)
}

/** Whether the schema requires the path in every document. */
export function isAlwaysRequired(schemaType: SchemaType): boolean {
  const { originalRequiredValue } = schemaType as UntypedState
  return schemaType.isRequired === true && typeof originalRequiredValue !== 'function'
}

/** Whether the path can be written only once. */
export function isImmutable(schemaType: SchemaType): boolean {
  return Boolean((schemaType.options as { immutable?: unknown }).immutable)
}
