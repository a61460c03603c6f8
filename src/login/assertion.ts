/**
 * What an identity provider said about a person, whatever the protocol, after the protocol's own checks.
 */
export interface Assertion {
  /** The identity provider: SAML's Issuer (Core 2.2.5), OpenID Connect's `iss`. */
  issuer: string
  /** The person's permanent name there: a NameID (SAML Core 2.2.3), `sub`. Null when transient. */
  subject: string | null
  /**
   * Attributes or claims by their exact names. A value is a string, number, boolean or an array of these;
   * null or a missing name is "absent", `''`, blanks and `[]` are "empty".
   */
  attributes: Record<string, unknown>
  /** Whether the provider vouches for the e-mail address (`email_verified`); only `true` does. */
  emailVerified?: boolean
}
