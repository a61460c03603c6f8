import { JitError } from '../errors'
import { OutgoingRequestError } from '../outgoing/request-error'
import type { OidcSource } from '../sources/config'

/** `status` is 403 by default; a malformed answer gets 400. */
type Problem = { message: string; status?: number; cause?: unknown }

/** The refusal of a provider's answer. `check` becomes `details.check`. */
export function refusal({ id: source }: OidcSource, check: string, problem: string | Problem): JitError {
  const { message, status = 403, cause } = typeof problem === 'string' ? { message: problem } : problem
  return new JitError('invalid_assertion', message, { source, status, details: { check }, cause })
}

/** The error of a provider that is down, or does not speak the protocol. The cause of a failed request is in its words. */
export function unavailable(source: OidcSource, problem: string, cause?: unknown): JitError {
  const reason = cause instanceof OutgoingRequestError ? cause.message : undefined
  const named = reason === undefined ? problem : `${problem} (${reason})`
  const message = `The identity provider of "${source.id}" is not available: ${named}`
  return new JitError('provider_unavailable', message, {
    source: source.id,
    ...(reason !== undefined && { details: { reason } }),
    cause,
  })
}
