import { promisify } from 'node:util'
import { decrypt } from 'xml-encryption'
import type { SamlSource } from '../../sources/config'
import { canonicalText, EXCLUSIVE } from './canonical'
import { attributeOf, childOf, descendants, type XmlElement } from './element'
import { ASSERTION_NS } from './namespaces'

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
 * The text in a message's EncryptedAssertion (Core 2.3.4) or EncryptedID (2.2.4). Nothing of it is verified: anybody
 * can encrypt for a public certificate. Any error means that there is none.
 */
export async function decryptedText(
  source: SamlSource,
  message: XmlElement,
  name: 'EncryptedAssertion' | 'EncryptedID',
): Promise<string> {
  const encrypted = childOf(message, ASSERTION_NS, name)
  const inside = descendants(encrypted)
  const every = (tag: string, attribute: string, fits: (value: string) => boolean): boolean =>
    inside.every((element) => element.name !== tag || fits(attributeOf(element, attribute) ?? ''))
  // xml-encryption makes the reference to a key (XML Signature 4.5.3) a part of an XPath expression.
  const isAccepted =
    every('EncryptionMethod', 'Algorithm', (value) => accepted.has(value)) &&
    every('RetrievalMethod', 'URI', (value) => /^#[\w.-]+$/.test(value))
  const { decryptionPvk } = source.saml
  if (!isAccepted || decryptionPvk === undefined) throw new Error('Not encrypted in a way that is accepted')
  return promisify(decrypt)(canonicalText(encrypted, { algorithm: EXCLUSIVE }), { key: decryptionPvk })
}
