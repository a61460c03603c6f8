/*
 * XML Signature (https://www.w3.org/TR/xmldsig-core1/), and what may be believed because of one. Why this is safe:
 *
 * - One parser. `scanXml` makes the tree that is checked, made canonical and read, so that a signature cannot cover one
 *   reading and the app believe another.
 * - Only the hashed text is read. What comes out of here is parsed again from the very text whose digest was signed.
 *   A mistake in the canonical text or in the choice of an element can refuse a genuine signature, and do nothing else.
 * - KeyInfo is never used. Keys come from the caller alone; a message cannot bring its own.
 * - No DOCTYPE, so no entities; and every bound is checked before any signature is.
 */
import { constants, createHash, type KeyObject, verify } from 'node:crypto'
import { canonicalText, EXCLUSIVE, INCLUSIVE } from './canonical'
import {
  algorithmOf,
  attributeOf,
  childOf,
  childrenOf,
  textOf,
  type XmlDocument,
  type XmlElement,
} from './element'
import { decryptedText } from './encryption'
import { XmlError } from './error'
import { scanXml } from './scan'
import { type ScanLimits, unlimited } from './scan-limits'

export const SIGNATURE_NS = 'http://www.w3.org/2000/09/xmldsig#'

/** The transform that takes the signature itself out of the text that it covers (XML Signature 6.6.4). */
export const ENVELOPED = `${SIGNATURE_NS}enveloped-signature`

declare const verified: unique symbol

/**
 * An element that is covered by a signature of a trusted key. This module alone makes one (no other may cast to it):
 * `verifyEnveloped`, `verifyDetached`, and `decrypt` for what was encrypted inside one.
 */
export interface VerifiedElement extends XmlElement {
  readonly [verified]: true
  readonly parent: VerifiedElement | undefined
  readonly children: readonly VerifiedElement[]
  readonly content: readonly (VerifiedElement | string)[]
}

type Hash = 'sha1' | 'sha256' | 'sha512'

interface SignatureAlgorithm {
  hash: Hash
  keyTypes: readonly KeyObject['asymmetricKeyType'][]
  padding: { padding: number; saltLength?: number }
}

function pkcs1(hash: Hash): SignatureAlgorithm {
  return { hash, keyTypes: ['rsa'], padding: { padding: constants.RSA_PKCS1_PADDING } }
}

/** XML Signature 6.4, RFC 6931 2.3. Without HMAC: a public key is no secret. */
const signatureAlgorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  [`${SIGNATURE_NS}rsa-sha1`, pkcs1('sha1')],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', pkcs1('sha256')],
  ['http://www.w3.org/2001/04/xmldsig-more#rsa-sha512', pkcs1('sha512')],
  [
    'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
    {
      hash: 'sha256',
      keyTypes: ['rsa', 'rsa-pss'],
      padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    },
  ],
])

/** XML Signature 6.2. */
const digestAlgorithms: ReadonlyMap<string, Hash> = new Map([
  [`${SIGNATURE_NS}sha1`, 'sha1'],
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
])

/** The hash function of a signature or digest algorithm; undefined if the algorithm is not supported. */
export function hashOf(algorithm: string): Hash | undefined {
  return signatureAlgorithms.get(algorithm)?.hash ?? digestAlgorithms.get(algorithm)
}

/**
 * The element, without its signature, as one of these keys signed it (XML Signature 3.2). Undefined if the signature
 * does not hold. The caller has checked the signature's form: where it is, and which transforms it uses.
 */
