import { X509Certificate } from 'node:crypto'

/** Parses a certificate: PEM or bare base64. Throws if the text is neither. */
export function parseCertificate(text: string): X509Certificate {
  return new X509Certificate(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64'))
}

/** Every PEM block in a text, in order. A text that is bare base64 has none. */
export function pemBlocks(text: string): string[] {
  return text.match(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g) ?? []
}

/** `subject`: the distinguished name on one line: `C=US, O=Example, CN=idp.example`. */
export type CertificateDescription = { subject: string; notAfter: Date }

export function describeCertificate({ subject, validTo }: X509Certificate): CertificateDescription {
  return { subject: (subject || '(no name)').split('\n').join(', '), notAfter: new Date(validTo) }
}
