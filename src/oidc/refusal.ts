import { JitError } from '../errors'
import { OutgoingRequestError } from '../outgoing/request-error'
import type { OidcSource } from '../sources/config'

/** `status` is 403 by default; a malformed answer gets 400. */
type Problem = { message: string; status?: number; cause?: unknown }

/** The refusal of a provider's answer. `check` becomes `details.check`. */
export function refusal({ id: source }: OidcSource, check: string, problem: string | Problem): JitError {
  const { message, status = 403, cause } = typeof problem === 'string' ? { message: problem } : problem
  const details = { check, ...reasonOf(cause) }
  return new JitError('invalid_assertion', message, { source, status, details, cause })
}

/** The error of a provider that is down, or does not speak the protocol. The cause of a failed request is in its words. */
export function unavailable({ id: source }: OidcSource, problem: string, cause?: unknown): JitError {
  const details = reasonOf(cause)
  const named = details ? `${problem} (${details.reason})` : problem
  const message = `The identity provider of "${source}" is not available: ${named}`
  return new JitError('provider_unavailable', message, { source, details, cause })
}

function reasonOf(cause: unknown): { reason: string } | undefined {
  return cause instanceof OutgoingRequestError ? { reason: cause.message } : undefined
}
