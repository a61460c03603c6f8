import type { Buffer } from 'node:buffer'

export type Protocol = 'saml' | 'oidc'

/** When an existing user may be recognised by a login identifier. */
export type Linking = 'never' | 'verified' | 'trusted'

/** node-saml's own option names (beware: `issuer` is the SP's entity ID), and the few of our own. */
export interface SamlOptions {
  /** Where AuthnRequests go: the IdP's SingleSignOnService. */
  entryPoint: string
  /** The IdP's signing certificate or certificates, PEM or bare base64. */
  idpCert: string | string[]
  /** The IdP's entity ID; Response and assertion must carry it. */
  idpIssuer: string
  /** The SP's entity ID. Default: the address of this source's metadata. */
  issuer?: string
  /** The assertion consumer service. Default: `<baseUrl>/<id>/callback`. */
  callbackUrl?: string
  /** With `publicCert`: AuthnRequests are signed. */
  privateKey?: string
  publicCert?: string
  /** With `decryptionCert`: encrypted assertions are read. */
  decryptionPvk?: string | Buffer
  decryptionCert?: string
  signatureAlgorithm?: 'sha256' | 'sha512'
  digestAlgorithm?: 'sha256' | 'sha512'
  /** NameID format asked for; null asks for none. Default: none. */
  identifierFormat?: string | null
  /** Authentication context classes asked for; with `exact`, the assertion must be of one of them. */
  authnContext?: string[]
  racComparison?: 'exact' | 'minimum' | 'maximum' | 'better'
  /** People have to sign in at the IdP anew, after they were sent there: AuthnInstant must say so. Default: false. */
  forceAuthn?: boolean
  passive?: boolean
  providerName?: string
  authnRequestBinding?: 'HTTP-Redirect' | 'HTTP-POST'
  skipRequestCompression?: boolean
  additionalParams?: Record<string, string>
  additionalAuthorizeParams?: Record<string, string>
  /** Clock tolerance in milliseconds. Default: 60,000. */
  acceptedClockSkewMs?: number
  /** How old an assertion may be, in milliseconds. Default: no limit but its own conditions. */
  maxAssertionAgeMs?: number
  /** The IdP's SingleLogoutService by HTTP-Redirect. Default: none, and signing out ends the session here alone. */
  logoutUrl?: string
  /** Demand a signature over the assertion, or over the Response. Default: either is enough. */
  wantAssertionsSigned?: boolean
  wantAuthnResponseSigned?: boolean
  /** Accept SHA-1 signatures and digests. Default: false. */
  allowSha1?: boolean
  /** Accept a Response that no request of ours asked for (no InResponseTo). Default: false. */
  allowIdpInitiated?: boolean
}

/** passport-openidconnect's own option names, and the few of our own. */
export interface OidcOptions {
  /** The provider, exactly as its `iss`; endpoints come from its discovery document unless given. */
  issuer: string
  clientID: string
  clientSecret?: string
  /** Beside `openid`, which is always asked for. Default: `profile email`. */
  scope?: string | string[]
  authorizationURL?: string
  tokenURL?: string
  userInfoURL?: string
  /** The provider's JSON Web Key Set. */
  jwksURL?: string
  /** The provider's `end_session_endpoint`, where signing out ends its session too. */
  endSessionURL?: string
  /** The redirect URI. Default: `<baseUrl>/<id>/callback`. */
  callbackURL?: string
  responseMode?: 'query' | 'form_post'
  prompt?: string
  display?: string
  uiLocales?: string
  loginHint?: string
  maxAge?: number
  acrValues?: string
  /** How the client authenticates at the token endpoint. Default: as discovery announces, else basic. */
  tokenEndpointAuthMethod?: 'client_secret_basic' | 'client_secret_post' | 'none'
  /** Let requests to the provider go to private addresses. Default: false, but for an issuer on loopback. */
  allowPrivateAddresses?: boolean
}

/** One SSO source as the app writes it. */
export interface SourceConfig {
  /** URL-safe and permanent: it is part of every address and of every stored identity. */
  id: string
  label?: string
  protocol: Protocol
  enabled?: boolean
  /** Paths of the enabled login identifiers, in the order in which they are shown. Default: `['email']`. */
  identifiers?: string[]
  provisioning?: boolean
  syncing?: boolean
  fields?: { provision?: 'all' | string[]; sync?: 'all' | string[] }
  /** Attribute name per path, for this source alone. */
  attributes?: Record<string, string>
  linking?: Linking
  /** The e-mail domains that this source may assert; none: any. */
  domains?: string[]
  onAbsent?: 'keep' | 'clear'
  onEmpty?: 'keep' | 'clear'
  saml?: SamlOptions
  oidc?: OidcOptions
}

interface SourceBase {
  readonly id: string
  readonly label: string
  readonly enabled: boolean
  readonly identifiers: readonly string[]
  readonly provisioning: boolean
  readonly syncing: boolean
  readonly fields: { readonly provision: 'all' | readonly string[]; readonly sync: 'all' | readonly string[] }
  readonly attributes: Readonly<Record<string, string>>
  readonly linking: Linking
  readonly domains: readonly string[]
  readonly onAbsent: 'keep' | 'clear'
  readonly onEmpty: 'keep' | 'clear'
}

export interface SamlSource extends SourceBase {
  readonly protocol: 'saml'
  /** Complete: `issuer` (SP entity ID) and `callbackUrl` (ACS) are filled in. */
  readonly saml: Readonly<SamlOptions & { issuer: string; callbackUrl: string }>
}

export interface OidcSource extends SourceBase {
  readonly protocol: 'oidc'
  /** Complete: `callbackURL` and `scope` (with `openid`) are filled in. */
  readonly oidc: Readonly<OidcOptions & { callbackURL: string; scope: string }>
}

/** A validated source with every default filled in, frozen. */
export type Source = SamlSource | OidcSource
