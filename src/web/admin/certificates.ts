import type { CertificateState } from '../../stored-sources/certificate-states'
import { html, type Html } from '../html'

/** Certificates with their last day, and which of them to replace. */
export function certificateList(certificates: readonly CertificateState[]): Html | false {
  return (
    certificates.length > 0 &&
    html`<ul class="certificates">
      ${certificates.map(
        ({ subject, notAfter, state }) =>
          html`<li class="${state}">
            Certificate <bdi class="exact">${subject}</bdi>, ${expiry(notAfter, state)}
          </li>`,
      )}
    </ul>`
  )
}

/** The message in a listing about a certificate that expires soon; undefined if none does. */
export function certificateNotice(certificates: readonly CertificateState[]): string | undefined {
  const [first] = certificates
    .filter(({ state }) => state !== 'valid')
    .sort((a, b) => Number(a.notAfter) - Number(b.notAfter))
  return first && `Certificate ${expiry(first.notAfter, first.state)}`
}

function expiry(notAfter: Date, state: CertificateState['state']): string {
  const day = notAfter.toISOString().slice(0, 10)
  // SAML Metadata Interoperability Profile 2.6.1: the dates of a certificate in metadata don't limit its key.
  if (state === 'expired')
    return `expired on ${day}: still accepted, but ask the identity provider for the current one`
  if (state === 'expiring') return `ends on ${day}: get the next one from the identity provider`
  return `valid until ${day}`
}
