import { domainOf } from '../fields/normalize'
import type { Source } from '../sources/config'
import { assertedEmail, type ReceivedAssertion } from './received-fields'
import type { UserView } from './find-candidates'

/**
 * Why this assertion may not be linked to the one user whom its identifiers match; undefined when it may.
 * The stakes: a link is for good, and whoever is linked is let in as that user.
 */
export function linkingRefusal(
  source: Source,
  arrived: ReceivedAssertion,
  user: UserView,
): string | undefined {
  if (source.linking === 'never') return 'This source never links existing users.'
  if (user.identities.some(({ unvouchedEmail }) => unvouchedEmail)) {
    return 'The user was created from an e-mail address that nobody vouched for.'
  }
  if (source.linking === 'trusted') return undefined
  if (!matchedByEmail(arrived, user)) return 'Only the e-mail address can link an existing user here.'
  if (arrived.emailVerified === false) return 'The provider says that the e-mail address is not verified.'
  if (user.identities.some((identity) => identity.source === source.id)) {
    return 'The user already signs in through this source, as somebody else: the address may have a new owner.'
  }
  if (isInOwnDomain(source, arrived)) return undefined
  if (arrived.emailVerified !== true) return 'Nobody vouches for the e-mail address.'
  return user.identities.length > 0 ? 'The user already signs in through another source.' : undefined
}

/**
 * Whether somebody answers for the asserted e-mail address: the source owns its domain, the provider has
 * verified it, or the app trusts whatever this source says.
 */
export function isEmailVouched(source: Source, arrived: ReceivedAssertion): boolean {
  if (arrived.emailVerified === false) return false
  return arrived.emailVerified === true || source.linking === 'trusted' || isInOwnDomain(source, arrived)
}

/** Whether the asserted e-mail address is in one of the source's `domains`. */
export function isInOwnDomain(source: Source, arrived: ReceivedAssertion): boolean {
  const email = assertedEmail(arrived)
  const domain = email?.state === 'value' ? domainOf(String(email.value)) : undefined
  return domain !== undefined && source.domains.includes(domain)
}

function matchedByEmail(arrived: ReceivedAssertion, user: UserView): boolean {
  return user.matchedBy.some((path) => arrived.fields.get(path)?.field.standard === 'email')
}
