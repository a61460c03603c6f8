import { PROTOCOL_NS } from './namespaces'
import { attributeOf, type XmlElement } from './xml/element'

export const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/** The StatusCode of a Status (Core 3.2.2.2), followed by the one inside it, and so on. */
export function statusCodes(status: XmlElement): string[] {
  const code = status.children.find(({ name }) => name === 'StatusCode')
  if (code?.namespace !== PROTOCOL_NS) return []
  return [attributeOf(code, 'Value') ?? '', ...statusCodes(code)]
}
