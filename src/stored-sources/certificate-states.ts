import {
  type CertificateDescription,
  describeCertificate,
  parseCertificate,
  weaknessOf,
} from '../sources/certificates'
import type { Source } from '../sources/config'

/** How many days before its end a certificate counts as expiring. */
const EXPIRY_NOTICE_DAYS = 21

const DAY = 24 * 60 * 60 * 1000

/** `upcoming`: it begins at `notBefore`. Signatures by it are accepted in every state, unless it has a `weakness`. */
export type CertificateState = CertificateDescription & {
  state: 'valid' | 'expiring' | 'expired' | 'upcoming'
  notBefore?: Date
  /** Why its signatures aren’t accepted: `an RSA key of 1024 bits`. */
  weakness?: string
}

/** The signing certificates of a SAML source's identity provider; none for OpenID Connect. */
export function certificateStates(source: Source, now: Date = new Date()): CertificateState[] {
  return source.protocol === 'saml'
    ? [source.saml.idpCert].flat().map((certificate) => stateOf(certificate, now))
    : []
}

function stateOf(text: string, now: Date): CertificateState {
  const certificate = parseCertificate(text)
  const weakness = weaknessOf(certificate.publicKey)
  const described = { ...describeCertificate(certificate), ...(weakness !== undefined && { weakness }) }
  const notBefore = new Date(certificate.validFrom)
  if (notBefore > now) return { ...described, state: 'upcoming', notBefore }
  const left = described.notAfter.getTime() - now.getTime()
  if (left <= 0) return { ...described, state: 'expired' }
  return { ...described, state: left <= EXPIRY_NOTICE_DAYS * DAY ? 'expiring' : 'valid' }
}
