import { SignedXml } from 'xml-crypto'
import { inheritedNamespaces, inheritXmlAttributes } from './saml-inherited'
import { SIGNATURE_NS } from './saml-namespaces'
import { attributeNamed, childOf, childrenOf, parseXml, textWithin } from './saml-xml'

const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

/** Core 5.4.4: the first transform takes the signature itself out of what is signed. */
export const ENVELOPED = `${SIGNATURE_NS}enveloped-signature`

/** Core 5.4.3, and the inclusive canonicalisation that some identity providers still use. */
export const canonicalizations = new Set([
  EXCLUSIVE,
  `${EXCLUSIVE}WithComments`,
  INCLUSIVE,
  `${INCLUSIVE}#WithComments`,
])

/** Comments are no part of what a reference to an ID means (XML Signature 4.4.3.3), whatever its transform. */
const withoutComments = new Map([
  [`${EXCLUSIVE}WithComments`, EXCLUSIVE],
  [`${INCLUSIVE}#WithComments`, INCLUSIVE],
])

/** Signature and digest algorithms that xml-crypto verifies with a public key: HMAC is never among them. */
export const strongAlgorithms = new Set([
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  'http://www.w3.org/2001/04/xmlenc#sha256',
  'http://www.w3.org/2001/04/xmlenc#sha512',
])
export const sha1Algorithms = new Set([`${SIGNATURE_NS}rsa-sha1`, `${SIGNATURE_NS}sha1`])

/**
 * The canonical text of an element, without its signature, where that signature holds for one of the certificates
 * (XML Signature 3.2): what was signed, and all that may be believed. Undefined, or an Error, where it does not hold.
 *
 * Expects an element of a message whose outline was checked (`checkSignatures`), and changes it. It is xml-crypto's
 * algorithms that are applied here; its `checkSignature` searches the whole document with XPath, at a cost that
 * grows with its square.
 */
export function verifiedText(element: Element, certificates: readonly string[]): string | undefined {
  const signature = childOf(element, SIGNATURE_NS, 'Signature')
  const info = verifiedInfo(signature, certificates)
  if (!info) return undefined
  element.removeChild(signature)
  const reference = childOf(info, SIGNATURE_NS, 'Reference')
  if (attributeNamed(reference, 'URI') !== `#${element.getAttribute('ID')}`) return undefined
  const text = referencedText(element, reference)
  return digestHolds(text, reference) ? text : undefined
}

/** SignedInfo, read again from the canonical text that the signature's value holds for (XML Signature 3.2.2). */
function verifiedInfo(signature: Element, certificates: readonly string[]): Element | undefined {
  const info = childOf(signature, SIGNATURE_NS, 'SignedInfo')
  const Method = new SignedXml().SignatureAlgorithms[algorithmOf(info, 'SignatureMethod')]
  if (!Method) return undefined
  const value = textWithin(childOf(signature, SIGNATURE_NS, 'SignatureValue'))
  const method = childOf(info, SIGNATURE_NS, 'CanonicalizationMethod')
  const text = canonicalText(info, attributeNamed(method, 'Algorithm'), prefixList(method))
  const holds = certificates.some((one) => new Method().verifySignature(text, pem(one), value))
  return holds ? parseXml(text) : undefined
}

/** XML Signature 4.4.3.2; `checkSignatures` has seen that there is one transform beside the enveloped signature at most. */
function referencedText(element: Element, reference: Element): string {
  const transforms = childrenOf(childOf(reference, SIGNATURE_NS, 'Transforms'), SIGNATURE_NS, 'Transform')
  const transform = transforms.find((one) => attributeNamed(one, 'Algorithm') !== ENVELOPED)
  if (!transform) return canonicalText(element, INCLUSIVE, [])
  const name = attributeNamed(transform, 'Algorithm') ?? ''
  return canonicalText(element, withoutComments.get(name) ?? name, prefixList(transform))
}

function digestHolds(text: string, reference: Element): boolean {
  const Digest = new SignedXml().HashAlgorithms[algorithmOf(reference, 'DigestMethod')]
  if (!Digest) return false
  const expected = Buffer.from(textWithin(childOf(reference, SIGNATURE_NS, 'DigestValue')), 'base64')
  return Buffer.from(new Digest().getHash(text), 'base64').equals(expected)
}

function canonicalText(element: Element, algorithm: string | null, prefixes: string[]): string {
  const Canonicalization = new SignedXml().CanonicalizationAlgorithms[algorithm ?? '']
  if (!Canonicalization) throw new Error('Canonicalization not supported')
  if (algorithm?.startsWith(INCLUSIVE)) inheritXmlAttributes(element)
  return new Canonicalization().process(element, {
    inclusiveNamespacesPrefixList: prefixes,
    ancestorNamespaces: inheritedNamespaces(element),
  }) as string
}

/** Exclusive XML Canonicalization 4. */
function prefixList(method: Element): string[] {
  const lists = childrenOf(method, EXCLUSIVE, 'InclusiveNamespaces')
  return lists.flatMap((list) => (attributeNamed(list, 'PrefixList') ?? '').split(/\s+/).filter(Boolean))
}

function algorithmOf(parent: Element, name: string): string {
  return attributeNamed(childOf(parent, SIGNATURE_NS, name), 'Algorithm') ?? ''
}

/** A certificate as the options have it, PEM or its bare base64, as PEM. */
function pem(certificate: string): string {
  if (certificate.includes('-----BEGIN')) return certificate.trim()
  const lines = certificate.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n')
}
