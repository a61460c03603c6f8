import { type ErrorDetails, JitError } from '../errors'
import type { Answer } from '../outgoing/request'
import { OutgoingRequestError } from '../outgoing/request-error'
import type { OidcSource } from '../sources/config'

/** `status` is 403 by default; a malformed answer gets 400. */
type Problem = { message: string; status?: number; cause?: unknown; details?: ErrorDetails }

/** The maximum length of an error's description, in characters. Entra ID's have about 400. */
const MAX_DESCRIPTION = 500

/** The refusal of a provider's answer. `check` becomes `details.check`. */
export function refusal({ id: source }: OidcSource, check: string, problem: string | Problem): JitError {
  const {
    message,
    status = 403,
    cause,
    details,
  }: Problem = typeof problem === 'string' ? { message: problem } : problem
  const all = { ...details, check, ...reasonOf(cause) }
  return new JitError('invalid_assertion', message, { source, status, details: all, cause })
}

/**
 * The error for a provider that is down or doesn't follow the protocol. Its message has the cause of a failed request.
 */
export function unavailable(
  { id: source }: OidcSource,
  problem: string | Pick<Problem, 'message' | 'details'>,
  cause?: unknown,
): JitError {
  const { message, details }: Problem = typeof problem === 'string' ? { message: problem } : problem
  const reason = reasonOf(cause)
  const named = reason ? `${message} (${reason.reason})` : message
  const text = `The identity provider of "${source}" is not available: ${named}`
  return new JitError('provider_unavailable', text, { source, cause, details: { ...details, ...reason } })
}

function reasonOf(cause: unknown): { reason: string } | undefined {
  return cause instanceof OutgoingRequestError ? { reason: cause.message } : undefined
}

/** Providers also answer with codes other than 200. */
export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status <= 299
}

/** The error in a provider's answer (RFC 6749 4.1.2.1 and 5.2), as details. Empty without an error. */
export function providerError({
  error,
  error_description: description,
}: Readonly<Record<string, unknown>>): Pick<ErrorDetails, 'provider' | 'description'> {
  if (error === undefined) return {}
  const provider = typeof error === 'string' && /^[\w.-]{1,64}$/.test(error) ? error : 'unknown'
  const text = typeof description === 'string' ? legibleText(description) : ''
  return { provider, ...(text !== '' && { description: text }) }
}

/** Without control characters, line breaks and invisible characters, which could change the text beside them. */
function legibleText(text: string): string {
  return text
    .slice(0, MAX_DESCRIPTION)
    .replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\s]+/gu, ' ')
    .trim()
}
