import type { Identity } from '../fields/identity'
import type { UserView } from './find-candidates'
import { isEmailVouched } from './linking'
import { isIdentityOf, receivedEmail, type ReceivedAssertion } from './received-fields'
import type { PlanInput } from './writable-fields'

/** What a sign-in does with the identity: nothing, update its lastLoginAt, or add it. */
export type IdentityStep = { do: 'nothing' } | { do: 'touch' | 'add'; identity: Identity }

/** How far `lastLoginAt` may lag behind, in milliseconds, so that frequent sign-ins cost no write. */
const TOUCH_INTERVAL_MS = 60 * 60 * 1000

/** The step for an identity that is not stored yet. A transient subject (SAML Core 8.3.8) is never stored. */
export function addIdentity({ source, received, now }: PlanInput, writesEmail: boolean): IdentityStep {
  if (received.subject === null) return { do: 'nothing' }
  const identity: Identity = {
    source: source.id,
    issuer: received.issuer,
    subject: received.subject,
    ...received.nameId,
    linkedAt: now,
    lastLoginAt: now,
  }
  if (writesEmail && !isEmailVouched(source, received)) identity.unvouchedEmail = true
  return { do: 'add', identity }
}

/**
 * The step for a stored identity. If version 0.1 stored it, the step adds the NameID's qualifiers. `writes`: whether
 * the sign-in writes anything else, and the email.
 */
export function touchIdentity(
  { source, received, now }: PlanInput,
  user: UserView,
  writes: { anything: boolean; email: boolean },
): IdentityStep {
  const stored = user.identities.find((identity) => isIdentityOf(identity, source, received))
  if (!stored) return { do: 'nothing' }
  const vouched = isEmailVouched(source, received)
  const unvouchedEmail = writes.email
    ? !vouched
    : Boolean(stored.unvouchedEmail) && !(vouched && hasReceivedEmail(user, received))
  const takesNameId = stored.format === undefined && received.nameId !== undefined
  const isDue = now.getTime() - (stored.lastLoginAt?.getTime() ?? 0) >= TOUCH_INTERVAL_MS
  if (!writes.anything && !isDue && !takesNameId && unvouchedEmail === Boolean(stored.unvouchedEmail)) {
    return { do: 'nothing' }
  }
  const { unvouchedEmail: _before, ...rest } = stored
  return {
    do: 'touch',
    identity: {
      ...rest,
      ...(takesNameId && received.nameId),
      lastLoginAt: now,
      ...(unvouchedEmail && { unvouchedEmail }),
    },
  }
}

function hasReceivedEmail(user: UserView, received: ReceivedAssertion): boolean {
  const email = receivedEmail(received)
  return email?.state === 'value' && user.values.get(email.field.path) === email.value
}
