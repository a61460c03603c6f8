import { inflateRawSync } from 'node:zlib'
import { defaultSamlLimits, type SamlLimits } from './saml-limits'
import { refusal } from './saml-refusal'
import { type OutlineElement, Scan } from './saml-scan'

export type { OutlineElement }

export interface Outline {
  /** The message, each of its lines ended by a line feed alone (XML 2.11). */
  readonly xml: string
  readonly root: OutlineElement
  /** In document order. */
  readonly elements: readonly OutlineElement[]
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
  const deflated = decodeBase64(source, field, limits.inflatedBytes)
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
 * Reads the outline of a message in one pass, before any XML parser sees it: their cost grows faster than the
 * message, and they differ in what they make of a document that is not well-formed. Refused are a DOCTYPE,
 * processing instructions, whatever is not well-formed XML 1.0 with namespaces, and what is over a limit.
 */
export function outlineOf(
  source: string,
  xml: string,
  limits: Readonly<SamlLimits> = defaultSamlLimits,
): Outline {
  const lines = xml.replace(/\r\n?/g, '\n')
  return { xml: lines, ...new Scan(source, lines, limits).run() }
}

/** The text of an element, without that of its children. */
export function textOf({ rawText }: OutlineElement): string {
  return decodeReferences(rawText)
}

/** The value of an attribute, by its name as written. */
export function attributeOf({ rawAttributes }: OutlineElement, name: string): string | undefined {
  const raw = rawAttributes.get(name)
  return raw === undefined ? undefined : decodeReferences(raw)
}

const predefined: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The scan has seen that each reference is to a character, or predefined (XML 4.6). */
function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g,
    (_, hex?: string, decimal?: string, name?: string) =>
      name === undefined
        ? String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16))
        : predefined[name]!,
  )
}
