import { JitError } from '../login/errors'
import type { SamlSource } from '../sources/config'
import type { Outline, OutlineElement } from './saml-message'
import { canonicalizations } from './saml-canonical'
import { attributeOf, descendants, textOf } from './saml-message'
import { ASSERTION_NS, localName, PROTOCOL_NS, SIGNATURE_NS } from './saml-namespaces'
import { refusal } from './saml-refusal'
import { ENVELOPED, sha1Algorithms, strongAlgorithms } from './saml-signature'

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/** How many elements of a message no signature needs to cover. */
const MAX_UNSIGNED = 200

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

/** How many elements a SignedInfo may hold: it is made canonical before anything is known of its signature. */
const MAX_IN_SIGNED_INFO = 20

/** How many prefixes a PrefixList may have (Exclusive XML Canonicalization 4), wherever it stands. */
const MAX_LISTED = 20

/** What a Response is made of, as far as can be seen without verifying it. */
export interface Envelope {
  encrypted: boolean
  /** Whether there is a signature over the whole Response. */
  responseSigned: boolean
}

/**
 * Refuses a Response (Core 3.3.3, Profiles 4.1.4) for what can be seen without verifying it: another issuer or
 * Destination, a Status that is not Success, more or less than one assertion, and signatures that cannot be
 * what was asked for.
 */
export function checkEnvelope(source: SamlSource, outline: Outline): Envelope {
  const { root } = outline
  const isResponse = root.name === 'Response' && root.namespace === PROTOCOL_NS
  if (!isResponse || attributeOf(root, 'Version') !== '2.0') {
    throw refusal(source.id, 'structure', 'The message is not a SAML 2.0 Response', 400)
  }
  checkIds(source, outline)
  checkIssuer(source, root)
  checkDestination(source, root)
  checkStatus(source, root)
  const assertion = onlyAssertion(source, outline)
  const encrypted = assertion.name === 'EncryptedAssertion'
  const signed = checkSignatures(source, outline, encrypted ? [root] : [root, assertion])
  if (signed.length === 0 && !encrypted)
    throw refusal(source.id, 'signature', 'The SAML message is not signed')
  checkUnsigned(source, outline, signed)
  return { encrypted, responseSigned: signed.includes(root) }
}

/** Beside what a signature covers there is little in a Response, unless somebody put it there. */
function checkUnsigned(source: SamlSource, { elements }: Outline, signed: OutlineElement[]): void {
  const covered = Math.max(0, ...signed.map((owner) => descendants(owner).length))
  if (elements.length - covered > MAX_UNSIGNED) {
    throw refusal(source.id, 'structure', `More than ${MAX_UNSIGNED} elements are not signed`)
  }
}

/** Refuses a decrypted text that is not one Assertion, before any XML parser sees it. */
export function checkDecrypted(source: SamlSource, outline: Outline): void {
  checkIds(source, outline)
  if (onlyAssertion(source, outline) !== outline.root || outline.root.name !== 'Assertion') {
    throw refusal(source.id, 'structure', 'The decrypted text is not an Assertion')
  }
  checkSignatures(source, outline, [outline.root])
}

/** xml-crypto takes any of these for the ID that a signature refers to, whatever their prefix. */
function checkIds(source: SamlSource, { elements }: Outline): void {
  const seen = new Set<string>()
  for (const element of elements) {
    const names = [...element.rawAttributes.keys()].filter((name) =>
      ['ID', 'Id', 'id'].includes(localName(name)),
    )
    for (const id of names.map((name) => attributeOf(element, name) ?? '')) {
      if (seen.has(id)) throw refusal(source.id, 'structure', 'The SAML message has the same ID twice')
      seen.add(id)
    }
  }
}

function checkIssuer(source: SamlSource, root: OutlineElement): void {
  const issuers = children(root, 'Issuer')
  if (issuers.some((issuer) => textOf(issuer) !== source.saml.idpIssuer)) {
    throw refusal(source.id, 'issuer', 'The Response is of another issuer')
  }
}

/** Bindings 3.5.5.2: a signed message must say where it was sent. */
function checkDestination(source: SamlSource, root: OutlineElement): void {
  const destination = attributeOf(root, 'Destination')
  const signed = children(root, 'Signature').length > 0
  if (destination === undefined ? signed : destination !== source.saml.callbackUrl) {
    throw refusal(
      source.id,
      'destination',
      'The Response is not addressed to this assertion consumer service',
    )
  }
}

