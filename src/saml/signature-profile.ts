import type { SamlSource } from '../sources/config'
import { canonicalizations } from './xml/canonical'
import { attributeOf, descendants, type XmlDocument, type XmlElement } from './xml/element'
import { SIGNATURE_NS } from './xml/namespaces'
import { refusal } from './refusal'

/** Core 5.4.4: the first transform takes the signature itself out of what is signed. */
export const ENVELOPED = `${SIGNATURE_NS}enveloped-signature`

/** Signature and digest algorithms that xml-crypto verifies with a public key: HMAC is never among them. */
const strongAlgorithms = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])
const sha1Algorithms = new Set([`${SIGNATURE_NS}rsa-sha1`, `${SIGNATURE_NS}sha1`])

/** Whether a source takes signatures or digests of that algorithm: SHA-256 or better, unless it says otherwise. */
export function acceptsAlgorithm({ saml }: SamlSource, name: string): boolean {
  return strongAlgorithms.has(name) || (saml.allowSha1 === true && sha1Algorithms.has(name))
}

/** Where in a Signature each of its elements has its one place (XML Signature 4). */
const signaturePlaces: Record<string, string> = {
  SignedInfo: 'Signature',
  SignatureValue: 'Signature',
  CanonicalizationMethod: 'SignedInfo',
  SignatureMethod: 'SignedInfo',
  Reference: 'SignedInfo',
  Transforms: 'Reference',
  DigestMethod: 'Reference',
  DigestValue: 'Reference',
}

/**
 * How many elements a SignedInfo may hold, and each PrefixList in it prefixes (Exclusive XML Canonicalization 4): it
 * is made canonical before anything is known of its signature.
 */
const MAX_IN_SIGNED_INFO = 20
const MAX_LISTED = 20

/**
 * Refuses signatures elsewhere than as a child of `owners`, one each, and signatures whose form is not what SAML
 * allows (Core 5.4). Returns the owners that have one.
 */
export function checkSignatures(
  source: SamlSource,
  { elements }: XmlDocument,
  owners: XmlElement[],
): XmlElement[] {
  const signatures = elements.filter(({ name }) => name === 'Signature')
  const signed = owners.filter((owner) => children(owner, 'Signature').length === 1)
  if (signed.length < signatures.length) {
    throw refusal(source.id, 'signature', 'A signature is not where a SAML message has it')
  }
  for (const signature of signatures) checkSignature(source, signature)
  return signed
}

function checkSignature(source: SamlSource, signature: XmlElement): void {
  const parts = descendants(signature)
  const only = (name: string): XmlElement => {
    const [part, ...more] = parts.filter((element) => element.name === name)
    if (part && more.length === 0 && part.parent?.name === signaturePlaces[name]) return part
    throw refusal(source.id, 'signature', `The signature does not have ${name} once, in its place`)
  }
  Object.keys(signaturePlaces).forEach(only)
  if (signature.namespace !== SIGNATURE_NS || parts.some(({ name }) => name === 'Object')) {
    throw refusal(source.id, 'signature', 'The signature is none of XML Signature, or holds an Object')
  }
  const id = signature.parent && attributeOf(signature.parent, 'ID')
  if (id === undefined || attributeOf(only('Reference'), 'URI') !== `#${id}`) {
    throw refusal(source.id, 'signature', 'The signature does not refer to the element that holds it')
  }
  const info = descendants(only('SignedInfo'))
  if (info.length > MAX_IN_SIGNED_INFO || info.some(listsTooMany)) {
    throw refusal(source.id, 'signature', 'The signature holds more than a SAML message needs')
  }
  checkTransforms(source, only('CanonicalizationMethod'), only('Transforms'))
  const algorithms = [only('SignatureMethod'), only('DigestMethod')].map(algorithm)
  if (!algorithms.every((name) => acceptsAlgorithm(source, name))) {
    throw refusal(source.id, 'algorithm', 'The signature uses an algorithm that this source does not accept')
  }
}

function listsTooMany(element: XmlElement): boolean {
  return (attributeOf(element, 'PrefixList') ?? '').split(/\s+/, MAX_LISTED + 1).length > MAX_LISTED
}

/** Core 5.4.4. */
function checkTransforms(source: SamlSource, method: XmlElement, transforms: XmlElement): void {
  const [enveloped, ...others] = transforms.children.map(algorithm)
  const isAllowed =
    transforms.children.every(({ name, namespace }) => name === 'Transform' && namespace === SIGNATURE_NS) &&
    enveloped === ENVELOPED &&
    others.length <= 1 &&
    [algorithm(method), ...others].every((name) => canonicalizations.has(name))
  if (!isAllowed)
    throw refusal(source.id, 'algorithm', 'The signature uses transforms that SAML does not allow')
}

function algorithm(element: XmlElement): string {
  return attributeOf(element, 'Algorithm') ?? ''
}

function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}
