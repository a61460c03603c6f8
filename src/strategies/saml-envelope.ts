import { JitError } from '../login/errors'
import type { SamlSource } from '../sources/config'
import type { Outline, OutlineElement } from './saml-message'
import { localName } from './saml-message'
import { refusal } from './saml-refusal'

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/** XML Signature algorithms that xml-crypto verifies with a public key. HMAC is never among them. */
const strongAlgorithms = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])
const sha1Algorithms = new Set([
  'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  'http://www.w3.org/2000/09/xmldsig#sha1',
])

/** Core 5.4.3 and 5.4.4, and the inclusive canonicalisation that some identity providers still use. */
const transforms = new Set([
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
  'http://www.w3.org/2001/10/xml-exc-c14n#WithComments',
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  'http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments',
])

/** Where in a Signature each of its elements has its one place (XML Signature 4). */
const signaturePlaces: Record<string, string> = {
  SignedInfo: 'Signature',
  SignatureValue: 'Signature',
  CanonicalizationMethod: 'SignedInfo',
  SignatureMethod: 'SignedInfo',
  Reference: 'SignedInfo',
  DigestMethod: 'Reference',
  DigestValue: 'Reference',
}

/**
 * Refuses a Response (Core 3.3.3, Profiles 4.1.4) for what can be seen without verifying it: another issuer or
 * Destination, a Status that is not Success, more or less than one assertion, and signatures that cannot be
 * what was asked for. Returns whether the assertion is encrypted and whether there
 * is a signature over the whole Response.
 */
export function checkEnvelope(
  source: SamlSource,
  outline: Outline,
): { encrypted: boolean; responseSigned: boolean } {
  const { root } = outline
  if (root.name !== 'Response' || root.attributes.get('Version') !== '2.0') {
    throw refusal(source.id, 'structure', 'The message is not a SAML 2.0 Response', 400)
  }
  checkIds(source, outline)
  checkIssuer(source, root)
  checkDestination(source, root)
  checkStatus(source, root)
  const assertion = onlyAssertion(source, outline)
  const signatures = checkSignatures(source, outline, [root, assertion])
  const encrypted = assertion.name === 'EncryptedAssertion'
  if (signatures === 0 && !encrypted) throw refusal(source.id, 'signature', 'The SAML message is not signed')
  return { encrypted, responseSigned: children(root, 'Signature').length > 0 }
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
    const ids = [...element.attributes].filter(([name]) => ['ID', 'Id', 'id'].includes(localName(name)))
    for (const [, id] of ids) {
      if (seen.has(id)) throw refusal(source.id, 'structure', 'The SAML message has the same ID twice')
      seen.add(id)
    }
  }
}

function checkIssuer(source: SamlSource, root: OutlineElement): void {
  const issuers = children(root, 'Issuer')
  if (issuers.some(({ text }) => text !== source.saml.idpIssuer)) {
    throw refusal(source.id, 'issuer', 'The Response is of another issuer')
  }
}

/** Bindings 3.5.5.2: a signed message must say where it was sent. */
function checkDestination(source: SamlSource, root: OutlineElement): void {
  const destination = root.attributes.get('Destination')
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
  const last = /[\w.-]{1,64}$/.exec(codes.at(-1) ?? '')?.[0] ?? 'unknown'
  throw new JitError('provider_refused', `The identity provider refused the sign-in: ${last}`, {
    source: source.id,
    details: { provider: last },
  })
}

function statusCodes(element: OutlineElement): string[] {
  const [code] = children(element, 'StatusCode')
  return code ? [code.attributes.get('Value') ?? '', ...statusCodes(code)] : []
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
  if (assertion !== root && assertion.parent !== root) {
    throw refusal(source.id, 'structure', 'The assertion is not where a Response has it')
  }
  return assertion
}

/** Refuses signatures elsewhere than as a child of `owners`, one each; returns how many there are. */
function checkSignatures(source: SamlSource, { elements }: Outline, owners: OutlineElement[]): number {
  const signatures = elements.filter(({ name }) => name === 'Signature')
  const places = new Set(signatures.map(({ parent }) => parent))
  if (places.size < signatures.length || [...places].some((place) => !place || !owners.includes(place))) {
    throw refusal(source.id, 'signature', 'A signature is not where a SAML message has it')
  }
  for (const signature of signatures) checkSignature(source, signature)
  return signatures.length
}

function checkSignature(source: SamlSource, signature: OutlineElement): void {
  const parts = descendants(signature)
  const only = (name: string): OutlineElement => {
    const [part, ...more] = parts.filter((element) => element.name === name)
    if (!part || more.length > 0 || part.parent?.name !== signaturePlaces[name]) {
      throw refusal(source.id, 'signature', `The signature does not have ${name} once, in its place`)
    }
    return part
  }
  Object.keys(signaturePlaces).forEach(only)
  if (parts.some(({ name }) => name === 'Object')) {
    throw refusal(source.id, 'signature', 'The signature holds an Object')
  }
  if (only('Reference').attributes.get('URI') !== `#${signature.parent?.attributes.get('ID')}`) {
    throw refusal(source.id, 'signature', 'The signature does not refer to the element that holds it')
  }
  const steps = parts.filter(({ name }) => name === 'Transform')
  if (
    steps.length > 2 ||
    [only('CanonicalizationMethod'), ...steps].some((step) => !transforms.has(algorithm(step)))
  ) {
    throw refusal(source.id, 'algorithm', 'The signature uses transforms that SAML does not allow')
  }
  const weak = [only('SignatureMethod'), only('DigestMethod')].some(
    (method) =>
      !strongAlgorithms.has(algorithm(method)) &&
      !(source.saml.allowSha1 === true && sha1Algorithms.has(algorithm(method))),
  )
  if (weak)
    throw refusal(source.id, 'algorithm', 'The signature uses an algorithm that this source does not accept')
}

function algorithm(element: OutlineElement): string {
  return element.attributes.get('Algorithm') ?? ''
}

function children(element: OutlineElement, name: string): OutlineElement[] {
  return element.children.filter((child) => child.name === name)
}

function descendants(element: OutlineElement): OutlineElement[] {
  return element.children.flatMap((child) => [child, ...descendants(child)])
}
