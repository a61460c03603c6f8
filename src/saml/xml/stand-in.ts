/*
 * What AES-CBC encrypts is not protected against changes, so whoever has an encrypted assertion can change it and watch
 * whether it still decrypts to well-formed XML: often enough, that decrypts it. Answers are the same for both, and this
 * makes their times the same: when a decrypted text turns out to be unusable, the rest of the work that a usable one
 * takes is done on a text of the same length.
 */
import type { KeyObject } from 'node:crypto'
import { EXCLUSIVE } from './canonical'
import type { XmlElement } from './element'
import { scanXml } from './scan'
import { unlimited } from './scan-limits'
import { ENVELOPED, verifyEnveloped } from './signature'
import { SIGNATURE_NS } from './signature-algorithms'

/** About as many elements and attributes for its length as an assertion has. */
const PIECE =
  '<a:Attribute Name="urn:oid:2.5.4.42" NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:uri">' +
  '<a:AttributeValue xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">A name</a:AttributeValue>' +
  '</a:Attribute>'

interface Work {
  /** Characters of the decrypted text. */
  length: number
  /** How many of them were scanned. */
  scanned: number
}

/** Scans as many characters as are left, then verifies a signature over a text of the full length. */
export function doRemainingWork({ length, scanned }: Work, keys: readonly KeyObject[]): void {
  const left = Math.floor((length - scanned) / PIECE.length)
  if (left > 0) scanXml(`<a:a xmlns:a="urn:a">${PIECE.repeat(left)}</a:a>`, unlimited)
  const { root, headLength } = templateFor(keys)
  const pieces = Math.max(0, Math.floor((length - headLength) / PIECE.length))
  const [signature, piece] = root.children as [XmlElement, XmlElement]
  verifyEnveloped({ ...root, content: [signature, ...new Array<XmlElement>(pieces).fill(piece)] }, keys)
}

interface Template {
  /** Holds a signature and one piece. */
  root: XmlElement
  /** Characters without the piece. */
  headLength: number
}

const templates = new WeakMap<readonly KeyObject[], Template>()

function templateFor(keys: readonly KeyObject[]): Template {
  const template = templates.get(keys) ?? makeTemplate(keys[0])
  templates.set(keys, template)
  return template
}

/** The length of a signature by curve, both integers side by side. */
const ecdsaBytes = new Map([
  ['prime256v1', 64],
  ['secp384r1', 96],
  ['secp521r1', 132],
])

/** A signature that takes a key as long to refuse as a genuine one to accept. */
function makeTemplate(key: KeyObject | undefined): Template {
  const curve = key?.asymmetricKeyDetails?.namedCurve
  const bytes = curve ? ecdsaBytes.get(curve) : (key?.asymmetricKeyDetails?.modulusLength ?? 2048) / 8
  const value = Buffer.alloc(bytes ?? 64, 1).toString('base64')
  const algorithm = curve ? 'ecdsa-sha256' : 'rsa-sha256'
  const digest = Buffer.alloc(32).toString('base64')
  const head =
    `<a:Assertion xmlns:a="urn:a" ID="_1"><Signature xmlns="${SIGNATURE_NS}"><SignedInfo>` +
    `<CanonicalizationMethod Algorithm="${EXCLUSIVE}"/>` +
    `<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#${algorithm}"/><Reference URI="#_1"><Transforms>` +
    `<Transform Algorithm="${ENVELOPED}"/><Transform Algorithm="${EXCLUSIVE}"/></Transforms>` +
    `<DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue>${digest}</DigestValue></Reference>` +
    `</SignedInfo><SignatureValue>${value}</SignatureValue></Signature>`
  return { root: scanXml(`${head}${PIECE}</a:Assertion>`, unlimited).root, headLength: head.length }
}
