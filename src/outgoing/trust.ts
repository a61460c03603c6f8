import { createSecureContext, type SecureContextOptions, type SecureContext } from 'node:tls'

/** Options of a TLS connection that trusts one more authority. */
export interface Trust extends Pick<SecureContextOptions, 'ca'> {
  secureContext?: SecureContext
}

/**
 * Trusts the authorities of a PEM in addition to those that Node.js trusts, `NODE_EXTRA_CA_CERTS` included. To be made once:
 * it takes milliseconds. The option `ca` alone would replace those of Node.js. It is here too, because agents keep
 * connections apart by it.
 */
export function trusting(ca: string | undefined): Trust {
  if (ca === undefined) return {}
  const secureContext = createSecureContext()
  const { context } = secureContext as { context: { addCACert: (pem: string) => void } }
  context.addCACert(ca)
  return { ca, secureContext }
}
