import type { NameQualifiers } from '../fields/identity'

/** What an identity provider asserts about a person, after all checks of the protocol. The same for both protocols. */
export interface Assertion {
  /** The identity provider: SAML's Issuer (Core 2.2.5), OpenID Connect's `iss`. */
  issuer: string
  /** The person's permanent identifier there: a NameID (SAML Core 2.2.3), `sub`. Null when transient. */
  subject: string | null
  /**
   * SAML: the qualifiers of the subject's NameID. They are part of the identity, because the same text in another
   * format may be another person. If undefined, they aren't compared.
   */
  nameId?: NameQualifiers
  /**
   * Attributes or claims by their exact names. A value is a string, number, boolean or an array of these; a field's
   * `transform` may convert anything else to these. null or a missing name is "absent"; `''`, blanks and `[]` are
   * "empty".
   */
  attributes: Record<string, unknown>
  /**
   * SAML: names of attributes whose values are NameIDs, such as eduPersonTargetedID. They are never login identifiers.
   */
  nameIdAttributes?: readonly string[]
  /**
   * Why attributes that are missing here may exist all the same, such as `could not be decrypted`. Their fields are kept
   * with an `invalid_value` notice. Undefined if what is missing was not sent.
   */
  unreadable?: string
  /** Whether the provider has verified the email (`email_verified`); only `true` counts. */
  emailVerified?: boolean
}

/** A SAML attribute value with an XML element instead of text. It fits no field. */
export class XmlValue {
  constructor(
    /** The element's local name. */
    readonly element: string,
  ) {}
}
