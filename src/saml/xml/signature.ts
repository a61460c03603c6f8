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
import type { KeyObject } from 'node:crypto'
import { decodeBase64 } from './base64'
import { canonicalForms, EXCLUSIVE, INCLUSIVE } from './canonical'
import {
  algorithmOf,
  attributeOf,
  childOf,
  childrenOf,
  textOf,
  type XmlDocument,
  type XmlElement,
} from './element'
import { decryptContent } from './encryption'
import { XmlError } from './error'
import type { NamespaceScope } from './namespaces'
import { scanXml } from './scan'
import { type ScanLimits, unlimited } from './scan-limits'
import { digestOf, type EcdsaFormat, signatureHolds, SIGNATURE_NS } from './signature-algorithms'

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

/**
 * The element, without its signature, as one of these keys signed it (XML Signature 3.2). Undefined if the signature
 * does not hold. The caller has checked the signature's form: where it is, and which transforms it uses. The work is
 * the same whether or not it holds.
 */
export function verifyEnveloped(
  element: XmlElement,
  keys: readonly KeyObject[],
): VerifiedElement | undefined {
  try {
    const signature = childOf(element, SIGNATURE_NS, 'Signature')
    const info = signedInfo(signature, keys)
    const reference = childOf(info.root, SIGNATURE_NS, 'Reference')
    const texts = canonicalForms(element, { ...canonicalizationOf(reference), without: signature })
    const isDigest = texts.some((text) => digestHolds(text, reference))
    const id = attributeOf(element, 'ID')
    const isReferredTo = id !== undefined && attributeOf(reference, 'URI') === `#${id}`
    return info.isSigned && isDigest && isReferredTo ? readVerified(texts[0]!) : undefined
  } catch (error) {
    if (error instanceof XmlError) return undefined
    throw error
  }
}

/** SignedInfo, read again from the canonical text that SignatureValue covers if it `isSigned` (XML Signature 3.2.2). */
function signedInfo(signature: XmlElement, keys: readonly KeyObject[]) {
  const info = childOf(signature, SIGNATURE_NS, 'SignedInfo')
  const method = childOf(info, SIGNATURE_NS, 'CanonicalizationMethod')
  const texts = canonicalForms(info, { algorithm: algorithmOf(method), prefixes: prefixList(method) })
  const value = textOf(childOf(signature, SIGNATURE_NS, 'SignatureValue'))
  const algorithm = algorithmOf(childOf(info, SIGNATURE_NS, 'SignatureMethod'))
  const isSigned = texts.some((text) => holds({ text, algorithm, value }, keys, ['ieee-p1363']))
  return { root: scanXml(texts[0]!, unlimited).root, isSigned }
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
  // XML Signature 6.4.3 writes the integers of ECDSA side by side, but many sign a query with ASN.1.
  const isSigned = holds(signature, keys, ['ieee-p1363', 'der'])
  return isSigned ? (read(signature.text) as T & { root: VerifiedElement }) : undefined
}

export interface Decryption {
  privateKey: string | Buffer
  limits: ScanLimits
  /** Declarations that no signature covers, of an element that one does. */
  unsigned?: NamespaceScope
}

/**
 * Decrypts an element. What `scan` returns is verified if the element is, since the signature covers the encrypted text.
 * `scan` throws if that text cannot be used; the caller must not tell the sender why. `length`: its characters.
 */
export function decrypt<E extends XmlElement>(
  encrypted: E,
  { privateKey, limits, unsigned }: Decryption,
): { length: number; scan: () => XmlDocument<E> } {
  const { text, isIntact } = decryptContent(encrypted, privateKey)
  const scan = (): XmlDocument<E> => {
    const document = scanXml(text, limits, { scope: encrypted.scope, ...(unsigned && { unsigned }) })
    if (!isIntact) throw new XmlError('encryption', 'cannot be decrypted')
    return document as XmlDocument<E>
  }
  return { length: text.length, scan }
}

function holds(
  { text, algorithm, value: base64 }: DetachedSignature,
  keys: readonly KeyObject[],
  ecdsaFormats: readonly EcdsaFormat[],
): boolean {
  const value = decodeBase64(base64)
  return value !== undefined && signatureHolds({ text, algorithm, value, ecdsaFormats }, keys)
}

function digestHolds(text: string, reference: XmlElement): boolean {
  const digest = digestOf(text, algorithmOf(childOf(reference, SIGNATURE_NS, 'DigestMethod')))
  const expected = decodeBase64(textOf(childOf(reference, SIGNATURE_NS, 'DigestValue')))
  return digest !== undefined && expected !== undefined && digest.equals(expected)
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