export function verifyEnveloped(
  element: XmlElement,
  keys: readonly KeyObject[],
): VerifiedElement | undefined {
  try {
    const signature = childOf(element, SIGNATURE_NS, 'Signature')
    const info = verifiedInfo(signature, keys)
    const reference = info && childOf(info, SIGNATURE_NS, 'Reference')
    const id = attributeOf(element, 'ID')
    if (!reference || id === undefined || attributeOf(reference, 'URI') !== `#${id}`) return undefined
    const text = canonicalText(element, { ...canonicalizationOf(reference), without: signature })
    return digestHolds(text, reference) ? readVerified(text) : undefined
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

/** SignedInfo, read again from the canonical text that SignatureValue covers (XML Signature 3.2.2). */
function verifiedInfo(signature: XmlElement, keys: readonly KeyObject[]): VerifiedElement | undefined {
  const info = childOf(signature, SIGNATURE_NS, 'SignedInfo')
  const method = childOf(info, SIGNATURE_NS, 'CanonicalizationMethod')
  const text = canonicalText(info, { algorithm: algorithmOf(method), prefixes: prefixList(method) })
  const value = textOf(childOf(signature, SIGNATURE_NS, 'SignatureValue'))
  const algorithm = algorithmOf(childOf(info, SIGNATURE_NS, 'SignatureMethod'))
  return signatureHolds({ text, algorithm, value }, keys) ? readVerified(text) : undefined
}

function readVerified(text: string): VerifiedElement {
  return scanXml(text, unlimited).root as VerifiedElement
}

/** A signature beside the text that it covers; its value is base64. */
export interface DetachedSignature {
  text: string
  algorithm: string
  value: string
}

/**
 * What `read` finds in a signed text, and in nothing else, with its `root` verified. Undefined if the signature does
 * not hold for any of these keys; then nothing is read.
 */
export function verifyDetached<T extends { root: XmlElement }>(
  signature: DetachedSignature,
  keys: readonly KeyObject[],
  read: (text: string) => T,
): (T & { root: VerifiedElement }) | undefined {
  return signatureHolds(signature, keys) ? (read(signature.text) as T & { root: VerifiedElement }) : undefined
}

/**
 * What an element encrypts. It is verified if the element is, since the signature covers the encrypted text. Throws if
 * it cannot be decrypted; the caller must not tell the sender why.
 */
export function decrypt<E extends XmlElement>(
  encrypted: E,
  privateKey: string | Buffer | undefined,
  limits: ScanLimits,
): XmlDocument<E> {
  if (privateKey === undefined) throw new XmlError('encryption', 'is encrypted, and there is no key')
  return scanXml(decryptedText(encrypted, privateKey), limits) as XmlDocument<E>
}

function signatureHolds({ text, algorithm, value }: DetachedSignature, keys: readonly KeyObject[]): boolean {
  const method = signatureAlgorithms.get(algorithm)
  if (!method) return false
  const { hash, keyTypes, padding } = method
  const [bytes, signature] = [Buffer.from(text), Buffer.from(value, 'base64')]
  return keys.some((key) => {
    try {
      return keyTypes.includes(key.asymmetricKeyType) && verify(hash, bytes, { key, ...padding }, signature)
    } catch {
      // OpenSSL refuses some keys and lengths with an error.
      return false
    }
  })
}

function digestHolds(text: string, reference: XmlElement): boolean {
  const hash = digestAlgorithms.get(algorithmOf(childOf(reference, SIGNATURE_NS, 'DigestMethod')))
  if (!hash) return false
  const expected = Buffer.from(textOf(childOf(reference, SIGNATURE_NS, 'DigestValue')), 'base64')
  return createHash(hash).update(text).digest().equals(expected)
}

/** XML Signature 4.4.3.2: without a canonicalization among the transforms, inclusive Canonical XML applies. */
function canonicalizationOf(reference: XmlElement): { algorithm: string; prefixes: string[] } {
  const transforms = childrenOf(childOf(reference, SIGNATURE_NS, 'Transforms'), SIGNATURE_NS, 'Transform')
  const transform = transforms.find((each) => algorithmOf(each) !== ENVELOPED)
  return transform
    ? { algorithm: algorithmOf(transform), prefixes: prefixList(transform) }
    : { algorithm: INCLUSIVE, prefixes: [] }
}

/** Exclusive XML Canonicalization 4. */
function prefixList(method: XmlElement): string[] {
  const lists = childrenOf(method, EXCLUSIVE, 'InclusiveNamespaces')
  return lists.flatMap((list) => (attributeOf(list, 'PrefixList') ?? '').split(/\s+/).filter(Boolean))
}
