import type { Field } from '../fields/catalog'
import type { Source } from './config'

/**
 * Whether a source fills a field when it creates a user (`provision`) or at every sign-in (`sync`).
 * Required fields and enabled login identifiers are provisioned even if they aren't selected: without them the user
 * could not be created, or not be recognized again.
 */
export function isSelected(
  source: Source,
  field: Pick<Field, 'path' | 'required'> & Partial<Pick<Field, 'immutable'>>,
  use: 'provision' | 'sync',
): boolean {
  if (!(use === 'provision' ? source.provisioning : source.syncing)) return false
  const selection = source.fields[use]
  if (selection === 'all' || selection.includes(field.path)) return use === 'provision' || !field.immutable
  return use === 'provision' && (field.required || source.identifiers.includes(field.path))
}

/** What a source does with a field whose attribute is absent or empty. */
export function onMissing(source: Source, { state }: { state: string }): 'keep' | 'clear' {
  return state === 'absent' ? source.onAbsent : source.onEmpty
}
