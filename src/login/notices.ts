import { superior } from '../sources/authority'
import { onMissing } from '../sources/selection'
import type { UserView } from './find-candidates'
import { unresolvedReason } from './plan-references'
import type { ReceivedField } from './received-fields'
import type { Notice } from './result'
import { isFilledBy, isWritten, type PlanInput } from './writable-fields'

/** Notices about received values. They don't depend on the user. */
export function valueNotices(input: PlanInput): Notice[] {
  const writes = isWritten(input)
  const entries = [...input.received.fields.values()].filter(
    ({ field }) => writes(field) && !input.decided.set.has(field.path),
  )
  return entries.flatMap((entry) => valueNotice(input, entry) ?? [])
}

function valueNotice(input: PlanInput, entry: ReceivedField): Notice | undefined {
  const { field, attribute } = entry
  const kept = isNewUser(input) ? 'is not set' : 'is not changed'
  const block = input.blocked.get(field.path)
  if (block && block.code !== 'unfilled') {
    return notice(entry, block.code, `${field.label} ${kept}: “${attribute}” ${block.reason}.`)
  }
  if (entry.state === 'invalid') {
    return notice(entry, 'invalid_value', `${field.label} ${kept}: “${attribute}” ${entry.reason}.`)
  }
  if (entry.state === 'reference' && entry.unresolved) {
    const reason = unresolvedReason(entry, entry.unresolved)
    return notice(entry, 'reference_pending', `${field.label} ${kept}: ${reason}`)
  }
  if (entry.several) {
    const message = `${field.label} holds one value: the first one of “${attribute}” is used.`
    return notice(entry, 'multiple_values', message)
  }
  if (!isKept(input, entry)) return undefined
  const received = entry.state === 'absent' ? 'was not received' : 'was received empty'
  return notice(entry, 'attribute_missing', `${field.label} ${kept}: “${attribute}” ${received}.`)
}

/** Whether a field stays as it is because its attribute is absent or empty. */
function isKept(input: PlanInput, entry: ReceivedField): boolean {
  if (entry.state !== 'absent' && entry.state !== 'empty') return false
  return isNewUser(input) ? entry.state === 'absent' : onMissing(input.source, entry) === 'keep'
}

function isNewUser({ candidates }: PlanInput): boolean {
  return candidates.users.length === 0
}

/** Notices about received values of fields that another source decides about. */
export function ownedNotices(input: PlanInput, { identities }: UserView): Notice[] {
  const { source, received, authority } = input
  const isFilled = isFilledBy(input)
  const signIn = { source, identities }
  return [...received.fields.values()].flatMap((entry) => {
    const { field, state } = entry
    const owner = superior(authority, signIn, field)
    if (!owner || state === 'absent' || !isFilled(field)) return []
    return notice(entry, 'owned_elsewhere', `${field.label} is managed by “${owner.label}”.`)
  })
}

export function notice({ field, attribute }: ReceivedField, code: Notice['code'], message: string): Notice {
  return { code, path: field.path, attribute, message }
}
