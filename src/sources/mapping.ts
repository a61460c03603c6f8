import { attributeName, type Field } from '../fields/catalog'
import type { Source } from './config'

/** One field of the user model, as one source fills it. */
export interface MappedField {
  path: string
  label: string
  /** The name under which the identity provider must send it. */
  attribute: string
  required: boolean
  /** The standard field that it is (`email`, ...); undefined for a custom one. */
  standard?: string
}

/** Every field with the attribute name that this source's identity provider must use. */
export function fieldMapping(source: Source, fields: readonly Field[]): MappedField[] {
  return fields.map((field) => {
    const { path, label, required, standard } = field
    return { path, label, attribute: attributeName(source, field), required, standard }
  })
}
