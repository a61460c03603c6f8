/** Claims by their names, objects among them: an ID token's, a UserInfo response's, or what an app gives to `login`. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * The value of a claim: by its literal name first, then as a dotted path into objects; a URL is never split.
 * Own properties only. Undefined where it is absent or null.
 */
export function claimValue(claims: Claims, name: string): unknown {
  const literal = ownValue(claims, name)
  if (literal !== undefined || name.includes('://')) return literal
  return name.split('.').reduce<unknown>(ownValue, claims)
}

/**
 * Whether a claim exists, but has to be fetched from somewhere else (OpenID Connect Core 5.6.2): Entra ID does so with
 * the groups of somebody who has too many of them.
 */
export function isElsewhere(claims: Claims, name: string): boolean {
  return ownValue(ownValue(claims, '_claim_names'), name) !== undefined
}

/** A property of its own that an object has; undefined where it is absent or null. */
export function ownValue(holder: unknown, name: string): unknown {
  const holds =
    typeof holder === 'object' && holder !== null && !Array.isArray(holder) && Object.hasOwn(holder, name)
  return holds ? ((holder as Claims)[name] ?? undefined) : undefined
}

/** What an ID token says of itself and of the sign-in, not of the person (RFC 7519 4.1, OpenID Connect Core 2). */
export const tokenClaims: readonly string[] = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  ...['nonce', 'auth_time', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 's_hash', 'sid'],
]
