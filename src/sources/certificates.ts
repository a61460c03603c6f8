import { type KeyObject, X509Certificate } from 'node:crypto'

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

const MIN_RSA_BITS = 2048
/** As OpenSSL names P-256, P-384 and P-521. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1']

/** Why no signature by this key is accepted, such as `an RSA key of 1024 bits`; undefined if signatures are. */
export function weaknessOf({ asymmetricKeyType: type, asymmetricKeyDetails }: KeyObject): string | undefined {
  const { modulusLength = 0, namedCurve = 'an unknown curve' } = asymmetricKeyDetails ?? {}
  if (type === 'rsa' || type === 'rsa-pss')
    return modulusLength < MIN_RSA_BITS ? `an RSA key of ${modulusLength} bits` : undefined
  if (type === 'ec') return curves.includes(namedCurve) ? undefined : `an elliptic curve key on ${namedCurve}`
  return `a key of the type ${type}`
}

export const STRONG_RSA_KEYS = `an RSA key of at least ${MIN_RSA_BITS} bits`

/** Why no signature by any of these certificates is accepted; undefined if one of them is strong enough, or unreadable. */
export function problemOfKeys(certificates: readonly string[]): string | undefined {
  try {
    const weaknesses = certificates.map((text) => weaknessOf(parseCertificate(text).publicKey))
    if (weaknesses.includes(undefined)) return undefined
    return `has ${weaknesses[0]}; ${STRONG_RSA_KEYS} or a key on P-256, P-384 or P-521 is needed`
  } catch {
    return undefined
  }
}

/** Whether its key is for RSA. True for a text that is no certificate. */
export function isRsaCertificate(text: string): boolean {
  try {
    return parseCertificate(text).publicKey.asymmetricKeyType === 'rsa'
  } catch {
    return true
  }
}
