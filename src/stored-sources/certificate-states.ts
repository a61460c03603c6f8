import { type CertificateDescription, describeCertificate, parseCertificate } from '../sources/certificates'
import type { Source } from '../sources/config'

/** How many days before its end a certificate counts as expiring. */
const EXPIRY_NOTICE_DAYS = 21

const DAY = 24 * 60 * 60 * 1000

export type CertificateState = CertificateDescription & { state: 'valid' | 'expiring' | 'expired' }

/** The signing certificates of a SAML source's identity provider; none for OpenID Connect. */
export function certificateStates(source: Source, now: Date = new Date()): CertificateState[] {
  if (source.protocol !== 'saml') return []
  return [source.saml.idpCert].flat().map((certificate) => {
    const described = describeCertificate(parseCertificate(certificate))
    const left = described.notAfter.getTime() - now.getTime()
    if (left <= 0) return { ...described, state: 'expired' }
    return { ...described, state: left <= EXPIRY_NOTICE_DAYS * DAY ? 'expiring' : 'valid' }
  })
}
