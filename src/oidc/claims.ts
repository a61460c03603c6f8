import type { Assertion } from '../login/assertion'
import { arrivedName, type Claims, claimValue, ownValue } from '../login/claims'
import type { OidcSource } from '../sources/config'
import type { MappedField } from '../sources/mapping'
import { isSelected } from '../sources/selection'
import type { IdTokenClaims } from './id-token'
import type { UserInfo } from './userinfo'

/** Whether to request UserInfo: `oidc.userInfo` says so, or the ID token lacks a claim that a sign-in uses. */
export function needsUserInfo(source: OidcSource, idToken: Claims, mapping: readonly MappedField[]): boolean {
  const { userInfo = 'auto' } = source.oidc
  if (userInfo !== 'auto') return userInfo === 'always'
  const isMissing = (field: MappedField): boolean =>
    namesOf(field).every((name) => claimValue(idToken, name) === undefined)
  return mapping.some((field) => isUsed(source, field) && isMissing(field))
}

/** Whether a source writes a field, identifies people by it, or checks their domain by it. */
function isUsed(source: OidcSource, field: MappedField): boolean {
  return (
    isSelected(source, field, 'provision') ||
    isSelected(source, field, 'sync') ||
    source.identifiers.includes(field.path) ||
    (field.standard === 'email' && source.domains.length > 0)
  )
}

/**
 * Makes the Assertion: each mapped claim under its attribute name, and every other claim of both documents under its
 * own name. Where both hold a claim, the ID token wins.
 */
export function assertionOf(
  issuer: string,
  { idToken, userInfo, unreadable }: UserInfo & { idToken: IdTokenClaims },
  mapping: readonly MappedField[],
): Assertion {
  // Without a prototype, a claim called `__proto__` is like any other.
  const attributes = Object.create(null) as Record<string, unknown>
  const documents = userInfo ? [idToken, userInfo] : [idToken]
  for (const name of mapping.flatMap(namesOf)) {
    const origin = originOf(documents, name)
    if (origin) attributes[name] = claimValue(origin, name)
  }
  for (const claims of documents) {
    for (const [name, value] of Object.entries(claims)) attributes[name] ??= value
  }
  const emailVerified = isEmailVerified(documents, mapping)
  return {
    ...{ issuer, subject: idToken.sub, attributes },
    ...(unreadable !== undefined && { unreadable }),
    ...(emailVerified !== undefined && { emailVerified }),
  }
}

function namesOf({ attribute, alternatives = [] }: MappedField): string[] {
  return [attribute, ...alternatives]
}

function originOf(documents: Claims[], name: string): Claims | undefined {
  return documents.find((claims) => claimValue(claims, name) !== undefined)
}

/**
 * Whether the document that holds the email also vouches for it (OpenID Connect Core 5.1). `email_verified` vouches only
 * for the claim `email`. A source may read the email from another claim, which people may choose freely: that one
 * counts as verified only where both are equal.
 */
function isEmailVerified(documents: Claims[], mapping: readonly MappedField[]): boolean | undefined {
  const email = mapping.find(({ standard }) => standard === 'email')
  const valueOf = (name: string): unknown => claimValue(originOf(documents, name) ?? {}, name)
  const attribute = email && arrivedName(namesOf(email), valueOf)
  const origin = attribute === undefined ? undefined : originOf(documents, attribute)
  if (attribute === undefined || !origin) return undefined
  const verified = ownValue(origin, 'email_verified')
  if (verified === false || (typeof verified === 'string' && /^false$/i.test(verified))) return false
  return verified === true && ownValue(origin, 'email') === claimValue(origin, attribute) ? true : undefined
}
