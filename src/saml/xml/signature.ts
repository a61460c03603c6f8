import { SignedXml } from 'xml-crypto'
import { canonicalText, EXCLUSIVE, INCLUSIVE } from './canonical'
import { attributeOf, childOf, childrenOf, type XmlElement, readVerified, textOf } from './element'
import { SIGNATURE_NS } from './namespaces'
import { ENVELOPED } from '../signature-profile'

/**
 * The canonical text of an element, without its signature, where that signature holds for one of the certificates
 * (XML Signature 3.2): what was signed, and all that may be believed (`readVerified`). Undefined, or an Error,
 * where it does not hold.
 *
 * Expects an element of a message whose signatures were looked at (`checkSignatures`). The algorithms are
 * xml-crypto's; its `checkSignature` itself searches the whole document with XPath, at a cost that grows with the
 * square of its length.
 */
export function verifiedText(element: XmlElement, certificates: readonly string[]): string | undefined {
  const signature = childOf(element, SIGNATURE_NS, 'Signature')
  const info = verifiedInfo(signature, certificates)
  if (!info) return undefined
  const reference = childOf(info, SIGNATURE_NS, 'Reference')
  if (attributeOf(reference, 'URI') !== `#${attributeOf(element, 'ID')}`) return undefined
  const text = canonicalText(element, { ...canonicalizationOf(reference), without: signature })
  return digestHolds(text, reference) ? text : undefined
}

/** SignedInfo, read again from the canonical text that the signature's value holds for (XML Signature 3.2.2). */
function verifiedInfo(signature: XmlElement, certificates: readonly string[]): XmlElement | undefined {
  const info = childOf(signature, SIGNATURE_NS, 'SignedInfo')
  const method = childOf(info, SIGNATURE_NS, 'CanonicalizationMethod')
  const text = canonicalText(info, { algorithm: algorithm(method), prefixes: prefixList(method) })
  const value = textOf(childOf(signature, SIGNATURE_NS, 'SignatureValue'))
  const signatureMethod = algorithm(childOf(info, SIGNATURE_NS, 'SignatureMethod'))
  return isSignatureOf(text, signatureMethod, value, certificates) ? readVerified(text) : undefined
}

/** Whether a value, in base64, is the signature over a text by the key of one of these certificates. */
export function isSignatureOf(
  text: string,
  method: string,
  value: string,
  certificates: readonly string[],
): boolean {
  const Method = new SignedXml().SignatureAlgorithms[method]
  if (!Method) return false
  return certificates.some((certificate) => {
    try {
      return new Method().verifySignature(text, pem(certificate), value)
    } catch {
      // A key of another kind than the algorithm's.
      return false
    }
  })
}

/** XML Signature 4.4.3.2: without a transform that makes it canonical, what is referred to becomes so all the same. */
function canonicalizationOf(reference: XmlElement): { algorithm: string; prefixes: string[] } {
  const transforms = childrenOf(childOf(reference, SIGNATURE_NS, 'Transforms'), SIGNATURE_NS, 'Transform')
  const transform = transforms.find((one) => algorithm(one) !== ENVELOPED)
  return transform
    ? { algorithm: algorithm(transform), prefixes: prefixList(transform) }
    : { algorithm: INCLUSIVE, prefixes: [] }
}

function digestHolds(text: string, reference: XmlElement): boolean {
  const Digest = new SignedXml().HashAlgorithms[algorithm(childOf(reference, SIGNATURE_NS, 'DigestMethod'))]
  if (!Digest) return false
  const expected = Buffer.from(textOf(childOf(reference, SIGNATURE_NS, 'DigestValue')), 'base64')
  return Buffer.from(new Digest().getHash(text), 'base64').equals(expected)
}

/** Exclusive XML Canonicalization 4. */
function prefixList(method: XmlElement): string[] {
  const lists = childrenOf(method, EXCLUSIVE, 'InclusiveNamespaces')
  return lists.flatMap((list) => (attributeOf(list, 'PrefixList') ?? '').split(/\s+/).filter(Boolean))
}

function algorithm(element: XmlElement): string {
  return attributeOf(element, 'Algorithm') ?? ''
}

/** A certificate as the options have it, PEM or its bare base64, as PEM. */
function pem(certificate: string): string {
  if (certificate.includes('-----BEGIN')) return certificate.trim()
  const lines = certificate.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n')
}
