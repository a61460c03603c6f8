import type { Field } from '../fields/catalog'
import type { Source } from './config'
import { pick } from './merge-patch'

/** One field of the user model, as one source fills it. */
export interface MappedField extends Pick<Field, 'path' | 'label' | 'required'> {
  attribute: string
  /** Further names, if any. The first of all that arrives with a value is read. */
  alternatives?: readonly string[]
  /** The standard field's name (`email`, ...); undefined for a custom field. */
  standard?: string
  /** Written once, when the user is created. */
  immutable?: boolean
}

/** The attribute names under which a source may send a field. The first that arrives with a value is read. */
export function attributeNames(
  source: Pick<Source, 'protocol' | 'attributes'>,
  field: Field,
): [string, ...string[]] {
  const names = [source.attributes[field.path] ?? field.attribute[source.protocol]].flat()
  return names as [string, ...string[]]
}

/** The same, as pages and JSON show it. */
export function namedAttribute(
  source: Parameters<typeof attributeNames>[0],
  field: Field,
): { attribute: string; alternatives: string[] } {
  const [attribute, ...alternatives] = attributeNames(source, field)
  return { attribute, alternatives }
}

/** Every field with the attribute names that the source's IdP must send. */
export function fieldMapping(source: Source, fields: readonly Field[]): MappedField[] {
  return fields.map((field) => ({
    ...pick(field, ['path', 'label', 'required', 'standard', 'immutable']),
    ...namedAttribute(source, field),
  }))
}
