import type { CertificateState } from '../../stored-sources/provider-check'
import { html, type Html } from '../html'

/** Certificates with their last day, and which of them have to be replaced. */
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

/** What a listing says about certificates that end soon; nothing where all are well. */
export function certificateNotice(certificates: readonly CertificateState[]): string | undefined {
  const [first] = certificates
    .filter(({ state }) => state !== 'valid')
    .sort((a, b) => Number(a.notAfter) - Number(b.notAfter))
  return first && `Certificate ${expiry(first.notAfter, first.state)}`
}

function expiry(notAfter: Date, state: CertificateState['state']): string {
  const day = notAfter.toISOString().slice(0, 10)
  // SAML Metadata Interoperability Profile 2.6.1: the dates of a certificate in metadata say nothing of its key.
  if (state === 'expired')
    return `expired on ${day}: still accepted, but ask the identity provider for the current one`
  if (state === 'expiring') return `ends on ${day}: get the next one from the identity provider`
  return `valid until ${day}`
}
