import type { Identity } from '../fields/plugin'
import type { Source } from '../sources/config'
import { assertedEmail, isIdentityOf, type ReceivedAssertion } from './received-fields'
import type { UserView } from './find-candidates'
import { isEmailVouched } from './linking'
import type { PlanInput } from './writable-fields'

/** What is to be done about the identity: nothing, move its lastLoginAt, add it. */
export type IdentityStep = { do: 'nothing' } | { do: 'touch' | 'add'; identity: Identity }

/** How far `lastLoginAt` may lag behind, in milliseconds, so that whoever comes often costs no write. */
const TOUCH_INTERVAL = 60 * 60 * 1000

/** For a user who has not signed in in this way before; a transient subject (Core 8.3.8) is never stored. */
export function addIdentity(
  source: Source,
  arrived: ReceivedAssertion,
  now: Date,
  writesEmail: boolean,
): IdentityStep {
  if (arrived.subject === null) return { do: 'nothing' }
  const identity: Identity = {
    source: source.id,
    issuer: arrived.issuer,
    subject: arrived.subject,
    linkedAt: now,
    lastLoginAt: now,
  }
  if (writesEmail && !isEmailVouched(source, arrived)) identity.unvouchedEmail = true
  return { do: 'add', identity }
}

/** For a user who has; `changed`: something else of them is written in any case. */
export function touchIdentity(
  { source, arrived, now }: PlanInput,
  user: UserView,
  changed: boolean,
  writesEmail: boolean,
): IdentityStep {
  const stored = user.identities.find((one) => isIdentityOf(one, source, arrived))
  if (!stored) return { do: 'nothing' }
  const vouched = isEmailVouched(source, arrived)
  const unvouchedEmail = writesEmail
    ? !vouched
    : Boolean(stored.unvouchedEmail) && !(vouched && holdsEmail(user, arrived))
  const due = now.getTime() - (stored.lastLoginAt?.getTime() ?? 0) >= TOUCH_INTERVAL
  if (!changed && !due && unvouchedEmail === Boolean(stored.unvouchedEmail)) return { do: 'nothing' }
  const { unvouchedEmail: _before, ...rest } = stored
  return { do: 'touch', identity: { ...rest, lastLoginAt: now, ...(unvouchedEmail && { unvouchedEmail }) } }
}

function holdsEmail(user: UserView, arrived: ReceivedAssertion): boolean {
  const email = assertedEmail(arrived)
  return email?.state === 'value' && user.values.get(email.field.path) === email.value
}
