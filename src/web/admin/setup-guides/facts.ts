import type { OidcSource, SamlSource } from '../../../sources/config'
import type { SourceDetails } from '../../../sources/details'
import { askFor, type FieldList, guideFields, listed } from './fields'

/** What a guide may refer to by name. Holds no secret. */
export interface Facts {
  /** For values and texts. Undefined values are left out. */
  values: Record<string, string | undefined>
  conditions: Record<string, boolean>
  fields: Record<string, FieldList>
}

/** How a product differs from others over SAML. */
export interface SamlTerms {
  /** The product's words for NameID formats. The guide shows the full name of any other format. */
  nameIdFormats?: Partial<Record<'persistent' | 'emailAddress' | 'unspecified' | 'transient', string>>
}

export type SamlFacts = ReturnType<typeof samlFacts>

export function samlFacts(details: SourceDetails, { saml }: SamlSource, { nameIdFormats = {} }: SamlTerms) {
  const format = shortFormat(saml.identifierFormat)
  return {
    values: {
      ...commonValues(details, 'Sign-in URL'),
      acsUrl: saml.callbackUrl,
      /** A regular expression that matches the ACS URL only. */
      acsUrlPattern: `^${saml.callbackUrl.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')}$`,
      entityId: saml.issuer,
      metadataUrl: configured(details, 'Metadata URL'),
      /** In the product's words. */
      nameIdFormat: new Map(Object.entries(nameIdFormats)).get(format) ?? fullFormat(format),
      signingCertificate: saml.publicCert,
      encryptionCertificate: saml.decryptionCert,
    },
    conditions: {
      /** The source signs its requests. */
      signs: saml.privateKey !== undefined,
      /** The source reads encrypted assertions. */
      decrypts: saml.decryptionPvk !== undefined,
      /** The source requests an email address as NameID. */
      emailNameId: format === 'emailAddress',
    },
    fields: { all: askFor(guideFields(details), details) },
  }
}

/** The last part of the name of a NameID format of SAML Core 8.3, or the whole name of any other. */
function shortFormat(urn: string | null | undefined): string {
  return /^urn:oasis:names:tc:SAML:[\d.]+:nameid-format:(\w+)$/.exec(urn ?? '')?.[1] ?? urn ?? 'persistent'
}

function fullFormat(format: string): string {
  if (format.includes(':')) return format
  const version = format === 'persistent' || format === 'transient' ? '2.0' : '1.1'
  return `urn:oasis:names:tc:SAML:${version}:nameid-format:${format}`
}

/** How a product differs from others over OpenID Connect. */
export interface OidcTerms {
  /** What to enter as issuer, in words. */
  issuer: string
  /** The claims that need no setup: this list, or those of the requested scopes. */
  sentClaims?: 'byScope' | readonly string[]
  /** The claims that the product sends once they are chosen as optional claims. */
  optionalClaims?: readonly string[]
  /** What a source has to request, or the product leaves claims out. */
  requires?: { scopes: readonly string[]; responseMode: 'query' | 'form_post' }
}

export type OidcFacts = ReturnType<typeof oidcFacts>

export function oidcFacts(details: SourceDetails, { oidc }: OidcSource, terms: OidcTerms) {
  const scopes = oidc.scope.split(' ')
  const responseMode = oidc.responseMode ?? 'query'
  const { optionalClaims = [], requires = { scopes: [], responseMode } } = terms
  const sent = [...sentClaims(terms, scopes), ...optionalClaims]
  const fields = guideFields(details)
  // A dotted name is a path into a claim.
  const unsent = fields.filter(({ attribute }) => !sent.includes(attribute.split('.')[0]!))
  return {
    values: {
      ...commonValues(details, 'Initiate login URI'),
      redirectUri: oidc.callbackURL,
      backchannelLogoutUri: configured(details, 'Back-channel logout URI'),
      clientId: oidc.clientID,
      /** The source's scopes, and those that the product requires. */
      scopes: [...new Set([...scopes, ...requires.scopes])].join(' '),
      responseMode,
      /** The attribute names of the fields in `unsent`. */
      unsentClaims: listed(unsent, 'and'),
      /** Ends the step `bringClient`. */
      enterClient: `Then edit this source here and enter them, and as issuer ${terms.issuer}.`,
    },
    conditions: {
      /** The list `unsent` has fields. */
      unsentFields: unsent.length > 0,
      /** The source requests what the product requires. */
      meetsRequirements:
        requires.scopes.every((scope) => scopes.includes(scope)) && requires.responseMode === responseMode,
    },
    fields: {
      all: askFor(fields, details),
      /** The fields that the product sends neither by itself nor as optional claims. */
      unsent: askFor(unsent, details),
      optionalClaims: {
        rows: fields.filter((field) => optionalClaims.includes(field.attribute)),
        request: '',
      },
    },
  }
}

function sentClaims({ sentClaims = [] }: OidcTerms, scopes: readonly string[]): readonly string[] {
  return sentClaims === 'byScope' ? scopes.flatMap((scope) => claimsOfScope[scope] ?? []) : sentClaims
}

/** The claims of each scope (OpenID Connect Core 5.4). */
const claimsOfScope: Record<string, string[]> = {
  profile: [
    ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
    ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
}

function commonValues(details: SourceDetails, loginName: string) {
  const loginUrl = configured(details, loginName)
  // The details of a SAML source list the logout URL only if the provider's own is configured.
  return { label: details.label, loginUrl, logoutUrl: new URL('logout', loginUrl).href }
}

function configured({ configuration }: SourceDetails, name: string): string {
  return configuration.find((entry) => entry.name === name)?.value ?? ''
}
