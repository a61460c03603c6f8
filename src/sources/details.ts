import type { Field } from '../fields/catalog'
import type { AuthorityOrder } from './authority'
import { isSelected } from './selection'
import { backchannelAddress, logoutAddress } from './addresses'
import type { OidcSource, Protocol, SamlSource, Source } from './config'
import { attributeName } from './mapping'

/** A field and the exact attribute name under which the IdP must send it. */
export interface NamedField {
  path: string
  label: string
  attribute: string
}

/** One row of the read-only field mapping. */
export interface MappingRow extends NamedField {
  kind: 'standard' | 'custom'
  /** `string`, `number`, `boolean`, `date`, `string[]`, ...; `user, by E-mail` for a field that refers to a user. */
  type: string
  required: boolean
  identifier: boolean
  /** Selected, and the toggle is on. */
  provision: boolean
  sync: boolean
  /** The ids of sources in order of authority, if the app gives one for the field. The first one decides. */
  authority?: string[]
}

/** What people need to set a source up at its identity provider. Contains no secret. */
export interface SourceDetails {
  id: string
  label: string
  protocol: Protocol
  enabled: boolean
  provisioning: boolean
  syncing: boolean
  /** The enabled login identifiers, in order; at least one must be mapped at the IdP. */
  loginIdentifiers: NamedField[]
  /** Empty unless provisioning is on. */
  requiredFields: NamedField[]
  /** What to enter at the IdP. */
  configuration: { name: string; value: string }[]
  fieldMapping: MappingRow[]
}

/** What a description needs of the app, in addition to the source. */
export interface DescribeSetup {
  fields: readonly Field[]
  baseUrl: string
  authority?: AuthorityOrder
}

/** Describes a source for an admin. */
export function describeSource(
  source: Source,
  { fields, baseUrl, authority = new Map() }: DescribeSetup,
): SourceDetails {
  const named = (field: Field): NamedField => ({
    path: field.path,
    label: field.label,
    attribute: attributeName(source, field),
  })
  const { id, label, protocol, enabled, provisioning, syncing } = source
  return {
    id,
    label,
    protocol,
    enabled,
    provisioning,
    syncing,
    loginIdentifiers: source.identifiers.map((path) => named(fields.find((field) => field.path === path)!)),
    requiredFields: provisioning ? fields.filter(({ required }) => required).map(named) : [],
    configuration:
      source.protocol === 'saml' ? samlConfiguration(source, baseUrl) : oidcConfiguration(source, baseUrl),
    fieldMapping: fields.map((field) => ({
      ...named(field),
      kind: field.kind,
      type: field.type,
      required: field.required,
      identifier: source.identifiers.includes(field.path),
      provision: isSelected(source, field, 'provision'),
      sync: isSelected(source, field, 'sync'),
      ...(authority.has(field.path) && { authority: [...authority.get(field.path)!] }),
    })),
  }
}

function samlConfiguration({ id, saml }: SamlSource, baseUrl: string): { name: string; value: string }[] {
  return [
    { name: 'ACS URL', value: saml.callbackUrl },
    { name: 'Entity ID', value: saml.issuer },
    { name: 'Metadata URL', value: `${baseUrl}/${id}/metadata` },
    { name: 'Sign-in URL', value: `${baseUrl}/${id}/login` },
    ...(saml.logoutUrl === undefined
      ? []
      : [{ name: 'Single logout URL', value: logoutAddress(baseUrl, id) }]),
    {
      name: 'NameID format',
      value: saml.identifierFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
    },
    { name: 'Signature algorithm', value: 'RSA-SHA256 or better, over the assertion or the response' },
  ]
}

function oidcConfiguration({ id, oidc }: OidcSource, baseUrl: string): { name: string; value: string }[] {
  return [
    { name: 'Redirect URI', value: oidc.callbackURL },
    { name: 'Initiate login URI', value: `${baseUrl}/${id}/login` },
    { name: 'Post-logout redirect URI', value: logoutAddress(baseUrl, id) },
    { name: 'Back-channel logout URI', value: backchannelAddress(baseUrl, id) },
    { name: 'Scopes', value: oidc.scope },
    { name: 'Grant type', value: 'authorization_code' },
    { name: 'Response type', value: 'code' },
    { name: 'PKCE', value: 'S256' },
  ]
}
