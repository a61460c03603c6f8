/** The format of a NameID without a Format (SAML Core 2.2.2, 8.3.1). */
export const UNSPECIFIED = 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'

/** Distinguishes two SAML NameIDs with the same text (Core 2.2.2). */
export interface NameQualifiers {
  /** A URI of Core 8.3. Undefined means `urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified`. */
  format?: string
  nameQualifier?: string
  spNameQualifier?: string
}

/**
 * The link between a user and one person at one identity provider. `format` is always stored for a NameID. It is
 * missing for a subject of OpenID Connect, and for a NameID that version 0.1 stored.
 */
export interface Identity extends NameQualifiers {
  /** The SSO source's id. */
  source: string
  issuer: string
  subject: string
  linkedAt: Date
  /** Moves at most once an hour, and with every sign-in that writes. */
  lastLoginAt: Date
  /** The user's email came through this identity, unverified and in no domain of the source. */
  unvouchedEmail?: boolean
}
