import type { KeyObject } from 'node:crypto'
import { parseCertificate } from '../sources/certificates'
import type { SamlSource } from '../sources/config'
import { refusal } from './refusal'
import { canonicalizations } from './xml/canonical'
import { algorithmOf, attributeOf, descendants, type XmlDocument, type XmlElement } from './xml/element'
import { ENVELOPED, hashOf, SIGNATURE_NS } from './xml/signature'

/** Whether a source accepts a signature or digest algorithm: SHA-256 or better, and SHA-1 if it allows that. */
export function acceptsAlgorithm({ saml }: SamlSource, algorithm: string): boolean {
  const hash = hashOf(algorithm)
  return hash !== undefined && (hash !== 'sha1' || saml.allowSha1 === true)
}

const keysOf = new WeakMap<SamlSource, readonly KeyObject[]>()

export function signingKeys(source: SamlSource): readonly KeyObject[] {
  const keys = keysOf.get(source) ?? [source.saml.idpCert].flat().flatMap(publicKeys)
  keysOf.set(source, keys)
  return keys
}

/** No key for a certificate that OpenSSL cannot use, so that the others still count. */
function publicKeys(certificate: string): KeyObject[] {
  try {
    return [parseCertificate(certificate).publicKey]
  } catch {
    return []
  }
}

const isSignature = ({ name }: XmlElement): boolean => name === 'Signature'

/** Each element that a Signature has exactly once, and its parent (XML Signature 4). */
const signatureParts: Record<string, string> = {
  SignedInfo: 'Signature',
  SignatureValue: 'Signature',
  CanonicalizationMethod: 'SignedInfo',
  SignatureMethod: 'SignedInfo',
  Reference: 'SignedInfo',
  Transforms: 'Reference',
  DigestMethod: 'Reference',
  DigestValue: 'Reference',
}

/** Elements of a SignedInfo, which is made canonical before its signature is verified. */
const MAX_IN_SIGNED_INFO = 20
/** Prefixes of a PrefixList in it (Exclusive XML Canonicalization 4). */
const MAX_LISTED = 20

/**
 * Refuses a signature that is not a child of one of `owners`, a second one in the same owner, and any whose form SAML
 * does not allow (Core 5.4). Returns the owners that have one.
 */
export function checkSignatures(
  source: SamlSource,
  { elements }: XmlDocument,
  owners: readonly XmlElement[],
): XmlElement[] {
  const signatures = elements.filter(isSignature)
  const signed = owners.filter(({ children }) => children.filter(isSignature).length === 1)
  if (signed.length < signatures.length)
    throw refusal(source.id, 'signature', 'A signature is not where a SAML message has it')
  for (const signature of signatures) checkSignature(source, signature)
  return signed
}

function checkSignature(source: SamlSource, signature: XmlElement): void {
  const parts = descendants(signature)
  const only = (name: string): XmlElement => {
    const [part, ...more] = parts.filter((element) => element.name === name)
    if (part && more.length === 0 && part.parent?.name === signatureParts[name]) return part
    throw refusal(source.id, 'signature', `The signature does not have ${name} once, in its place`)
  }
  Object.keys(signatureParts).forEach(only)
  if (signature.namespace !== SIGNATURE_NS || parts.some(({ name }) => name === 'Object'))
    throw refusal(source.id, 'signature', 'The signature has another namespace, or holds an Object')
  const id = signature.parent && attributeOf(signature.parent, 'ID')
  if (id === undefined || attributeOf(only('Reference'), 'URI') !== `#${id}`)
    throw refusal(source.id, 'signature', 'The signature does not refer to the element that holds it')
  const info = descendants(only('SignedInfo'))
  if (info.length > MAX_IN_SIGNED_INFO || info.some(listsTooMany))
    throw refusal(source.id, 'signature', 'The signature holds more than a SAML message needs')
  checkTransforms(source, only('CanonicalizationMethod'), only('Transforms'))
  const algorithms = [only('SignatureMethod'), only('DigestMethod')].map(algorithmOf)
  if (!algorithms.every((algorithm) => acceptsAlgorithm(source, algorithm)))
    throw refusal(source.id, 'algorithm', 'The signature uses an algorithm that this source does not accept')
}

function listsTooMany(element: XmlElement): boolean {
  return (attributeOf(element, 'PrefixList') ?? '').split(/\s+/, MAX_LISTED + 1).length > MAX_LISTED
}

/** Core 5.4.3 and 5.4.4; also accepts inclusive Canonical XML, which some identity providers still use. */
function checkTransforms(source: SamlSource, method: XmlElement, transforms: XmlElement): void {
  const [enveloped, ...others] = transforms.children.map(algorithmOf)
  const isAllowed =
    transforms.children.every(({ name, namespace }) => name === 'Transform' && namespace === SIGNATURE_NS) &&
    enveloped === ENVELOPED &&
    others.length <= 1 &&
    [algorithmOf(method), ...others].every((algorithm) => canonicalizations.has(algorithm))
  if (!isAllowed)
    throw refusal(source.id, 'algorithm', 'The signature uses transforms that SAML does not allow')
}
