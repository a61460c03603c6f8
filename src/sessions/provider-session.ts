import type { NameQualifiers } from '../fields/identity'

/** The provider's side of a session here: what either side names when it ends the session. */
export interface ProviderSession {
  source: string
  issuer: string
  /** SAML: the NameID, transient or not; null for an assertion without one. OpenID Connect: `sub`. */
  subject: string | null
  /** SAML: SessionIndex. OpenID Connect: `sid`. Undefined where the provider sent none. */
  providerSession?: string
  /** When the provider issued the assertion, or the ID token. */
  issuedAt: Date
  /** When the browser was sent to the provider; undefined for a sign-in that began there. */
  startedAt?: Date
  /** SAML only. */
  nameId?: NameQualifiers
  /** OpenID Connect: goes back as `id_token_hint`. Kept only where the provider has an end session endpoint. */
  idToken?: string
}

/** A session that a sign-in is about to begin. */
export interface NewSession extends ProviderSession {
  /** The user's id as text. */
  user?: string
}

/** The app ends a user's sessions: all, or those that a source's sign-ins began. */
export interface UserLogout {
  /** The user's id as text. */
  user: string
  source?: string
}

export interface ProviderLogout {
  source: string
  issuer: string
  /** Undefined where the provider names only sessions of its own. */
  subject?: string
  /** The provider's own sessions; an empty list means all of this person's. */
  providerSessions: readonly string[]
  /** When the provider gave the order. */
  issuedAt: Date
  /** SAML only. */
  nameId?: NameQualifiers
}

/**
 * Whether an order that matches a session's person, or its session at the provider, covers it. If the provider sent no
 * name for its own session, that session may be any that the order names, so the order covers it.
 */
export function covers(logout: ProviderLogout, session: ProviderSession): boolean {
  const { providerSession } = session
  const isNamed =
    logout.providerSessions.length === 0 ||
    (providerSession === undefined
      ? logout.subject !== undefined
      : logout.providerSessions.includes(providerSession))
  return isNamed && isSameName(logout.nameId, session.nameId)
}

/**
 * Whether two NameIDs of the same text may be the same name. A format or qualifier that one of them leaves out follows
 * from the context (SAML Core 8.3), so only two that differ tell them apart. Entra ID names no format at logout.
 */
export function isSameName(a: NameQualifiers = {}, b: NameQualifiers = {}): boolean {
  return (['format', 'nameQualifier', 'spNameQualifier'] as const).every(
    (part) => !a[part] || !b[part] || a[part] === b[part],
  )
}
