import { JitError } from '../errors'
import type { OidcSource } from '../sources/config'

/** An answer of the provider that a check named `check` refused: 400 where it is malformed, else 403. */
export function refusal(
  source: OidcSource,
  check: string,
  message: string,
  { status = 403, cause }: { status?: number; cause?: unknown } = {},
): JitError {
  return new JitError('invalid_assertion', message, { source: source.id, status, details: { check }, cause })
}

/** A provider that cannot be used just now: one that is down, or that does not speak the protocol. */
export function unavailable(source: OidcSource, problem: string, cause?: unknown): JitError {
  const message = `The identity provider of "${source.id}" is not available: ${problem}`
  return new JitError('provider_unavailable', message, { source: source.id, cause })
}
