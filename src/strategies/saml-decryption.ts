import { promisify } from 'node:util'
import { XMLSerializer } from '@xmldom/xmldom'
import { decrypt } from 'xml-encryption'
import type { SamlSource } from '../sources/config'
import { ASSERTION_NS } from './saml-namespaces'
import { childOf } from './saml-xml'

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
 * The text in a Response's EncryptedAssertion (Core 2.3.4). Nothing of it is verified: anybody can encrypt for a
 * public certificate. Any error means that there is none.
 */
export async function decryptedText(source: SamlSource, response: Element): Promise<string> {
  const encrypted = childOf(response, ASSERTION_NS, 'EncryptedAssertion')
  const every = (name: string) => Array.from(encrypted.getElementsByTagNameNS('*', name))
  if (!every('EncryptionMethod').every((method) => accepted.has(method.getAttribute('Algorithm') ?? ''))) {
    throw new Error('Encryption algorithm not accepted')
  }
  // xml-encryption makes it a part of an XPath expression.
  if (!every('RetrievalMethod').every((method) => /^#[\w.-]+$/.test(method.getAttribute('URI') ?? ''))) {
    throw new Error('Reference to a key not accepted')
  }
  const { decryptionPvk } = source.saml
  if (decryptionPvk === undefined) throw new Error('No decryption key')
  return promisify(decrypt)(new XMLSerializer().serializeToString(encrypted), { key: decryptionPvk })
}
