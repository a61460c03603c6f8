import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { Remembered } from '../fields/reference-memory'
import type { Source } from '../sources/config'
import { onMissing } from '../sources/selection'
import type { UserView } from './find-candidates'
import type { ReceivedField, Unresolved } from './received-fields'

export interface PlannedReference {
  field: Field
  before: Remembered | undefined
  after: Remembered | undefined
}

/** Whether an earlier sign-in found the user with this identifier, and the field still refers to them. */
export function isSettled(user: UserView, field: Field, identifier: unknown): boolean {
  const memory = user.references.get(field.path)
  if (!memory || memory.pending || memory.by !== field.ref?.path || memory.value !== identifier) return false
  return isSameValue(user.values.get(field.path), memory.user)
}

/** The memories that change, among those of fields that may be written. */
export function planReferences(
  source: Source,
  entries: readonly ReceivedField[],
  user?: UserView,
): PlannedReference[] {
  return entries.flatMap((entry) => {
    const { field } = entry
    if (!field.ref) return []
    const before = user?.references.get(field.path)
    const after = memoryAfter(source, entry, user)
    return isSameMemory(before, after) ? [] : [{ field, before, after }]
  })
}

function memoryAfter(source: Source, entry: ReceivedField, user?: UserView): Remembered | undefined {
  const { path, required, ref } = entry.field
  const by = ref!.path
  switch (entry.state) {
    case 'value':
      return { by, value: entry.identifier, user: entry.value }
    case 'reference': {
      const current = user?.values.get(path) ?? undefined
      return { by, value: entry.identifier, pending: true, ...(current !== undefined && { user: current }) }
    }
    case 'absent':
    case 'empty':
      return onMissing(source, entry) === 'clear' && !required ? undefined : user?.references.get(path)
    case 'invalid':
      return user?.references.get(path)
  }
}

function isSameMemory(a: Remembered | undefined, b: Remembered | undefined): boolean {
  if (!a || !b) return a === b
  return a.by === b.by && a.value === b.value && a.pending === b.pending && isSameValue(a.user, b.user)
}

export function unresolvedReason({ field, attribute }: ReceivedField, unresolved: Unresolved): string {
  const by = field.ref!.label
  return unresolved === 'several'
    ? `“${attribute}” matches several users (by ${by}).`
    : `“${attribute}” names a user (by ${by}) who does not exist yet.`
}
