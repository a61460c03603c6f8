import { inflateRawSync } from 'node:zlib'
import { defaultSamlLimits, type SamlLimits } from './limits'
import { malformed, refusal } from './refusal'
import { decodeBase64 } from './xml/base64'
import type { XmlDocument } from './xml/element'
import { XmlError } from './xml/error'
import { scanXml } from './xml/scan'
import { decodeXml } from './xml/text-encoding'

/** Decodes a message of HTTP-POST (Bindings 3.5.4): base64 of XML, with or without white space. */
export function decodeMessage(source: string, field: unknown, limits = defaultSamlLimits): string {
  return decodeText(source, decodeField(source, field, limits.bytes))
}

/** Decodes a message of HTTP-Redirect (Bindings 3.4.4.1): base64 of DEFLATE-compressed XML. */
export function inflateMessage(source: string, field: unknown, limits = defaultSamlLimits): string {
  const deflated = decodeField(source, field, limits.bytes)
  return decodeText(source, inflate(source, deflated, limits))
}

function inflate(source: string, deflated: Buffer, limits: SamlLimits): Buffer {
  try {
    return inflateRawSync(deflated, { maxOutputLength: limits.inflatedBytes })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(source, limits.inflatedBytes)
    throw malformed(source, 'encoding', 'The SAML message cannot be inflated')
  }
}

export function scanMessage(
  source: string,
  xml: string,
  limits: SamlLimits = defaultSamlLimits,
): XmlDocument {
  try {
    return scanXml(xml, limits)
  } catch (error) {
    throw refusalOf(source, error)
  }
}

function refusalOf(source: string, error: unknown): unknown {
  if (!(error instanceof XmlError)) return error
  const { check, problem } = error
  const message = `The SAML message ${problem}`
  return check === 'namespaces' ? refusal(source, 'structure', message) : malformed(source, check, message)
}

function decodeField(source: string, field: unknown, limit: number): Buffer {
  if (typeof field !== 'string') throw malformed(source, 'encoding', 'The SAML message is not one text')
  if (field.length > limit * 2) throw tooLarge(source, limit)
  const bytes = decodeBase64(field)
  if (bytes && bytes.length > limit) throw tooLarge(source, limit)
  if (!bytes || bytes.length === 0) throw malformed(source, 'encoding', 'The SAML message is not base64')
  return bytes
}

function decodeText(source: string, bytes: Buffer): string {
  try {
    return decodeXml(bytes)
  } catch (error) {
    throw refusalOf(source, error)
  }
}

function tooLarge(source: string, limit: number): Error {
  return malformed(source, 'size', `The SAML message is larger than ${limit} bytes`)
}
