import { JitError } from '../errors'

export function refusal(source: string, check: string, message: string): JitError {
  return new JitError('invalid_assertion', message, { source, details: { check } })
}

/** The refusal of a message that is malformed: a bad request. */
export function malformed(source: string, check: string, message: string): JitError {
  return new JitError('invalid_assertion', message, { source, status: 400, details: { check } })
}
