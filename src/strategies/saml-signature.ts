import { SignedXml } from 'xml-crypto'
import { canonicalText, EXCLUSIVE, INCLUSIVE } from './saml-canonical'
import { attributeOf, childOf, childrenOf, type OutlineElement, readVerified, textOf } from './saml-message'
import { SIGNATURE_NS } from './saml-namespaces'

/** Core 5.4.4: the first transform takes the signature itself out of what is signed. */
export const ENVELOPED = `${SIGNATURE_NS}enveloped-signature`

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
 * (XML Signature 3.2): what was signed, and all that may be believed (`readVerified`). Undefined, or an Error,
 * where it does not hold.
 *
 * Expects an element of a message whose signatures were looked at (`checkSignatures`). The algorithms are
 * xml-crypto's; its `checkSignature` itself searches the whole document with XPath, at a cost that grows with the
 * square of its length.
 */
export function verifiedText(element: OutlineElement, certificates: readonly string[]): string | undefined {
  const signature = childOf(element, SIGNATURE_NS, 'Signature')
  const info = verifiedInfo(signature, certificates)
  if (!info) return undefined
  const reference = childOf(info, SIGNATURE_NS, 'Reference')
  if (attributeOf(reference, 'URI') !== `#${attributeOf(element, 'ID')}`) return undefined
  const text = canonicalText(element, { ...canonicalizationOf(reference), without: signature })
  return digestHolds(text, reference) ? text : undefined
}

/** SignedInfo, read again from the canonical text that the signature's value holds for (XML Signature 3.2.2). */
function verifiedInfo(
  signature: OutlineElement,
  certificates: readonly string[],
): OutlineElement | undefined {
  const info = childOf(signature, SIGNATURE_NS, 'SignedInfo')
  const Method = new SignedXml().SignatureAlgorithms[
    algorithm(childOf(info, SIGNATURE_NS, 'SignatureMethod'))
  ]
  if (!Method) return undefined
  const method = childOf(info, SIGNATURE_NS, 'CanonicalizationMethod')
  const text = canonicalText(info, { algorithm: algorithm(method), prefixes: prefixList(method) })
  const value = textOf(childOf(signature, SIGNATURE_NS, 'SignatureValue'))
  const holds = certificates.some((one) => new Method().verifySignature(text, pem(one), value))
  return holds ? readVerified(text) : undefined
}

/** XML Signature 4.4.3.2: without a transform that makes it canonical, what is referred to becomes so all the same. */
function canonicalizationOf(reference: OutlineElement): { algorithm: string; prefixes: string[] } {
  const transforms = childrenOf(childOf(reference, SIGNATURE_NS, 'Transforms'), SIGNATURE_NS, 'Transform')
  const transform = transforms.find((one) => algorithm(one) !== ENVELOPED)
  return transform
    ? { algorithm: algorithm(transform), prefixes: prefixList(transform) }
    : { algorithm: INCLUSIVE, prefixes: [] }
}

function digestHolds(text: string, reference: OutlineElement): boolean {
  const Digest = new SignedXml().HashAlgorithms[algorithm(childOf(reference, SIGNATURE_NS, 'DigestMethod'))]
  if (!Digest) return false
  const expected = Buffer.from(textOf(childOf(reference, SIGNATURE_NS, 'DigestValue')), 'base64')
  return Buffer.from(new Digest().getHash(text), 'base64').equals(expected)
}

/** Exclusive XML Canonicalization 4. */
function prefixList(method: OutlineElement): string[] {
  const lists = childrenOf(method, EXCLUSIVE, 'InclusiveNamespaces')
  return lists.flatMap((list) => (attributeOf(list, 'PrefixList') ?? '').split(/\s+/).filter(Boolean))
}

function algorithm(element: OutlineElement): string {
  return attributeOf(element, 'Algorithm') ?? ''
}

/** A certificate as the options have it, PEM or its bare base64, as PEM. */
function pem(certificate: string): string {
  if (certificate.includes('-----BEGIN')) return certificate.trim()
  const lines = certificate.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n')
}
