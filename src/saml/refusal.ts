import { JitError } from '../errors'

/** A SAML message that a check named `check` refused: 400 where it is malformed, else 403. */
export function refusal(source: string, check: string, message: string, status = 403): JitError {
  return new JitError('invalid_assertion', message, { source, status, details: { check } })
}
