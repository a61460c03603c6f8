import { type CipherGCMTypes, constants, createDecipheriv, privateDecrypt } from 'node:crypto'
import { algorithmOf, attributeOf, descendants, textWithin, type XmlElement } from './element'
import { XmlError } from './error'

/** Block encryption (XML Encryption 5.2). Triple DES is missing on purpose. */
const ciphers: ReadonlyMap<string, (key: Buffer, content: Buffer) => Buffer> = new Map([
  ['http://www.w3.org/2001/04/xmlenc#aes128-cbc', cbc('aes-128-cbc')],
  ['http://www.w3.org/2001/04/xmlenc#aes256-cbc', cbc('aes-256-cbc')],
  ['http://www.w3.org/2009/xmlenc11#aes128-gcm', gcm('aes-128-gcm')],
  ['http://www.w3.org/2009/xmlenc11#aes256-gcm', gcm('aes-256-gcm')],
])

/** Key transport (XML Encryption 5.5). RSA 1.5 is missing on purpose: an attacker who asks often enough undoes it. */
const RSA_OAEP = 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p'

/** The DigestMethods of RSA-OAEP that count, for its mask as well; any other one, or none, means SHA-1. */
const oaepHashes: ReadonlyMap<string, string> = new Map([
  ['http://www.w3.org/2000/09/xmldsig#sha256', 'sha256'],
  ['http://www.w3.org/2000/09/xmldsig#sha512', 'sha512'],
])

/**
 * The text that an element encrypts (XML Encryption 4.4). Anyone can encrypt for a public certificate, so the text is
 * no more trusted than the element. Throws if it cannot be decrypted; the caller must not tell the sender why, since
 * the reason would help to decrypt it.
 */
export function decryptedText(encrypted: XmlElement, privateKey: string | Buffer): string {
  const parts = descendants(encrypted)
  if (!parts.every(isSupported))
    throw new XmlError('encryption', 'encrypts by a method that is not supported')
  const key = contentKey(parts, privateKey)
  const decipher = ciphers.get(algorithmOf(part(parts, 'EncryptedData', 'EncryptionMethod')))
  if (!decipher) throw new XmlError('encryption', 'does not encrypt its content by a block cipher')
  return decipher(key, bytesOf(part(parts, 'EncryptedData', 'CipherData', 'CipherValue'))).toString('utf8')
}

/** Every method and every reference to a key must be supported, even one that nothing uses. */
function isSupported(element: XmlElement): boolean {
  if (element.name === 'RetrievalMethod') return /^#[\w.-]+$/.test(attributeOf(element, 'URI') ?? '')
  if (element.name !== 'EncryptionMethod') return true
  return algorithmOf(element) === RSA_OAEP || ciphers.has(algorithmOf(element))
}

function contentKey(parts: readonly XmlElement[], privateKey: string | Buffer): Buffer {
  const { method, value } = encryptedKey(parts)
  if (algorithmOf(method) !== RSA_OAEP)
    throw new XmlError('encryption', 'does not encrypt its key by RSA-OAEP')
  const digest = find(parts, 'KeyInfo', 'EncryptedKey', 'EncryptionMethod', 'DigestMethod')
  const oaepHash = (digest && oaepHashes.get(algorithmOf(digest))) ?? 'sha1'
  const padding = constants.RSA_PKCS1_OAEP_PADDING
  return privateDecrypt({ key: privateKey, padding, oaepHash }, bytesOf(value))
}

/** The EncryptedKey in KeyInfo, or else the one that its RetrievalMethod refers to (XML Encryption 3.5). */
function encryptedKey(parts: readonly XmlElement[]): { method: XmlElement; value: XmlElement } {
  const method = find(parts, 'KeyInfo', 'EncryptedKey', 'EncryptionMethod')
  // KeyInfo comes before CipherData (XML Encryption 3.1), so the first CipherValue is that of the key.
  if (method) return { method, value: part(parts, 'CipherValue') }
  const uri = attributeOf(part(parts, 'EncryptedData', 'KeyInfo', 'RetrievalMethod'), 'URI') ?? ''
  const keys = parts.filter(({ name }) => name === 'EncryptedKey')
  const key = keys.find((element) => attributeOf(element, 'Id') === uri.slice('#'.length))
  const inside = key ? descendants(key) : []
  return {
    method: part(inside, 'EncryptedKey', 'EncryptionMethod'),
    value: part(inside, 'EncryptedKey', 'CipherData', 'CipherValue'),
  }
}

function cbc(name: string): (key: Buffer, content: Buffer) => Buffer {
  return (key, content) => {
    const decipher = createDecipheriv(name, key, content.subarray(0, 16)).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(content.subarray(16)), decipher.final()])
    // The last byte says how long the padding is; its other bytes are arbitrary.
    const padding = padded.at(-1) ?? 0
    if (padding < 1 || padding > 16) throw new XmlError('encryption', 'has a padding that is too long')
    return padded.subarray(0, -padding)
  }
}

function gcm(name: CipherGCMTypes): (key: Buffer, content: Buffer) => Buffer {
  return (key, content) => {
    const decipher = createDecipheriv(name, key, content.subarray(0, 12), { authTagLength: 16 })
    decipher.setAuthTag(content.subarray(-16))
    return Buffer.concat([decipher.update(content.subarray(12, -16)), decipher.final()])
  }
}

/** The first element at the end of a path of local names. */
function find(parts: readonly XmlElement[], ...path: string[]): XmlElement | undefined {
  return parts.find((element) => isAt(element, path))
}

function isAt(element: XmlElement | undefined, path: readonly string[]): boolean {
  return path.length === 0 || (element?.name === path.at(-1) && isAt(element?.parent, path.slice(0, -1)))
}

function part(parts: readonly XmlElement[], ...path: string[]): XmlElement {
  const element = find(parts, ...path)
  if (!element) throw new XmlError('encryption', `has no ${path.join('/')}`)
  return element
}

/** Node.js ignores characters that are not base64. */
function bytesOf(cipherValue: XmlElement): Buffer {
  return Buffer.from(textWithin(cipherValue), 'base64')
}
