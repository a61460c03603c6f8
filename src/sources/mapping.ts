import type { Field } from '../fields/catalog'
import type { Source } from './config'

/** One field of the user model, as one source fills it. */
export interface MappedField {
  path: string
  label: string
  attribute: string
  required: boolean
  /** The standard field's name (`email`, ...); undefined for a custom field. */
  standard?: string
}

/** The attribute name under which a source must send a field. */
export function attributeName(source: Pick<Source, 'protocol' | 'attributes'>, field: Field): string {
  return source.attributes[field.path] ?? field.attribute[source.protocol]
}

/** Every field with the attribute name that the source's IdP must send. */
export function fieldMapping(source: Source, fields: readonly Field[]): MappedField[] {
  return fields.map((field) => ({
    path: field.path,
    label: field.label,
    attribute: attributeName(source, field),
    required: field.required,
    standard: field.standard,
  }))
}
