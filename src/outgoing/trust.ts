import { readFileSync } from 'node:fs'
import {
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type SecureContextOptions,
} from 'node:tls'

/** Options of a TLS connection that trusts one more authority. */
export interface Trust extends Pick<SecureContextOptions, 'ca'> {
  secureContext?: SecureContext
}

/**
 * Trusts the authorities of a PEM in addition to those of Node.js and of `NODE_EXTRA_CA_CERTS`. To be made once, since it
 * takes tens of milliseconds. Agents keep connections apart by `ca`, so it is here beside the context that holds it.
 */
export function trusting(ca: string | undefined): Trust {
  if (ca === undefined) return {}
  return { ca, secureContext: createSecureContext({ ca: [...rootCertificates, ...extraAuthorities(), ca] }) }
}

/** Node.js adds them only where no `ca` is given. It reports a file that it can't read itself. */
function extraAuthorities(): string[] {
  const file = process.env['NODE_EXTRA_CA_CERTS']
  try {
    return file ? [readFileSync(file, 'utf8')] : []
  } catch {
    return []
  }
}
