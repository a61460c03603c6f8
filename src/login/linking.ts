import { domainOf } from '../fields/normalize'
import type { Source } from '../sources/config'
import type { UserView } from './find-candidates'
import { receivedEmail, type ReceivedAssertion } from './received-fields'

/** Why an email is not trusted. */
export function unverifiedEmail({ emailVerified }: ReceivedAssertion): string {
  return emailVerified === 'text'
    ? "The provider sends email_verified as text. Only the boolean true counts if the domain isn't listed."
    : "This email isn't verified, and its domain isn't listed for this source."
}

/**
 * Why the assertion may not be linked to the one user that its identifiers match; undefined if it may.
 * A link is permanent, and lets the person in as that user.
 */
export function linkingRefusal(
  source: Source,
  received: ReceivedAssertion,
  user: UserView,
): string | undefined {
  if (source.linking === 'never') return 'This source never links existing users.'
  if (user.identities.some(({ unvouchedEmail }) => unvouchedEmail)) {
    return 'This user was created from an email that was not verified.'
  }
  if (source.linking === 'trusted') return undefined
  if (!isMatchedByEmail(received, user)) return 'This source links existing users by email only.'
  if (received.emailVerified === false) return 'The provider says that this email is not verified.'
  if (user.identities.some((identity) => identity.source === source.id)) {
    return 'This user already signs in through this source with another identity: the email may have a new owner.'
  }
  if (isInOwnDomain(source, received)) return undefined
  if (received.emailVerified !== true) return unverifiedEmail(received)
  return user.identities.length > 0 ? 'This user already signs in through another source.' : undefined
}

/** Why the identity can't be connected to the signed-in user; undefined if it can. */
export function connectingRefusal(
  source: Source,
  received: ReceivedAssertion,
  user: UserView,
): string | undefined {
  if (received.subject === null) return 'A transient subject cannot be connected.'
  const isSecond = user.identities.some((identity) => identity.source === source.id)
  return isSecond ? 'This user is connected to another identity of this source.' : undefined
}

/** Whether the received email is trusted: the provider verified it, the source owns its domain, or `linking` is `trusted`. */
export function isEmailVouched(source: Source, received: ReceivedAssertion): boolean {
  if (received.emailVerified === false) return false
  return received.emailVerified === true || source.linking === 'trusted' || isInOwnDomain(source, received)
}

/** Whether the received email is in one of the source's `domains`. */
export function isInOwnDomain(source: Source, received: ReceivedAssertion): boolean {
  const email = receivedEmail(received)
  const domain = email?.state === 'value' ? domainOf(String(email.value)) : undefined
  return domain !== undefined && source.domains.includes(domain)
}

function isMatchedByEmail(received: ReceivedAssertion, user: UserView): boolean {
  return user.matchedBy.some((path) => received.fields.get(path)?.field.standard === 'email')
}
