import { inflateRawSync } from 'node:zlib'
import { defaultSamlLimits } from './limits'
import { malformed, refusal } from './refusal'
import type { XmlDocument } from './xml/element'
import { XmlError } from './xml/error'
import { scanXml } from './xml/scan'

/** Decodes a message of HTTP-POST (Bindings 3.5.4): base64 of UTF-8, with or without line breaks. */
export function decodeMessage(source: string, field: unknown, limits = defaultSamlLimits): string {
  return decodeUtf8(source, decodeBase64(source, field, limits.bytes))
}

/** Decodes a message of HTTP-Redirect (Bindings 3.4.4.1): base64 of DEFLATE-compressed UTF-8. */
export function inflateMessage(source: string, field: unknown, limits = defaultSamlLimits): string {
  const deflated = decodeBase64(source, field, limits.bytes)
  try {
    return decodeUtf8(source, inflateRawSync(deflated, { maxOutputLength: limits.inflatedBytes }))
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(source, limits.inflatedBytes)
    throw malformed(source, 'encoding', 'The SAML message cannot be inflated')
  }
}

export function scanMessage(source: string, xml: string, limits = defaultSamlLimits): XmlDocument {
  try {
    return scanXml(xml, limits)
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    const { check, problem } = error
    const message = `The SAML message ${problem}`
    throw check === 'namespaces' ? refusal(source, 'structure', message) : malformed(source, check, message)
  }
}

function decodeBase64(source: string, field: unknown, limit: number): Buffer {
  if (typeof field !== 'string') throw malformed(source, 'encoding', 'The SAML message is not one text')
  if (field.length > limit * 1.5) throw tooLarge(source, limit)
  const base64 = field.replace(/[\r\n]+/g, '')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > limit) throw tooLarge(source, limit)
  if (bytes.length === 0 || bytes.toString('base64') !== base64)
    throw malformed(source, 'encoding', 'The SAML message is not base64')
  return bytes
}

function decodeUtf8(source: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed(source, 'encoding', 'The SAML message is not UTF-8')
  }
}

function tooLarge(source: string, limit: number): Error {
  return malformed(source, 'size', `The SAML message is larger than ${limit} bytes`)
}
