import { DOMParser } from '@xmldom/xmldom'
import { SignedXml, type NamespacePrefix } from 'xml-crypto'

const DS = 'http://www.w3.org/2000/09/xmldsig#'
const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

/** Core 5.4.4: the first transform takes the signature itself out of what is signed. */
export const ENVELOPED = `${DS}enveloped-signature`

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
export const sha1Algorithms = new Set([`${DS}rsa-sha1`, `${DS}sha1`])

/**
 * Whether the signature of the one element of that name holds (XML Signature 3.2), at a cost that grows with
 * the length of the message. node-saml verifies everything again, and only what it verified is read; but it
 * searches the document with XPath before it looks at any signature, at a cost that grows with the square, so
 * that it must not get what anybody may have made. Expects a message whose form was checked.
 */
export function signatureHolds(
  xml: string,
  owner: 'Response' | 'Assertion',
  certificates: string[],
): boolean {
  return signedText(xml, owner, certificates) !== undefined
}

/** The canonical text of the one element of that name, without its signature; undefined where that does not hold. */
export function signedText(xml: string, owner: string, certificates: string[]): string | undefined {
  const root = new DOMParser().parseFromString(xml.replace(/\r\n?/g, '\n'), 'text/xml').documentElement
  const signed = root.localName === owner ? root : child(root, owner)
  const signature = child(signed, 'Signature')
  const info = child(signature, 'SignedInfo')
  if (!valueHolds(signature, info, certificates)) return undefined
  signed.removeChild(signature)
  return digestedText(signed, child(info, 'Reference'))
}

function valueHolds(signature: Element, info: Element, certificates: string[]): boolean {
  const canonical = canonicalize(info, algorithm(child(info, 'CanonicalizationMethod')), [])
  const value = child(signature, 'SignatureValue').textContent ?? ''
  return isSignatureOf(canonical, algorithm(child(info, 'SignatureMethod')), value, certificates)
}

/** Whether a value, in base64, is the signature over a text by one of these certificates. */
export function isSignatureOf(text: string, method: string, value: string, certificates: string[]): boolean {
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

function digestedText(signed: Element, reference: Element): string | undefined {
  const Digest = new SignedXml().HashAlgorithms[algorithm(child(reference, 'DigestMethod'))]
  if (!Digest) return undefined
  const transform = elements(child(reference, 'Transforms')).find((step) => algorithm(step) !== ENVELOPED)
  const name = transform ? algorithm(transform) : INCLUSIVE
  const prefixes = transform && elements(transform)[0]?.getAttribute('PrefixList')
  const canonical = canonicalize(signed, withoutComments.get(name) ?? name, prefixes?.split(' ') ?? [])
  const expected = Buffer.from(child(reference, 'DigestValue').textContent ?? '', 'base64')
  return Buffer.from(new Digest().getHash(canonical), 'base64').equals(expected) ? canonical : undefined
}

function canonicalize(element: Element, name: string, inclusiveNamespacesPrefixList: string[]): string {
  const Canonicalization = new SignedXml().CanonicalizationAlgorithms[name]
  if (!Canonicalization) throw new Error('Canonicalization not supported')
  const options = {
    inclusiveNamespacesPrefixList,
    ancestorNamespaces: inheritedNamespaces(element),
    defaultNsForPrefix: { ds: DS },
  }
  return new Canonicalization().process(element, options) as string
}

/** The namespaces that an element has from its ancestors and does not declare anew. */
function inheritedNamespaces(element: Element): NamespacePrefix[] {
  const nearest = new Map<string, string>()
  for (let at = element; at?.nodeType === 1; at = at.parentNode as Element) {
    for (const { name, value } of Array.from(at.attributes)) {
      const prefix = /^xmlns(:|$)/.test(name) ? name.slice(6) : null
      if (prefix !== null && !nearest.has(prefix)) nearest.set(prefix, at === element ? '' : value)
    }
  }
  return [...nearest].flatMap(([prefix, namespaceURI]) => (namespaceURI ? [{ prefix, namespaceURI }] : []))
}

/** A certificate as the options have it, PEM or its bare base64, as PEM. */
function pem(certificate: string): string {
  if (certificate.includes('-----BEGIN')) return certificate.trim()
  const lines = certificate.replace(/\s/g, '').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----'].join('\n')
}

function algorithm(element: Element): string {
  return element.getAttribute('Algorithm') ?? ''
}

function child(element: Element, name: string): Element {
  const found = elements(element).find(({ localName }) => localName === name)
  if (!found) throw new Error(`No ${name}`)
  return found
}

function elements(element: Element): Element[] {
  return Array.from(element.childNodes).filter(({ nodeType }) => nodeType === 1) as Element[]
}
