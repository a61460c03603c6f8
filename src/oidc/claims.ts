import type { MappedField } from '../sources/mapping'
import type { Assertion } from '../login/assertion'
import { type Claims, claimValue, ownValue } from '../login/claims'

/** True when the ID token lacks a claim that the source maps. */
export function lacksMappedClaim(idToken: Claims, mapping: readonly MappedField[]): boolean {
  return mapping.some(({ attribute }) => claimValue(idToken, attribute) === undefined)
}

/**
 * Makes the Assertion: every mapped claim under exactly its attribute name, and every other claim of both
 * documents under its own. Where both hold a claim, the ID token wins.
 */
export function assertionOf(
  issuer: string,
  idToken: Claims & { sub: string },
  userInfo: Claims | undefined,
  mapping: readonly MappedField[],
): Assertion {
  // Without a prototype a claim called `__proto__` is a claim like any other.
  const attributes = Object.create(null) as Record<string, unknown>
  const documents = userInfo ? [idToken, userInfo] : [idToken]
  for (const { attribute } of mapping) {
    const origin = originOf(documents, attribute)
    if (origin) attributes[attribute] = claimValue(origin, attribute)
  }
  for (const [name, value] of documents.flatMap((claims) => Object.entries(claims)))
    attributes[name] ??= value
  const emailVerified = isEmailVerified(documents, mapping)
  return { issuer, subject: idToken.sub, attributes, ...(emailVerified !== undefined && { emailVerified }) }
}

/** The document that a claim is taken from: the first that holds it. */
function originOf(documents: Claims[], name: string): Claims | undefined {
  return documents.find((claims) => claimValue(claims, name) !== undefined)
}

/**
 * What the document that the e-mail address came from says of it (OpenID Connect Core 5.1). `email_verified`
 * vouches for the claim `email` and no other: a source that takes the address from another claim, which people
 * may be free to choose, is vouched for only where both are the same.
 */
function isEmailVerified(documents: Claims[], mapping: readonly MappedField[]): boolean | undefined {
  const attribute = mapping.find(({ standard }) => standard === 'email')?.attribute
  if (attribute === undefined) return undefined
  const origin = originOf(documents, attribute)
  if (!origin) return undefined
  const verified = ownValue(origin, 'email_verified')
  if (verified === false || verified === 'false') return false
  return verified === true && ownValue(origin, 'email') === claimValue(origin, attribute) ? true : undefined
}
