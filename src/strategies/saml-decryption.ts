import { promisify } from 'node:util'
import { DOMParser, XMLSerializer } from '@xmldom/xmldom'
import { decrypt } from 'xml-encryption'
import type { SamlSource } from '../sources/config'
import { attributeOf, type Outline } from './saml-message'

/**
 * XML Encryption algorithms that are read: AES, in CBC mode too, with a key under RSA-OAEP. Neither Triple DES
 * nor RSA 1.5, which an attacker undoes by asking often enough.
 */
const accepted = new Set([
  'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
  'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
  'http://www.w3.org/2009/xmlenc11#aes128-gcm',
  'http://www.w3.org/2009/xmlenc11#aes256-gcm',
  'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
])

/**
 * The text in a message's EncryptedAssertion (Core 2.3.4), which node-saml will find too, so that it can be looked
 * through first: anybody can encrypt for a public certificate. Or in its EncryptedID (Core 2.2.4). Any error means
 * that there is none.
 */
export async function decryptedText(
  source: SamlSource,
  { xml, elements }: Outline,
  name: 'EncryptedAssertion' | 'EncryptedID' = 'EncryptedAssertion',
): Promise<string> {
  const methods = elements.filter(({ name }) => name === 'EncryptionMethod')
  if (!methods.every((method) => accepted.has(attributeOf(method, 'Algorithm') ?? ''))) {
    throw new Error('Encryption algorithm not accepted')
  }
  const { decryptionPvk } = source.saml
  if (decryptionPvk === undefined) throw new Error('No decryption key')
  const message = new DOMParser().parseFromString(xml, 'text/xml').documentElement
  const encrypted = Array.from(message.childNodes).find((child) => (child as Element).localName === name)
  if (!encrypted) throw new Error(`No ${name}`)
  return promisify(decrypt)(new XMLSerializer().serializeToString(encrypted), { key: decryptionPvk })
}
