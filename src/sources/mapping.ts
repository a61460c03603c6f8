import type { Field } from '../fields/catalog'
import type { Source } from './config'
import { pick } from './merge-patch'

/** One field of the user model, as one source fills it. */
export interface MappedField extends Pick<Field, 'path' | 'label' | 'required'> {
  attribute: string
  /** The standard field's name (`email`, ...); undefined for a custom field. */
  standard?: string
  /** Written once, when the user is created. */
  immutable?: boolean
}

/** The attribute name under which a source must send a field. */
export function attributeName(source: Pick<Source, 'protocol' | 'attributes'>, field: Field): string {
  return source.attributes[field.path] ?? field.attribute[source.protocol]
}

/** Every field with the attribute name that the source's IdP must send. */
export function fieldMapping(source: Source, fields: readonly Field[]): MappedField[] {
  return fields.map((field) => ({
    ...pick(field, ['path', 'label', 'required', 'standard', 'immutable']),
    attribute: attributeName(source, field),
  }))
}
