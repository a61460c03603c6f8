import { type CertificateDescription, describeCertificate, parseCertificate } from '../sources/certificates'
import { METADATA_NS } from './namespaces'
import { attributeOf, childrenOf, textWithin, type XmlElement } from './xml/element'
import { SIGNATURE_NS } from './xml/signature-algorithms'

export type MetadataCertificate = CertificateDescription & { pem: string }

/**
 * The signing certificates of a role (Metadata 2.4.1.1), and how many others cannot be read. A KeyDescriptor without
 * `use` is for signing too.
 */
export function signingCertificates(role: XmlElement): {
  certificates: MetadataCertificate[]
  unreadable: number
} {
  const texts = childrenOf(role, METADATA_NS, 'KeyDescriptor')
    .filter((key) => (attributeOf(key, 'use') || 'signing') === 'signing')
    .flatMap((key) => childrenOf(key, SIGNATURE_NS, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, SIGNATURE_NS, 'X509Data'))
    .flatMap((data) => childrenOf(data, SIGNATURE_NS, 'X509Certificate'))
    .flatMap((certificate) => base64In(textWithin(certificate)))
  const read = [...new Set(texts)].map(readCertificate)
  const certificates = read.filter((certificate) => certificate !== undefined)
  return { certificates, unreadable: read.length - certificates.length }
}

/**
 * The certificates in an X509Certificate, as base64. Some providers write PEM there, even several below each other, or
 * below what OpenSSL says about them.
 */
function base64In(text: string): string[] {
  const armored = [...text.matchAll(/-----BEGIN [A-Z ]*-----([^-]*)-----END [A-Z ]*-----/g)]
  const parts = armored.length > 0 ? armored.map(([, part = '']) => part) : [text]
  return parts.map((part) => part.replace(/\s+/g, ''))
}

/** Undefined for a text that is no certificate, and for one whose key OpenSSL does not know. */
function readCertificate(text: string): MetadataCertificate | undefined {
  try {
    const certificate = parseCertificate(text)
    void certificate.publicKey
    return { pem: certificate.toString(), ...describeCertificate(certificate) }
  } catch {
    return undefined
  }
}
