import { createSign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { SamlSource } from '../sources/config'
import type { SamlLimits } from './limits'
import { inflateMessage, type XmlElement, scanXml } from './xml/element'
import { refusal } from './refusal'
import { isSignatureOf } from './xml/signature'
import { acceptsAlgorithm } from './signature-profile'

const DEFLATE = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE'

const signatureAlgorithms = {
  sha256: { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', name: 'RSA-SHA256' },
  sha512: { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', name: 'RSA-SHA512' },
} as const

export type MessageField = 'SAMLRequest' | 'SAMLResponse'

/** A message as it came, believed to be the identity provider's. */
export interface SignedMessage {
  field: MessageField
  root: XmlElement
  relayState: string | undefined
}

/**
 * The address that takes a message to the identity provider by HTTP-Redirect (Bindings 3.4.4), signed where the
 * source has a key. node-saml escapes RelayState in one way for the signature and in another for the address.
 */
export function redirectAddress(
  source: SamlSource,
  address: string,
  { field, xml, relayState }: { field: MessageField; xml: string; relayState?: string },
): string {
  const { privateKey, signatureAlgorithm = 'sha256', skipRequestCompression, additionalParams } = source.saml
  const bytes = skipRequestCompression ? Buffer.from(xml) : deflateRawSync(xml)
  const query = new URLSearchParams({ [field]: bytes.toString('base64') })
  if (relayState !== undefined) query.set('RelayState', relayState)
  if (privateKey !== undefined) {
    const { uri, name } = signatureAlgorithms[signatureAlgorithm]
    query.set('SigAlg', uri)
    query.set('Signature', createSign(name).update(query.toString()).sign(privateKey, 'base64'))
  }
  for (const [name, value] of Object.entries(additionalParams ?? {})) query.append(name, value)
  const url = new URL(address)
  url.search = [url.search.slice(1), query.toString()].filter((part) => part !== '').join('&')
  return url.href
}

/**
 * Reads a message that came by HTTP-Redirect. Its signature is over the query exactly as it was written (Bindings
 * 3.4.4.1), and so that is what is read, parsed by nobody before; and nothing is inflated that is not signed.
 */
export function readRedirect(source: SamlSource, query: string, limits: Readonly<SamlLimits>): SignedMessage {
  const parameters = parametersOf(source, query)
  const fields = (['SAMLRequest', 'SAMLResponse'] as const).filter((name) => parameters.has(name))
  const [field] = fields
  if (!field || fields.length > 1) {
    throw refusal(source.id, 'binding', 'The address does not hold one SAML message', 400)
  }
  if ((decoded(source, parameters.get('SAMLEncoding')) ?? DEFLATE) !== DEFLATE) {
    throw refusal(source.id, 'encoding', 'The SAML message has an encoding that is not supported', 400)
  }
  checkSignature(source, parameters, field)
  const relayState = decoded(source, parameters.get('RelayState')?.replaceAll('+', ' '))
  const xml = inflateMessage(source.id, decoded(source, parameters.get(field)), limits)
  return { field, root: scanXml(source.id, xml, limits).root, relayState }
}

const names = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SAMLEncoding', 'SigAlg', 'Signature']

/** The binding's parameters, as they were written. */
function parametersOf(source: SamlSource, query: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const part of query.split('&')) {
    const end = part.indexOf('=')
    const name = end === -1 ? part : part.slice(0, end)
    if (!names.includes(name)) continue
    if (parameters.has(name)) throw refusal(source.id, 'binding', `${name} is there twice`, 400)
    parameters.set(name, end === -1 ? '' : part.slice(end + 1))
  }
  return parameters
}

function decoded(source: SamlSource, value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value)
  } catch {
    throw refusal(source.id, 'encoding', 'The address is not well escaped', 400)
  }
}

function checkSignature(source: SamlSource, parameters: Map<string, string>, field: MessageField): void {
  const algorithm = decoded(source, parameters.get('SigAlg'))
  const signature = decoded(source, parameters.get('Signature'))
  if (!algorithm || !signature) throw refusal(source.id, 'signature', 'The SAML message is not signed')
  if (!acceptsAlgorithm(source, algorithm)) {
    throw refusal(source.id, 'algorithm', 'The signature uses an algorithm that this source does not accept')
  }
  const signed = [field, 'RelayState', 'SigAlg']
    .filter((name) => parameters.has(name))
    .map((name) => `${name}=${parameters.get(name)}`)
    .join('&')
  if (!isSignatureOf(signed, algorithm, signature, [source.saml.idpCert].flat())) {
    throw refusal(source.id, 'signature', 'The signature over the address does not hold')
  }
}
