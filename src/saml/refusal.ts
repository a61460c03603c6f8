import { JitError } from '../errors'
import type { XmlError } from './xml/error'

/** The refusal of a SAML message by the check with this name. */
export function refusal(source: string, check: string, message: string): JitError {
  return refused(source, check, { message, status: 403 })
}

/** The refusal of a message that is not what it should be at all: a bad request. */
export function malformed(source: string, check: string, message: string): JitError {
  return refused(source, check, { message, status: 400 })
}

/** The refusal of a message that is not acceptable XML. */
export function xmlRefusal(source: string, { check, problem }: XmlError): JitError {
  const message = `The SAML message ${problem}`
  return check === 'namespaces' ? refusal(source, 'structure', message) : malformed(source, check, message)
}

function refused(source: string, check: string, { message, status }: { message: string; status: number }) {
  return new JitError('invalid_assertion', message, { source, status, details: { check } })
}
