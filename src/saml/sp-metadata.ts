import { logoutAddress } from '../sources/addresses'
import type { SamlSource } from '../sources/config'
import type { MappedField } from '../sources/mapping'
import { basicMetadata } from './node-saml'

/**
 * The SP metadata of a source (Metadata 2.4.4): entity ID, assertion consumer service, certificates, the logout service
 * where the source can log out, and an AttributeConsumingService that requests every mapped field.
 */
export function spMetadata(source: SamlSource, mapping: readonly MappedField[], baseUrl: string): string {
  const attributes = mapping.length > 0 ? attributeConsumingService(mapping, source.label) : ''
  const logout =
    source.saml.logoutUrl === undefined ? '' : singleLogoutServices(logoutAddress(baseUrl, source.id))
  return basicMetadata(source)
    .replace(/<(NameIDFormat|AssertionConsumerService)\b/, (first) => logout + first)
    .replace('</SPSSODescriptor>', () => `${attributes}</SPSSODescriptor>`)
}

/** Metadata 2.4.2. Their place is between the keys and the NameID formats. */
function singleLogoutServices(location: string): string {
  return ['HTTP-Redirect', 'HTTP-POST']
    .map((binding) => `urn:oasis:names:tc:SAML:2.0:bindings:${binding}`)
    .map((uri) => `<SingleLogoutService Binding="${uri}" Location="${escapeXml(location)}"/>\n    `)
    .join('')
}

/** Metadata 2.4.4.1. Its place is at the end of the SPSSODescriptor. */
function attributeConsumingService(mapping: readonly MappedField[], label: string): string {
  const names = [...new Set(mapping.map(({ attribute }) => attribute))]
  const requested = names.map((name) => {
    const sharing = mapping.filter(({ attribute }) => attribute === name)
    const label = escapeXml(sharing[0]!.label)
    const isRequired = sharing.some(({ required }) => required)
    return `      <RequestedAttribute Name="${escapeXml(name)}" FriendlyName="${label}" isRequired="${isRequired}"/>\n`
  })
  return (
    '  <AttributeConsumingService index="1" isDefault="true">\n' +
    `      <ServiceName xml:lang="en">${escapeXml(label)}</ServiceName>\n` +
    `${requested.join('')}    </AttributeConsumingService>\n  `
  )
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\r\n]/g, (character) => `&#${character.charCodeAt(0)};`)
}
