/** How an identity provider qualifies a NameID (Core 2.2.2); what it leaves out is undefined. */
export interface NameQualifiers {
  format?: string
  nameQualifier?: string
  spNameQualifier?: string
}

/** What began a session here, and what the provider has to be told, or may tell, to end it. */
export interface ProviderSession {
  source: string
  issuer: string
  /** SAML: the NameID, transient or not. OpenID Connect: `sub`. */
  subject: string
  /** By what the provider knows its own session, if it said so. SAML: SessionIndex. OpenID Connect: `sid`. */
  providerSession?: string
  /** When the provider issued the assertion, or the ID token. */
  issuedAt: Date
  /** When the person was sent to the provider; undefined for a sign-in that nobody here asked for. */
  startedAt?: Date
  /** SAML alone. */
  nameId?: NameQualifiers
  /** OpenID Connect: what comes back as `id_token_hint`; only where the provider can be asked to log out. */
  idToken?: string
}

/** Whose sessions a provider wants ended. */
export interface ProviderLogout {
  source: string
  issuer: string
  /** Undefined where the provider names sessions of its own alone. */
  subject?: string
  /** Its own sessions; none are all of this person's. */
  providerSessions: readonly string[]
  /** When the provider gave the order. */
  issuedAt: Date
  /** SAML alone. */
  nameId?: NameQualifiers
}

/**
 * Whether an order about this person, or about this very session of the provider, is about a session here. One that
 * the provider began without telling its own name for it may be any of those that it names: it is ended.
 */
export function covers(order: ProviderLogout, signedIn: ProviderSession): boolean {
  const { providerSession } = signedIn
  const named =
    order.providerSessions.length === 0 ||
    (providerSession === undefined
      ? order.subject !== undefined
      : order.providerSessions.includes(providerSession))
  return named && sameName(order.nameId, signedIn.nameId)
}

const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'

/** Core 8.3: what is left out is to be had from the context, so that only two qualifiers that differ tell names apart. */
function sameName(one: NameQualifiers = {}, other: NameQualifiers = {}): boolean {
  const differ = (a: string | undefined, b: string | undefined): boolean =>
    a !== undefined && b !== undefined && a !== b
  const formats = [one.format, other.format]
  return (
    (formats.includes(UNSPECIFIED) || !differ(one.format, other.format)) &&
    !differ(one.nameQualifier, other.nameQualifier) &&
    !differ(one.spNameQualifier, other.spNameQualifier)
  )
}
