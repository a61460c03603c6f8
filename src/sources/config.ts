import type { Proxy } from '../outgoing/proxy'
import type { generalOptions } from './general-options'
import type { oidcOptions } from './oidc-options'
import type { CompleteOptionsOf, OptionsOf } from './option-table'
import type { samlOptions } from './saml-options'

/** The options of a SAML source: node-saml's own names (`issuer` is the SP's entity ID), and a few more. */
export type SamlOptions = OptionsOf<typeof samlOptions>

/** The options of an OpenID Connect source: passport-openidconnect's own names, and a few more. */
export type OidcOptions = OptionsOf<typeof oidcOptions>

/** One SSO source as the app writes it. */
export interface SourceConfig extends OptionsOf<typeof generalOptions> {
  saml?: SamlOptions
  oidc?: OidcOptions
}

/** The protocol that the identity provider speaks. */
export type Protocol = SourceConfig['protocol']

/** When an existing user is recognized by a login identifier. */
export type Linking = NonNullable<SourceConfig['linking']>

interface SourceBase extends Omit<CompleteOptionsOf<typeof generalOptions>, 'organization'> {
  /** Absent if the source belongs to none. */
  readonly organization?: string
  /** Set up by an admin of one organization: no `domains` means none, not any. */
  readonly delegated?: true
  /** The app's own: how requests reach the identity provider. */
  readonly proxy?: Proxy
}

export interface SamlSource extends SourceBase {
  readonly protocol: 'saml'
  /** With `issuer` (SP entity ID) and `callbackUrl` (ACS) filled in. */
  readonly saml: Readonly<SamlOptions & { issuer: string; callbackUrl: string }>
}

export interface OidcSource extends SourceBase {
  readonly protocol: 'oidc'
  /** With `callbackURL` and `scope` (which includes `openid`) filled in. */
  readonly oidc: Readonly<OidcOptions & { callbackURL: string; scope: string }>
}

/** A validated source with every default filled in, frozen. */
export type Source = SamlSource | OidcSource
