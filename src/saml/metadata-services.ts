import type { SamlOptions } from '../sources/config'
import { METADATA_NS } from './namespaces'
import { attributeOf, childrenOf, type XmlElement } from './xml/element'

export const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
export const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

/** Metadata 2.2.2: answers go to the ResponseLocation, if there is one. */
export function logoutAddresses(role: XmlElement): Pick<SamlOptions, 'logoutUrl' | 'logoutResponseUrl'> {
  const service = serviceOf(role, 'SingleLogoutService', REDIRECT)
  const logoutUrl = service && webAddress(service, 'Location')
  const logoutResponseUrl = service && webAddress(service, 'ResponseLocation')
  return {
    ...(logoutUrl && { logoutUrl }),
    ...(logoutResponseUrl && logoutResponseUrl !== logoutUrl && { logoutResponseUrl }),
  }
}

export function locationOf(role: XmlElement, name: string, binding: string): string | undefined {
  const service = serviceOf(role, name, binding)
  return service && webAddress(service, 'Location')
}

/** The first service of a binding that a browser can be sent to. */
function serviceOf(role: XmlElement, name: string, binding: string): XmlElement | undefined {
  return childrenOf(role, METADATA_NS, name)
    .filter((service) => attributeOf(service, 'Binding')?.trim() === binding)
    .find((service) => webAddress(service, 'Location') !== undefined)
}

function webAddress(service: XmlElement, attribute: string): string | undefined {
  const address = (attributeOf(service, attribute) ?? '').trim()
  return URL.canParse(address) && /^https?:$/.test(new URL(address).protocol) ? address : undefined
}