/** Core 3.2.2. Error answers are hardly ever signed; this one is believed only in that there is no sign-in. */
function checkStatus(source: SamlSource, root: OutlineElement): void {
  const status = children(root, 'Status')
  const codes = status.flatMap((element) => statusCodes(element))
  if (status.length !== 1 || codes.length === 0) {
    throw refusal(source.id, 'status', 'The Response has no Status', 400)
  }
  if (codes[0] === SUCCESS) return
  const last = /[\w.-]*$/.exec((codes.at(-1) ?? '').slice(-64))?.[0] || 'unknown'
  throw new JitError('provider_refused', `The identity provider refused the sign-in: ${last}`, {
    source: source.id,
    details: { provider: last },
  })
}

function statusCodes(element: OutlineElement): string[] {
  const [code] = children(element, 'StatusCode')
  return code ? [attributeOf(code, 'Value') ?? '', ...statusCodes(code)] : []
}

function onlyAssertion(source: SamlSource, { root, elements }: Outline): OutlineElement {
  const assertions = elements.filter(({ name }) => name === 'Assertion' || name === 'EncryptedAssertion')
  const [assertion] = assertions
  if (!assertion || assertions.length > 1) {
    throw refusal(
      source.id,
      'structure',
      `The SAML message holds ${assertions.length} assertions instead of one`,
    )
  }
  if (assertion.namespace !== ASSERTION_NS || (assertion !== root && assertion.parent !== root)) {
    throw refusal(source.id, 'structure', 'The assertion is not where a Response has it')
  }
  return assertion
}

/**
 * Refuses signatures elsewhere than as a child of `owners`, one each, and signatures whose form is not what SAML
 * allows (Core 5.4). Returns the owners that have one.
 */
export function checkSignatures(
  source: SamlSource,
  { elements }: Outline,
  owners: OutlineElement[],
): OutlineElement[] {
  const signatures = elements.filter(({ name }) => name === 'Signature')
  const signed = owners.filter((owner) => children(owner, 'Signature').length === 1)
  if (signed.length < signatures.length) {
    throw refusal(source.id, 'signature', 'A signature is not where a SAML message has it')
  }
  for (const signature of signatures) checkSignature(source, signature)
  const isLong = (element: OutlineElement) =>
    (attributeOf(element, 'PrefixList') ?? '').split(/\s+/, MAX_LISTED + 1).length > MAX_LISTED
  if (elements.some(isLong)) throw refusal(source.id, 'signature', 'A list of prefixes is too long')
  return signed
}

function checkSignature(source: SamlSource, signature: OutlineElement): void {
  const parts = descendants(signature)
  const only = (name: string): OutlineElement => {
    const [part, ...more] = parts.filter((element) => element.name === name)
    const isInPlace = part?.namespace === SIGNATURE_NS && part.parent?.name === signaturePlaces[name]
    if (isInPlace && more.length === 0) return part
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
  if (descendants(only('SignedInfo')).length > MAX_IN_SIGNED_INFO) {
    throw refusal(source.id, 'signature', 'The signature holds more than a SAML message needs')
  }
  checkTransforms(source, only('CanonicalizationMethod'), only('Transforms'))
  const accepted = (name: string) =>
    strongAlgorithms.has(name) || (source.saml.allowSha1 === true && sha1Algorithms.has(name))
  if (![only('SignatureMethod'), only('DigestMethod')].map(algorithm).every(accepted)) {
    throw refusal(source.id, 'algorithm', 'The signature uses an algorithm that this source does not accept')
  }
}

/** Core 5.4.4. */
function checkTransforms(source: SamlSource, method: OutlineElement, transforms: OutlineElement): void {
  const [enveloped, ...others] = transforms.children.map(algorithm)
  const isAllowed =
    transforms.children.every(({ name, namespace }) => name === 'Transform' && namespace === SIGNATURE_NS) &&
    enveloped === ENVELOPED &&
    others.length <= 1 &&
    [algorithm(method), ...others].every((name) => canonicalizations.has(name))
  if (!isAllowed)
    throw refusal(source.id, 'algorithm', 'The signature uses transforms that SAML does not allow')
}

function algorithm(element: OutlineElement): string {
  return attributeOf(element, 'Algorithm') ?? ''
}

function children(element: OutlineElement, name: string): OutlineElement[] {
  return element.children.filter((child) => child.name === name)
}
