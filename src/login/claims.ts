/** Claims by name, nested objects included: an ID token's, a UserInfo response's, or those an app passes to `login`. */
export type Claims = Readonly<Record<string, unknown>>

/**
 * The value of a claim: by its literal name first, then as a dotted path into objects. URLs are never split.
 * Own properties only. Undefined if absent or null.
 */
export function claimValue(claims: Claims, name: string): unknown {
  const literal = ownValue(claims, name)
  if (literal !== undefined || name.includes('://')) return literal
  return name.split('.').reduce<unknown>(ownValue, claims)
}

/** The first name whose attribute has a value. If none has one, the first name that was received. */
export function arrivedName(
  names: readonly string[],
  valueOf: (name: string) => unknown,
): string | undefined {
  return names.find((name) => !isBlank(valueOf(name))) ?? names.find((name) => valueOf(name) !== undefined)
}

/** Whether a value is empty: null, blanks, or a list of these. */
export function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isBlank)
  return value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
}

/**
 * Whether a claim exists but has to be fetched from somewhere else (OpenID Connect Core 5.6.2). Entra ID does this with
 * the groups of people who have too many.
 */
export function isElsewhere(claims: Claims, name: string): boolean {
  return ownValue(ownValue(claims, '_claim_names'), name) !== undefined
}

/** An object's own property; undefined if absent or null. */
export function ownValue(holder: unknown, name: string): unknown {
  const isOwn =
    typeof holder === 'object' && holder !== null && !Array.isArray(holder) && Object.hasOwn(holder, name)
  return isOwn ? ((holder as Claims)[name] ?? undefined) : undefined
}

/** Claims about the ID token and the sign-in, not about the person (RFC 7519 4.1, OpenID Connect Core 2). */
export const tokenClaims: readonly string[] = [
  ...['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'],
  ...['nonce', 'auth_time', 'acr', 'amr', 'azp', 'at_hash', 'c_hash', 's_hash', 'sid'],
]
