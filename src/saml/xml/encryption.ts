import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto'
import { isUtf8 } from 'node:buffer'
import { decodeBase64 } from './base64'
import { algorithmOf, attributeOf, childOf, childrenOf, textOf, type XmlElement } from './element'
import {
  type Cipher,
  ciphers,
  type Decrypted,
  ENCRYPTION_11_NS,
  ENCRYPTION_NS,
  keyTransports,
  oaepDigests,
  oaepMasks,
} from './encryption-algorithms'
import { XmlError } from './error'
import { choose, type Padding, unwrapKey } from './oaep'
import { SIGNATURE_NS } from './signature-algorithms'

/** Keys to try: each costs an operation with the private key. */
const MAX_KEYS = 12

/** An element that encrypts another one (SAML Core 2.2.4), as anyone can see it. */
export interface Encryption {
  cipher: string
  content: Buffer
  keys: readonly EncryptedKey[]
}

interface EncryptedKey {
  method: XmlElement
  algorithm: string
  ciphertext: Buffer
}

/**
 * Reads EncryptedData and the EncryptedKeys in its KeyInfo or beside it (XML Encryption 3.4, 3.5). Throws XmlError if
 * it is not in this form.
 */
export function readEncryption(encrypted: XmlElement): Encryption {
  const data = childOf(encrypted, ENCRYPTION_NS, 'EncryptedData')
  const beside = childrenOf(encrypted, ENCRYPTION_NS, 'EncryptedKey')
  if (encrypted.children.length !== 1 + beside.length)
    throw new XmlError('encryption', 'holds more than encrypted data and keys')
  const info = childrenOf(data, SIGNATURE_NS, 'KeyInfo')
  const keys = [...info.flatMap((each) => childrenOf(each, ENCRYPTION_NS, 'EncryptedKey')), ...beside]
  const ids = keys.map((key) => `#${attributeOf(key, 'Id')}`)
  const references = info.flatMap((each) => childrenOf(each, SIGNATURE_NS, 'RetrievalMethod'))
  if (!references.every((reference) => ids.includes(attributeOf(reference, 'URI') ?? '')))
    throw new XmlError('encryption', 'refers to a key that it does not hold')
  return {
    cipher: algorithmOf(childOf(data, ENCRYPTION_NS, 'EncryptionMethod')),
    content: cipherValue(data),
    keys: keys.map((key) => {
      const method = childOf(key, ENCRYPTION_NS, 'EncryptionMethod')
      return { method, algorithm: algorithmOf(method), ciphertext: cipherValue(key) }
    }),
  }
}

function cipherValue(encrypted: XmlElement): Buffer {
  const value = childOf(childOf(encrypted, ENCRYPTION_NS, 'CipherData'), ENCRYPTION_NS, 'CipherValue')
  const bytes = value.children.length > 0 ? undefined : decodeBase64(textOf(value))
  if (!bytes) throw new XmlError('encryption', 'has an encrypted value that is not base64')
  return bytes
}

/** The algorithm that keeps this library from decrypting; undefined if it accepts them. */
export function unacceptedAlgorithm({ cipher, keys }: Encryption): string | undefined {
  if (!ciphers.has(cipher)) return cipher
  const refused = keys.map((key) => refusedPart(key))
  return refused.includes(undefined) ? undefined : refused[0]
}

/** The key's algorithm, digest or mask, if it is not accepted. */
function refusedPart({ method, algorithm }: EncryptedKey): string | undefined {
  if (!keyTransports.has(algorithm)) return algorithm
  const { digest, mask } = oaepMethods(method)
  if (digest !== undefined && !oaepDigests.has(digest)) return digest
  return mask === undefined || oaepMasks.has(mask) ? undefined : mask
}

function oaepMethods(method: XmlElement): { digest: string | undefined; mask: string | undefined } {
  const [digest] = childrenOf(method, SIGNATURE_NS, 'DigestMethod')
  const [mask] = childrenOf(method, ENCRYPTION_11_NS, 'MGF')
  return { digest: digest && algorithmOf(digest), mask: mask && algorithmOf(mask) }
}

/**
 * The text that an element encrypts (XML Encryption 4.4). Anyone can encrypt for a public certificate, so the text is
 * no more trusted than the element. It is of no use unless it `isIntact`, but the caller goes on with it: to tell the
 * sender why a text cannot be decrypted, be it by the time that the answer takes, would help to decrypt it. Throws
 * XmlError only for what anyone can see of the element.
 */
export function decryptContent(
  encrypted: XmlElement,
  privateKey: string | Buffer,
): { text: string; isIntact: boolean } {
  const encryption = readEncryption(encrypted)
  const cipher = ciphers.get(encryption.cipher)
  if (!cipher || unacceptedAlgorithm(encryption) !== undefined || encryption.keys.length === 0)
    throw new XmlError('encryption', 'encrypts by a method that is not supported')
  const { key, isKey } = contentKey(encryption.keys, createPrivateKey(privateKey), cipher.keyBytes)
  const { bytes, isIntact } = decrypted(cipher, key, encryption.content)
  const isText = isUtf8(bytes)
  // Bytes that are no UTF-8 take as long to scan as those that are.
  const text = bytes.toString(isText ? 'utf8' : 'latin1').replace(/^\ufeff/, '')
  return { text, isIntact: isIntact && isText && isKey === 1 }
}

/** Tries every key that could be ours: what a key says of its recipient is a hint. Random if none of them is. */
function contentKey(
  keys: readonly EncryptedKey[],
  privateKey: KeyObject,
  keyBytes: number,
): { key: Buffer; isKey: number } {
  const modulusBytes = Math.ceil((privateKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  const possible = keys.filter(
    (key) => refusedPart(key) === undefined && key.ciphertext.length === modulusBytes,
  )
  let key: Buffer = randomBytes(keyBytes)
  let isKey = 0
  for (const { method, ciphertext } of possible.slice(0, MAX_KEYS)) {
    const unwrapped = unwrapKey({ ciphertext, privateKey }, paddingsOf(method), keyBytes)
    key = choose(unwrapped.isKey & ~isKey, unwrapped.key, key)
    isKey |= unwrapped.isKey
  }
  return { key, isKey }
}

/** Without an MGF the mask is SHA-1, but much software masks with the hash function of the digest. */
function paddingsOf(method: XmlElement): Padding[] {
  const { digest, mask } = oaepMethods(method)
  const hash = (digest && oaepDigests.get(digest)) ?? 'sha1'
  const [params] = childrenOf(method, ENCRYPTION_NS, 'OAEPparams')
  const label = (params && decodeBase64(textOf(params))) ?? Buffer.alloc(0)
  const masks = mask === undefined ? ['sha1', hash] : [oaepMasks.get(mask) ?? 'sha1']
  return [...new Set(masks)].map((each) => ({ hash, mask: each, label }))
}

function decrypted(cipher: Cipher, key: Buffer, content: Buffer): Decrypted {
  try {
    return cipher.decrypt(key, content)
  } catch {
    // Content of a wrong length, or that AES-GCM does not authenticate.
    return { bytes: content, isIntact: false }
  }
}
