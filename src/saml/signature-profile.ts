import type { KeyObject } from 'node:crypto'
import { parseCertificate, weaknessOf } from '../sources/certificates'
import type { SamlSource } from '../sources/config'
import { properName, refusal, unaccepted } from './refusal'
import { decodeBase64 } from './xml/base64'
import { canonicalizations } from './xml/canonical'
import {
  algorithmOf,
  attributeOf,
  descendants,
  textOf,
  type XmlDocument,
  type XmlElement,
} from './xml/element'
import { isAbsolute, type NamespaceScope } from './xml/namespaces'
import { ENVELOPED } from './xml/signature'
import { fitsAlgorithm, hashOf, SIGNATURE_NS } from './xml/signature-algorithms'

/** Whether a source accepts a signature or digest algorithm: SHA-256 or better, and SHA-1 if it allows that. */
export function acceptsAlgorithm({ saml }: SamlSource, algorithm: string): boolean {
  const hash = hashOf(algorithm)
  return hash !== undefined && (hash !== 'sha1' || saml.allowSha1 === true)
}

/** Refuses a signature or digest algorithm that the source does not accept, or that none of its keys is for. */
export function demandAlgorithm(source: SamlSource, algorithm: string): void {
  if (!acceptsAlgorithm(source, algorithm))
    throw unaccepted(source.id, { check: 'algorithm', algorithm, uses: 'The signature uses' })
}

/** Refuses a signature that none of the source's keys can have made. */
export function demandKey(source: SamlSource, algorithm: string): void {
  if (signingKeys(source).some((key) => fitsAlgorithm(key, algorithm))) return
  const message = `The signature uses ${algorithm}, but no certificate of this source has a key for it that is strong enough`
  throw refusal(source.id, 'signature', message)
}

const keysOf = new WeakMap<SamlSource, readonly KeyObject[]>()

export function signingKeys(source: SamlSource): readonly KeyObject[] {
  const keys = keysOf.get(source) ?? [source.saml.idpCert].flat().flatMap(publicKeys)
  keysOf.set(source, keys)
  return keys
}

/** No key for a certificate that OpenSSL cannot use or whose key is weak, so that the others still count. */
function publicKeys(certificate: string): KeyObject[] {
  try {
    const { publicKey } = parseCertificate(certificate)
    return weaknessOf(publicKey) === undefined ? [publicKey] : []
  } catch {
    return []
  }
}

const isSignature = ({ name }: XmlElement): boolean => name === 'Signature'

/** The children of each element of a Signature (XML Signature 4); KeyInfo is left out, and never read. */
const signatureParts: Record<string, string> = {
  Signature: 'SignedInfo SignatureValue',
  SignedInfo: 'CanonicalizationMethod SignatureMethod Reference',
  Reference: 'Transforms DigestMethod DigestValue',
  SignatureValue: '',
  SignatureMethod: '',
  DigestMethod: '',
  DigestValue: '',
}

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
  const fail = (problem: string): never => {
    throw refusal(source.id, 'signature', `The signature ${problem}`)
  }
  const parts = descendants(signature)
  const only = (name: string): XmlElement => {
    const [part, ...more] = parts.filter((element) => element.name === name)
    return part && more.length === 0 ? part : fail(`does not have ${name} once`)
  }
  for (const [name, names] of Object.entries(signatureParts)) {
    if (!hasChildren(name === 'Signature' ? signature : only(name), names))
      fail(`does not have the children that ${name} has in XML Signature, in their order`)
  }
  const id = signature.parent && attributeOf(signature.parent, 'ID')
  if (id === undefined || attributeOf(only('Reference'), 'URI') !== `#${id}`)
    fail('does not refer to the element that holds it')
  for (const name of ['SignatureValue', 'DigestValue']) {
    if (!decodeBase64(textOf(only(name)))) fail(`has a ${name} that is not base64`)
  }
  if (signature.parent && declaresRelative(signature.parent))
    fail('covers a namespace that is not an absolute URI')
  checkTransforms(source, only('CanonicalizationMethod'), only('Transforms'))
  const algorithms = [only('SignatureMethod'), only('DigestMethod')].map(algorithmOf)
  for (const algorithm of algorithms) demandAlgorithm(source, algorithm)
  demandKey(source, algorithms[0]!)
}

/** Whether an element of XML Signature has these children and no text beside them. */
function hasChildren(element: XmlElement, names: string): boolean {
  const { children } = element
  const isOptional = (name: string, i: number): boolean => name === 'KeyInfo' && i === 2
  return (
    [element, ...children].every(({ namespace }) => namespace === SIGNATURE_NS) &&
    children.flatMap(({ name }, i) => (isOptional(name, i) ? [] : [name])).join(' ') === names &&
    (names === '' || !/\S/.test(textOf(element)))
  )
}

/** Canonical XML 1.0, 1.3: no canonical text has one. */
function declaresRelative(owner: XmlElement): boolean {
  const scopes = new Set<NamespaceScope>(descendants(owner).map(({ scope }) => scope))
  for (let scope: NamespaceScope | undefined = owner.scope; scope; scope = scope.outer) scopes.add(scope)
  return [...scopes].some(({ declared }) => !declared.every(isAbsolute))
}

/** Core 5.4.3 and 5.4.4; also accepts inclusive Canonical XML, which some identity providers still use. */
function checkTransforms(source: SamlSource, method: XmlElement, transforms: XmlElement): void {
  const [enveloped, ...others] = transforms.children.map(algorithmOf)
  const isAllowed =
    transforms.children.every(({ name, namespace }) => name === 'Transform' && namespace === SIGNATURE_NS) &&
    [method, ...transforms.children].every(hasPrefixListAtMost) &&
    enveloped === ENVELOPED &&
    others.length <= 1 &&
    [algorithmOf(method), ...others].every((algorithm) => canonicalizations.has(algorithm))
  if (isAllowed) return
  const unknown = [method, ...transforms.children].map(algorithmOf).find((each) => !isTransform(each))
  const name = unknown === undefined ? undefined : properName(unknown)
  const which = name === undefined ? 'transforms' : `${name}, a transform`
  throw refusal(source.id, 'algorithm', `The signature uses ${which} that SAML does not allow`)
}

function isTransform(algorithm: string): boolean {
  return algorithm === ENVELOPED || canonicalizations.has(algorithm)
}

/** Exclusive XML Canonicalization 4. Some software writes one in each Transform, with the namespace of its algorithm. */
function hasPrefixListAtMost({ children }: XmlElement): boolean {
  return (
    children.length <= 1 &&
    children.every((child) => child.name === 'InclusiveNamespaces' && child.children.length === 0)
  )
}
