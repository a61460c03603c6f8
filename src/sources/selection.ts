import type { Field } from '../fields/catalog'
import type { Source } from './config'

/**
 * Whether a source fills a field when it creates a user (`provision`) or at every sign-in (`sync`). Required fields and
 * enabled login identifiers are always provisioned: without them there is no user, or none to recognize again.
 */
export function isSelected(source: Source, field: Field, use: 'provision' | 'sync'): boolean {
  if (!(use === 'provision' ? source.provisioning : source.syncing)) return false
  const selection = source.fields[use]
  if (selection === 'all' || selection.includes(field.path)) return use === 'provision' || !field.immutable
  return use === 'provision' && (field.required || source.identifiers.includes(field.path))
}

/** What a source does to a field whose attribute was not sent, or was sent without a value. */
export function onMissing(source: Source, { state }: { state: string }): 'keep' | 'clear' {
  return state === 'absent' ? source.onAbsent : source.onEmpty
}
