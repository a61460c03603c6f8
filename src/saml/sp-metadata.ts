import { SAML } from '@node-saml/passport-saml'
import type { MappedField } from '../sources/mapping'
import type { SamlSource } from '../sources/config'
import { nodeSamlOptions } from './node-saml'

/**
 * The SP metadata of a source (Metadata 2.4.4): entity ID, assertion consumer service, the certificates that
 * are configured, the logout service at `logout` where the source can log out, and an AttributeConsumingService,
 * called `label`, that requests every mapped field.
 */
export function spMetadata(
  source: SamlSource,
  mapping: readonly MappedField[],
  label: string,
  logout: string,
): string {
  const { decryptionCert = null, publicCert = null } = source.saml
  const saml = new SAML({ ...nodeSamlOptions(source), signMetadata: false })
  const metadata = saml.generateServiceProviderMetadata(decryptionCert, publicCert)
  const service = mapping.length > 0 ? attributeConsumingService(mapping, label) : ''
  const logoutServices = source.saml.logoutUrl === undefined ? '' : singleLogoutServices(logout)
  return metadata
    .replace(/<(NameIDFormat|AssertionConsumerService)\b/, (first) => logoutServices + first)
    .replace('</SPSSODescriptor>', () => `${service}</SPSSODescriptor>`)
}

/** Metadata 2.4.2: between the keys and the NameID formats. */
function singleLogoutServices(location: string): string {
  return ['HTTP-Redirect', 'HTTP-POST']
    .map((binding) => `urn:oasis:names:tc:SAML:2.0:bindings:${binding}`)
    .map((uri) => `<SingleLogoutService Binding="${uri}" Location="${escapeXml(location)}"/>\n    `)
    .join('')
}

/** Metadata 2.4.4.1: the last of what an SPSSODescriptor holds. */
function attributeConsumingService(mapping: readonly MappedField[], label: string): string {
  const requested = mapping.map(
    (field) =>
      `      <RequestedAttribute Name="${escapeXml(field.attribute)}" FriendlyName="${escapeXml(field.label)}"` +
      ` isRequired="${field.required}"/>\n`,
  )
  return (
    '  <AttributeConsumingService index="1" isDefault="true">\n' +
    `      <ServiceName xml:lang="en">${escapeXml(label)}</ServiceName>\n` +
    `${requested.join('')}    </AttributeConsumingService>\n  `
  )
}

/** Text for XML, as content or as an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`)
}
