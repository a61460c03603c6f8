import type { Field } from '../fields/catalog'
import type { Change } from './result'

/** One field to write. The model's setters turn `input` into `to`. */
export interface PlannedChange {
  field: Field
  from: unknown
  to: unknown
  input: unknown
  /** Whether the app or the source sets the value instead of the provider. */
  isSet?: true
}

/** The value that clears a field: null if the path has a default, because unsetting would restore the default. */
export function cleared(field: Field): unknown {
  return field.array ? [] : field.hasDefault ? null : undefined
}

export function isBlankValue(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

export function isEmailChange({ field }: PlannedChange): boolean {
  return field.standard === 'email'
}

export function publicChanges(changes: readonly PlannedChange[]): Change[] {
  return changes.map(({ field: { path, label }, from, to }) => ({ path, label, from, to }))
}
