import { inflateRawSync } from 'node:zlib'
import { defaultSamlLimits, type SamlLimits } from '../limits'
import { refusal } from '../refusal'
import { fixedLimits, type XmlElement, Scan, type ScanLimits } from './scan'

export type { XmlElement }

export interface XmlDocument {
  readonly root: XmlElement
  /** In document order. */
  readonly elements: readonly XmlElement[]
}

/** Decodes the value of a SAMLResponse form field (Bindings 3.5.4): base64 of UTF-8, lines broken or not. */
export function decodeMessage(
  source: string,
  field: unknown,
  limits: Readonly<SamlLimits> = defaultSamlLimits,
): string {
  return decodeUtf8(source, decodeBase64(source, field, limits.bytes))
}

/** Decodes a message by HTTP-Redirect (Bindings 3.4.4.1): base64 of what DEFLATE made of UTF-8. */
export function inflateMessage(
  source: string,
  field: unknown,
  limits: Readonly<SamlLimits> = defaultSamlLimits,
): string {
  const deflated = decodeBase64(source, field, limits.bytes)
  try {
    return decodeUtf8(source, inflateRawSync(deflated, { maxOutputLength: limits.inflatedBytes }))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(source, limits.inflatedBytes)
    throw refusal(source, 'encoding', 'The SAML message cannot be inflated', 400)
  }
}

function decodeBase64(source: string, field: unknown, limit: number): Buffer {
  if (typeof field !== 'string') throw refusal(source, 'encoding', 'The SAML message is not one text', 400)
  if (field.length > limit * 1.5) throw tooLarge(source, limit)
  const base64 = field.replace(/[\r\n]+/g, '')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > limit) throw tooLarge(source, limit)
  if (bytes.length === 0 || bytes.toString('base64') !== base64) {
    throw refusal(source, 'encoding', 'The SAML message is not base64', 400)
  }
  return bytes
}

function decodeUtf8(source: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refusal(source, 'encoding', 'The SAML message is not UTF-8', 400)
  }
}

function tooLarge(source: string, limit: number): Error {
  return refusal(source, 'size', `The SAML message is larger than ${limit} bytes`, 400)
}

/**
 * Reads the outline of a message in one pass, at a cost that grows with its length. Refused are a DOCTYPE,
 * processing instructions, whatever is not well-formed XML 1.0 with namespaces, and what is over a limit.
 */
export function scanXml(
  source: string,
  xml: string,
  limits: Readonly<SamlLimits> = defaultSamlLimits,
): XmlDocument {
  return new Scan(source, withLineFeeds(xml), { ...fixedLimits, ...limits }).run()
}

const unlimited: ScanLimits = {
  ...{ elements: Infinity, attributes: Infinity, depth: Infinity, attributesPerElement: Infinity },
  ...{ prefixes: Infinity, declarations: Infinity, sections: Infinity, names: Infinity, escapes: Infinity },
}

/** Reads a text whose signature was verified, however long it is. */
export function readVerified(text: string): XmlElement {
  return new Scan('', text, unlimited).run().root
}

/** XML 2.11. */
function withLineFeeds(xml: string): string {
  return xml.replace(/\r\n?/g, '\n')
}

/** The text of an element, without that of its children. */
export function textOf({ content }: XmlElement): string {
  return decodeReferences(content.filter((part) => typeof part === 'string').join(''))
}

/** All text of an element at any depth. */
export function textWithin({ content }: XmlElement): string {
  return content
    .map((part) => (typeof part === 'string' ? decodeReferences(part) : textWithin(part)))
    .join('')
}

/** The value of an attribute, by its name as written. */
export function attributeOf({ rawAttributes }: XmlElement, name: string): string | undefined {
  const raw = rawAttributes.get(name)
  return raw === undefined ? undefined : decodeReferences(raw)
}

/** The child elements of that name, in document order. */
export function childrenOf(element: XmlElement, namespace: string, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === namespace)
}

/** The one child element of that name. Throws an Error where there are none or several. */
export function childOf(element: XmlElement, namespace: string, name: string): XmlElement {
  const [child, ...more] = childrenOf(element, namespace, name)
  if (!child || more.length > 0) throw new Error(`Not one ${name}`)
  return child
}

/** All elements within an element, in document order. */
export function descendants(element: XmlElement): XmlElement[] {
  const found: XmlElement[] = []
  const visit = ({ children }: XmlElement): void => {
    for (const child of children) {
      found.push(child)
      visit(child)
    }
  }
  visit(element)
  return found
}

const predefined: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The scan has seen that each reference is to a character, or predefined (XML 4.6). */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g,
    (_, hex?: string, decimal?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16))
        : predefined[name]!,
  )
}
