import type { X509Certificate } from 'node:crypto'
import { type CertificateDescription, describeCertificate, parseCertificate } from '../sources/certificates'
import type { SamlOptions } from '../sources/config'
import { defaultSamlLimits } from './limits'
import { METADATA_NS, PROTOCOL_NS } from './namespaces'
import { attributeOf, childrenOf, textWithin, type XmlElement } from './xml/element'
import { XmlError } from './xml/error'
import { scanXml } from './xml/scan'
import { SIGNATURE_NS } from './xml/signature-algorithms'

const MAX_BYTES = 1024 * 1024

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

type MetadataCertificate = CertificateDescription & { pem: string }

export interface ImportedMetadata {
  options: Pick<SamlOptions, 'entryPoint' | 'idpIssuer' | 'logoutUrl' | 'authnRequestBinding'> & {
    idpCert: string[]
  }
  /** The certificates of `options.idpCert`, in the same order. */
  certificates: MetadataCertificate[]
  /** What an admin should know about usable metadata: it has expired, or the provider wants signed requests. */
  warnings: string[]
}

/** Why metadata cannot be used: a sentence for an admin that never quotes the document. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'

  constructor(
    message: string,
    /** The option that held the metadata, for the form that shows the error beside it. */
    readonly option: 'saml.metadata' | 'saml.metadataUrl' = 'saml.metadata',
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/**
 * Reads the metadata of one identity provider (SAML Metadata 2.3.2, 2.4.3): an EntityDescriptor, or an
 * EntitiesDescriptor that holds a single identity provider. Its signature is not verified: the admin vouches for where
 * it came from. Bounded like a message (`defaultSamlLimits`), except for 1 MiB of size. Throws MetadataError.
 */
export function parseIdpMetadata(xml: string): ImportedMetadata {
  const { entity, role } = onlyIdentityProvider(parseBounded(xml))
  const certificates = signingCertificates(role)
  const idpIssuer = attributeOf(entity, 'entityID')?.trim()
  if (!idpIssuer) throw new MetadataError('The metadata names no entity ID.')
  const logoutUrl = locationOf(role, 'SingleLogoutService', REDIRECT)
  return {
    options: {
      ...signInAddress(role),
      idpIssuer,
      idpCert: certificates.map(({ pem }) => pem),
      ...(logoutUrl && { logoutUrl }),
    },
    certificates,
    warnings: warningsAbout(role),
  }
}

function parseBounded(text: string): XmlElement {
  // AD FS writes a byte order mark, and pasting adds blank lines.
  const xml = text.trim()
  if (Buffer.byteLength(xml) > MAX_BYTES) throw new MetadataError('The metadata is larger than 1 MiB.')
  if (/^<!doctype html|^<html/i.test(xml)) throw new MetadataError('This is a web page, not SAML metadata.')
  if (!xml.startsWith('<')) throw new MetadataError('This is not SAML metadata: it is not XML.')
  try {
    return scanXml(xml, defaultSamlLimits).root
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    throw new MetadataError(
      error.check === 'doctype'
        ? 'The metadata has a DOCTYPE, which is not accepted.'
        : `This cannot be read as SAML metadata: the document ${error.problem}.`,
    )
  }
}

/** The EntityDescriptor of the only identity provider, and its IDPSSODescriptor. */
function onlyIdentityProvider(root: XmlElement): { entity: XmlElement; role: XmlElement } {
  const entities = entitiesOf(root).map((entity) => ({ entity, roles: children(entity, 'IDPSSODescriptor') }))
  const [provider, ...more] = entities.filter(({ roles }) => roles.length > 0)
  if (more.length > 0)
    throw new MetadataError(
      'The metadata describes several identity providers. Give only the one to sign in at.',
    )
  if (!provider) throw new MetadataError(noProvider(entities.map(({ entity }) => entity)))
  const role = provider.roles.find(speaksSaml2)
  if (!role) throw new MetadataError('The identity provider of this metadata does not speak SAML 2.0.')
  return { entity: provider.entity, role }
}

