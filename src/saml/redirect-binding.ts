import { createSign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import type { SamlSource } from '../sources/config'
import { inflateMessage, scanMessage } from './decode-message'
import type { SamlLimits } from './limits'
import { malformed, refusal } from './refusal'
import { demandAlgorithm, demandKey, signingKeys } from './signature-profile'
import { type VerifiedElement, verifyDetached } from './xml/signature'

const DEFLATE = 'urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE'

const signatureAlgorithms = {
  sha256: { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', name: 'RSA-SHA256' },
  sha512: { uri: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', name: 'RSA-SHA512' },
} as const

export const messageFields = ['SAMLRequest', 'SAMLResponse'] as const
export type MessageField = (typeof messageFields)[number]

export interface SignedMessage {
  field: MessageField
  root: VerifiedElement
  relayState: string | undefined
}

interface OutgoingMessage {
  field: MessageField
  xml: string
  relayState?: string
}

/**
 * The address that takes a message to the identity provider by HTTP-Redirect (Bindings 3.4.4), signed if the source
 * has a key. node-saml's own is not used: it escapes RelayState one way in the signed text and another in the address.
 */
export function redirectAddress(source: SamlSource, address: string, message: OutgoingMessage): string {
  const { privateKey, signatureAlgorithm = 'sha256', skipRequestCompression, additionalParams } = source.saml
  const { field, xml, relayState } = message
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
 * Reads a message by HTTP-Redirect. Its signature covers the query exactly as written (Bindings 3.4.4.1), so the query
 * is read as written too, and nothing is inflated before the signature holds.
 */
export function readRedirect(source: SamlSource, query: string, limits: SamlLimits): SignedMessage {
  const parameters = parametersOf(source, query)
  const [field, ...more] = messageFields.filter((name) => parameters.has(name))
  if (!field || more.length > 0)
    throw malformed(source.id, 'binding', 'The address does not hold one SAML message')
  if ((decoded(source, parameters.get('SAMLEncoding')) ?? DEFLATE) !== DEFLATE)
    throw malformed(source.id, 'encoding', 'The SAML message has an encoding that is not supported')
  const signature = signatureOf(source, parameters, field)
  const message = verifyDetached(signature, signingKeys(source), (text) => {
    const signed = parametersOf(source, text)
    const relayState = decoded(source, signed.get('RelayState')?.replaceAll('+', ' '))
    const xml = inflateMessage(source.id, decoded(source, signed.get(field)), limits)
    return { field, root: scanMessage(source.id, xml, limits).root, relayState }
  })
  if (!message) throw refusal(source.id, 'signature', 'The signature over the address does not hold')
  return message
}

/** Bindings 3.4.4.1. */
const parameterNames = [...messageFields, 'RelayState', 'SAMLEncoding', 'SigAlg', 'Signature']

function parametersOf(source: SamlSource, query: string): Map<string, string> {
  const parameters = new Map<string, string>()
  for (const part of query.split('&')) {
    const [name = '', ...value] = part.split('=')
    if (!parameterNames.includes(name)) continue
    if (parameters.has(name)) throw malformed(source.id, 'binding', `The address has ${name} twice`)
    parameters.set(name, value.join('='))
  }
  return parameters
}

function decoded(source: SamlSource, value: string | undefined): string | undefined {
  try {
    return value === undefined ? undefined : decodeURIComponent(value)
  } catch {
    throw malformed(source.id, 'encoding', 'The address is not well escaped')
  }
}

function signatureOf(source: SamlSource, parameters: ReadonlyMap<string, string>, field: MessageField) {
  const algorithm = decoded(source, parameters.get('SigAlg'))
  const value = decoded(source, parameters.get('Signature'))
  if (!algorithm || !value) throw refusal(source.id, 'signature', 'The SAML message is not signed')
  demandAlgorithm(source, algorithm)
  demandKey(source, algorithm)
  const signed = [field, 'RelayState', 'SigAlg'].filter((name) => parameters.has(name))
  return { text: signed.map((name) => `${name}=${parameters.get(name)}`).join('&'), algorithm, value }
}
