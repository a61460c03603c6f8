import type { CertificateState } from '../../stored-sources/certificate-states'
import { html, type Html } from '../html'

/** Certificates with their last day, and which of them to replace. */
export function certificateList(certificates: readonly CertificateState[]): Html | false {
  return (
    certificates.length > 0 &&
    html`<ul class="certificates">
      ${certificates.map(
        (certificate) =>
          html`<li class="${certificate.weakness === undefined ? certificate.state : 'expired'}">
            Certificate <bdi class="exact">${certificate.subject}</bdi>, ${condition(certificate)}
          </li>`,
      )}
    </ul>`
  )
}

/** The message in a listing about a certificate to replace soon; undefined if there is none. */
export function certificateNotice(certificates: readonly CertificateState[]): string | undefined {
  const [first] = certificates
    .filter(({ state, weakness }) => weakness !== undefined || state === 'expiring' || state === 'expired')
    .sort((a, b) => Number(a.notAfter) - Number(b.notAfter))
  return first && `Certificate ${condition(first)}`
}

function condition({ notAfter, notBefore, state, weakness }: CertificateState): string {
  const day = notAfter.toISOString().slice(0, 10)
  if (weakness !== undefined) return `has ${weakness}: its signatures aren’t accepted`
  // SAML Metadata Interoperability Profile 2.6.1: the dates of a certificate in metadata don't limit its key.
  if (state === 'expired')
    return `expired on ${day}: still accepted, but get the current one from your identity provider`
  if (state === 'upcoming')
    return `valid from ${notBefore?.toISOString().slice(0, 10)} until ${day}: accepted already`
  if (state === 'expiring') return `expires on ${day}: get the next one from your identity provider`
  return `valid until ${day}`
}