function noProvider(entities: XmlElement[]): string {
  const isService = entities.some((entity) => children(entity, 'SPSSODescriptor').length > 0)
  return isService
    ? 'This is the metadata of a service provider (such as this app). Give that of the identity provider.'
    : 'The metadata describes no identity provider for SAML sign-in.'
}

/** Metadata 2.3.1: groups of entities may hold further groups. */
function entitiesOf(root: XmlElement): XmlElement[] {
  if (root.namespace === METADATA_NS && root.name === 'EntityDescriptor') return [root]
  if (root.namespace !== METADATA_NS || root.name !== 'EntitiesDescriptor')
    throw new MetadataError('This is not SAML metadata, but another kind of XML document.')
  return [...children(root, 'EntityDescriptor'), ...children(root, 'EntitiesDescriptor').flatMap(entitiesOf)]
}

function speaksSaml2(role: XmlElement): boolean {
  return (attributeOf(role, 'protocolSupportEnumeration') ?? '').split(/\s+/).includes(PROTOCOL_NS)
}

/** HTTP-Redirect, or else HTTP-POST; no other binding is supported. */
function signInAddress(role: XmlElement): Pick<SamlOptions, 'entryPoint' | 'authnRequestBinding'> {
  const redirect = locationOf(role, 'SingleSignOnService', REDIRECT)
  if (redirect) return { entryPoint: redirect }
  const post = locationOf(role, 'SingleSignOnService', POST)
  if (post) return { entryPoint: post, authnRequestBinding: 'HTTP-POST' }
  throw new MetadataError('The metadata holds no sign-in address for HTTP-Redirect or HTTP-POST.')
}

function locationOf(role: XmlElement, name: string, binding: string): string | undefined {
  return children(role, name)
    .filter((service) => attributeOf(service, 'Binding') === binding)
    .map((service) => (attributeOf(service, 'Location') ?? '').trim())
    .find((location) => URL.canParse(location) && /^https?:$/.test(new URL(location).protocol))
}

/** Metadata 2.4.1.1: a KeyDescriptor without `use` is for signing too. */
function signingCertificates(role: XmlElement): MetadataCertificate[] {
  const texts = children(role, 'KeyDescriptor')
    .filter((key) => (attributeOf(key, 'use') || 'signing') === 'signing')
    .flatMap((key) => childrenOf(key, SIGNATURE_NS, 'KeyInfo'))
    .flatMap((info) => childrenOf(info, SIGNATURE_NS, 'X509Data'))
    .flatMap((data) => childrenOf(data, SIGNATURE_NS, 'X509Certificate'))
    .map((certificate) => textWithin(certificate).replace(/\s+/g, ''))
  if (texts.length === 0) throw new MetadataError('The metadata holds no signing certificate.')
  return [...new Set(texts)].map(readCertificate)
}

function readCertificate(text: string): MetadataCertificate {
  let certificate: X509Certificate
  try {
    certificate = parseCertificate(text)
  } catch (error) {
    throw new MetadataError('A signing certificate in the metadata cannot be read.', undefined, error)
  }
  return { pem: certificate.toString(), ...describeCertificate(certificate) }
}

function warningsAbout(role: XmlElement): string[] {
  const warnings: string[] = []
  if (/^\s*(true|1)\s*$/.test(attributeOf(role, 'WantAuthnRequestsSigned') ?? ''))
    warnings.push('The identity provider wants signed requests: add a private key and its certificate.')
  const end = earliestEnd(role)
  if (end < Date.now()) {
    const day = new Date(end).toISOString().slice(0, 10)
    warnings.push(`The metadata was valid until ${day} only. Ask the identity provider for a fresh copy.`)
  }
  return warnings
}

/** Metadata 2.3.1: the `validUntil` of a group applies to everything in it. */
function earliestEnd(role: XmlElement): number {
  const ends: number[] = []
  for (let element: XmlElement | undefined = role; element; element = element.parent) {
    ends.push(Date.parse(attributeOf(element, 'validUntil') ?? ''))
  }
  return Math.min(...ends.filter((end) => !Number.isNaN(end)), Infinity)
}

function children(parent: XmlElement, name: string): XmlElement[] {
  return childrenOf(parent, METADATA_NS, name)
}
