import type { Protocol } from './config'

/** A field and the exact attribute name under which the IdP must send it. */
export interface NamedField {
  path: string
  label: string
  attribute: string
  /** Further names, in order. The first of all names that arrives with a value is read. */
  alternatives: string[]
}

/** One row of the read-only field mapping. */
export interface MappingRow extends NamedField {
  kind: 'standard' | 'custom'
  /** `string`, `number`, `boolean`, `date`, `string[]`, ...; `user, by E-mail` for a field that refers to a user. */
  type: string
  required: boolean
  identifier: boolean
  /** Selected, and the toggle is on. */
  provision: boolean
  sync: boolean
  /** The ids of sources in order of authority, if the app gives one for the field. The first one decides. */
  authority?: string[]
}

/** What people need to set a source up at its identity provider. Contains no secret. */
export interface SourceDetails {
  id: string
  label: string
  /** The app's own id of the customer that it belongs to. Absent if there is none. */
  organization?: string
  protocol: Protocol
  enabled: boolean
  provisioning: boolean
  syncing: boolean
  /** The enabled login identifiers, in order; at least one must be mapped at the IdP. */
  loginIdentifiers: NamedField[]
  /** Empty unless provisioning is on. */
  requiredFields: NamedField[]
  /** What to enter at the IdP. */
  configuration: { name: string; value: string }[]
  fieldMapping: MappingRow[]
}
