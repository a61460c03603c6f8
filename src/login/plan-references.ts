import { isSameValue } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { Remembered } from '../fields/reference-memory'
import type { Source } from '../sources/config'
import type { ReceivedField } from './received-fields'
import type { UserView } from './find-candidates'
import { onMissing } from '../sources/selection'

/** What is to be remembered of a reference, in place of what was. */
export interface PlannedReference {
  field: Field
  before: Remembered | undefined
  after: Remembered | undefined
}

/** Whether an earlier sign-in has found the user whom this names, and the field still holds them. */
export function isSettled(user: UserView, field: Field, named: unknown): boolean {
  const memory = user.references.get(field.path)
  return (
    memory !== undefined &&
    !memory.pending &&
    memory.by === field.ref?.path &&
    memory.value === named &&
    isSameValue(user.values.get(field.path), memory.user)
  )
}

/** What is to be remembered anew of the references in `arrived`, each of which may be written. */
export function planReferences(
  source: Source,
  arrived: readonly ReceivedField[],
  user?: UserView,
): PlannedReference[] {
  return arrived.flatMap((one) => {
    const { field } = one
    if (!field.ref) return []
    const before = user?.references.get(field.path)
    const after = remembered(source, one, field.ref, user) ?? undefined
    return isSameMemory(before, after) ? [] : [{ field, before, after }]
  })
}

function remembered(source: Source, one: ReceivedField, ref: Field, user?: UserView): Remembered | undefined {
  const { path, required } = one.field
  switch (one.state) {
    case 'value':
      return { by: ref.path, value: one.named, user: one.value }
    case 'reference': {
      const held = user?.values.get(path) ?? undefined
      return { by: ref.path, value: one.named, pending: true, ...(held !== undefined && { user: held }) }
    }
    case 'absent':
    case 'empty':
      return onMissing(source, one) === 'clear' && !required ? undefined : user?.references.get(path)
    case 'invalid':
      return user?.references.get(path)
  }
}

function isSameMemory(a: Remembered | undefined, b: Remembered | undefined): boolean {
  if (!a || !b) return a === b
  return a.by === b.by && a.value === b.value && a.pending === b.pending && isSameValue(a.user, b.user)
}

/** Why a reference is not a user, as a sentence. */
export function pendingReason({ field, attribute }: ReceivedField, holders: 'nobody' | 'several'): string {
  const by = field.ref!.label
  return holders === 'several'
    ? `“${attribute}” names several users (by ${by}).`
    : `“${attribute}” names somebody (by ${by}) who has to sign in first.`
}
