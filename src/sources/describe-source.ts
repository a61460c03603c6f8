import type { Field } from '../fields/catalog'
import type { AuthorityOrder } from './authority'
import { isSelected } from './selection'
import { backchannelAddress, logoutAddress } from './addresses'
import type { OidcSource, SamlSource, Source } from './config'
import type { NamedField, SourceDetails } from './details'
import { namedAttribute } from './mapping'
import { pick } from './merge-patch'

type Setup = { fields: readonly Field[]; baseUrl: string; authority?: AuthorityOrder }

export function describeSource(source: Source, setup: Setup): SourceDetails {
  const { fields, baseUrl, authority = new Map<string, readonly string[]>() } = setup
  const named = (field: Field): NamedField => ({
    ...pick(field, ['path', 'label']),
    ...namedAttribute(source, field),
  })
  const { provisioning } = source
  return {
    ...pick(source, ['id', 'label', 'organization', 'protocol', 'enabled', 'provisioning', 'syncing']),

    loginIdentifiers: source.identifiers.map((path) => named(fields.find((field) => field.path === path)!)),
    requiredFields: provisioning ? fields.filter(({ required }) => required).map(named) : [],
    configuration:
      source.protocol === 'saml' ? samlConfiguration(source, baseUrl) : oidcConfiguration(source, baseUrl),
    fieldMapping: fields.map((field) => ({
      ...named(field),
      ...pick(field, ['kind', 'type', 'required']),
      identifier: source.identifiers.includes(field.path),
      provision: isSelected(source, field, 'provision'),
      sync: isSelected(source, field, 'sync'),
      ...(authority.has(field.path) && { authority: [...authority.get(field.path)!] }),
    })),
  }
}

const persistent = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'

function samlConfiguration({ id, saml }: SamlSource, baseUrl: string): SourceDetails['configuration'] {
  return [
    { name: 'ACS URL', value: saml.callbackUrl },
    { name: 'Entity ID', value: saml.issuer },
    { name: 'Metadata URL', value: `${baseUrl}/${id}/metadata` },
    { name: 'Sign-in URL', value: `${baseUrl}/${id}/login` },
    ...(saml.logoutUrl === undefined
      ? []
      : [{ name: 'Single logout URL', value: logoutAddress(baseUrl, id) }]),
    { name: 'NameID format', value: saml.identifierFormat ?? persistent },
    { name: 'Signature algorithm', value: 'RSA-SHA256 or better, over the assertion or the response' },
  ]
}

function oidcConfiguration({ id, oidc }: OidcSource, baseUrl: string): SourceDetails['configuration'] {
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
