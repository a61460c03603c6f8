/**
 * Why a request got no usable answer. `forbidden`: the address is not https, or private; `unreachable`: no
 * connection, or a broken one; `timeout`; `too_large`. The message is a clause that names the cause, without an address:
 * "the connection was refused".
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

const unknownAuthority = 'its certificate is from an unknown authority'
const brokenOff = 'the connection broke off'
const noRoute = 'there is no route to the server'

/** The causes by the codes of Node.js and OpenSSL. */
const causes = new Map<unknown, string>([
  ['ENOTFOUND', 'the host name was not found'],
  ['EAI_AGAIN', 'the host name was not found, since no name server answered'],
  ['ECONNREFUSED', 'the connection was refused'],
  ['ECONNRESET', brokenOff],
  ['EPIPE', brokenOff],
  ['ETIMEDOUT', 'the connection timed out'],
  ['EHOSTUNREACH', noRoute],
  ['ENETUNREACH', noRoute],
  ['UNABLE_TO_GET_ISSUER_CERT', unknownAuthority],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknownAuthority],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknownAuthority],
  ['SELF_SIGNED_CERT_IN_CHAIN', unknownAuthority],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', unknownAuthority],
  ['CERT_UNTRUSTED', unknownAuthority],
  ['CERT_SIGNATURE_FAILURE', unknownAuthority],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['CERT_NOT_YET_VALID', 'its certificate is not valid yet'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host name'],
  ['EPROTO', 'the TLS handshake failed'],
])

/** The cause of a failed connection, as a clause. */
export function causeOf(error: unknown): string {
  return causes.get((error as { code?: unknown } | null)?.code) ?? 'the connection failed'
}
