import type { ReceivedField } from './received-fields'
import { superior } from '../sources/authority'
import type { UserView } from './find-candidates'
import { isWanted, isWritten, type PlanInput } from './writable-fields'
import { pendingReason } from './plan-references'
import type { Notice } from './result'
import { onMissing } from '../sources/selection'

/** The notices that depend on what arrived, not on who it is about. */
export function valueNotices(input: PlanInput): Notice[] {
  const { source, arrived, blocked, candidates } = input
  const writes = isWritten(input)
  const isNew = candidates.users.length === 0
  const kept = isNew ? 'is not set' : 'stays as it is'
  return [...arrived.fields.values()]
    .filter(({ field }) => writes(field))
    .flatMap((one): Notice[] => {
      const { field, attribute } = one
      const stop = blocked.get(field.path)
      if (stop && stop.code !== 'unfilled')
        return [notice(one, stop.code, `${field.label} ${kept}: “${attribute}” ${stop.reason}.`)]
      if (one.state === 'invalid') {
        return [notice(one, 'invalid_value', `${field.label} ${kept}: “${attribute}” ${one.reason}.`)]
      }
      if (one.state === 'reference' && one.holders) {
        return [
          notice(one, 'reference_pending', `${field.label} ${kept}: ${pendingReason(one, one.holders)}`),
        ]
      }
      if (one.several) {
        return [
          notice(
            one,
            'multiple_values',
            `${field.label} holds one value; the first of “${attribute}” was taken.`,
          ),
        ]
      }
      const isMissing = one.state === 'absent' || one.state === 'empty'
      const isKept = isMissing && (isNew ? one.state === 'absent' : onMissing(source, one) === 'keep')
      if (!isKept) return []
      const arrivedAs = one.state === 'absent' ? 'did not arrive' : 'arrived empty'
      return [
        notice(one, 'attribute_missing', `“${attribute}” ${arrivedAs}; ${field.label} was left as it is.`),
      ]
    })
}

/** What arrived for a field about which another source decides. */
export function ownedNotices(
  { source, arrived, candidates, authority }: PlanInput,
  user: UserView,
): Notice[] {
  const wanted = isWanted({ source, arrived, candidates })
  return [...arrived.fields.values()].flatMap((one) => {
    const { field, state } = one
    const owner = superior(authority, source, user.identities, field)
    if (!owner || state === 'absent' || !wanted(field)) return []
    return [notice(one, 'owned_elsewhere', `${field.label} is kept in step by “${owner.label}”.`)]
  })
}

export function notice({ field, attribute }: ReceivedField, code: Notice['code'], message: string): Notice {
  return { code, path: field.path, attribute, message }
}
