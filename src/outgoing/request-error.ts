/**
 * Why a request got no usable answer. `forbidden`: the address is not https, or private; `unreachable`: no
 * connection, or a broken one; `timeout`; `too_large`.
 */
export class OutgoingRequestError extends Error {
  override readonly name = 'OutgoingRequestError'

  constructor(
    readonly reason: 'forbidden' | 'unreachable' | 'timeout' | 'too_large',
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}
