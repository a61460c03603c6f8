import type { Field } from '../fields/catalog'
import type { Change } from './result'

/** One field to write. The model's setters turn `input` into `to`. */
export interface PlannedChange {
  field: Field
  from: unknown
  to: unknown
  input: unknown
  /** The app or the source sets the value; it did not arrive. */
  isSet?: true
}

/** What clears a field. A path with a default would get it back if it were unset; null stays. */
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
