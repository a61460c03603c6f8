import type { SamlOptions } from '../sources/config'
import { defaultSamlLimits } from './limits'
import { type MetadataCertificate, signingCertificates } from './metadata-certificates'
import { locationOf, logoutAddresses, POST, REDIRECT } from './metadata-services'
import { METADATA_NS, PROTOCOL_NS } from './namespaces'
import { attributeOf, childrenOf, type XmlElement } from './xml/element'
import { XmlError } from './xml/error'
import { scanXml } from './xml/scan'

const MAX_BYTES = 1024 * 1024

export interface ImportedMetadata {
  options: Pick<
    SamlOptions,
    'entryPoint' | 'idpIssuer' | 'logoutUrl' | 'logoutResponseUrl' | 'authnRequestBinding'
  > & {
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
    readonly option: 'saml.metadata' | 'saml.metadataUrl' | 'saml.idpIssuer' = 'saml.metadata',
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/** Metadata describes several identity providers, and none of them was chosen. */
export class SeveralProvidersError extends MetadataError {
  constructor(
    /** Their entity IDs. */
    readonly choices: readonly string[],
  ) {
    super(
      'The metadata describes several identity providers. Choose the one to sign in at by its entity ID.',
      'saml.idpIssuer',
    )
  }
}

/**
 * Reads the metadata of one identity provider (SAML Metadata 2.3.2, 2.4.3): an EntityDescriptor, or an
 * EntitiesDescriptor. `entityId` chooses among several identity providers; one alone needs no choice. Its signature is not verified: the admin vouches for where
 * it came from. Bounded like a message (`defaultSamlLimits`), except for 1 MiB of size. Throws MetadataError.
 */
export function parseIdpMetadata(xml: string, entityId?: unknown): ImportedMetadata {
  const { entity, role } = identityProvider(parseBounded(xml), entityId)
  const certificates = demandedCertificates(role)
  const idpIssuer = entityIdOf(entity)
  if (!idpIssuer) throw new MetadataError('The metadata names no entity ID.')
  return {
    options: {
      ...signInAddress(role),
      idpIssuer,
      idpCert: certificates.map(({ pem }) => pem),
      ...logoutAddresses(role),
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
    // A style sheet is named in a processing instruction. No signature depends on it here.
    return scanXml(xml, { ...defaultSamlLimits, instructions: true }).root
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    throw new MetadataError(
      error.check === 'doctype'
        ? 'The metadata has a DOCTYPE, which is not accepted.'
        : `This cannot be read as SAML metadata: the document ${error.problem}.`,
    )
  }
}

/** The EntityDescriptor of the chosen or only identity provider, and its IDPSSODescriptor. */
function identityProvider(root: XmlElement, entityId: unknown): { entity: XmlElement; role: XmlElement } {
  const entities = entitiesOf(root)
  const providers = entities.flatMap((entity) => {
    const role = children(entity, 'IDPSSODescriptor').find(speaksSaml2)
    return role ? [{ entity, role }] : []
  })
  const [only, ...more] = providers
  if (!only) throw new MetadataError(noProvider(entities))
  if (more.length === 0) return only
  const chosen = providers.find(({ entity }) => entityIdOf(entity) === entityId)
  if (chosen) return chosen
  throw new SeveralProvidersError([...new Set(providers.flatMap(({ entity }) => entityIdOf(entity) || []))])
}

function entityIdOf(entity: XmlElement): string | undefined {
  return attributeOf(entity, 'entityID')?.trim()
}

function noProvider(entities: XmlElement[]): string {
  if (entities.some((entity) => children(entity, 'IDPSSODescriptor').length > 0))
    return 'The identity provider of this metadata does not speak SAML 2.0.'
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

function demandedCertificates(role: XmlElement): MetadataCertificate[] {
  const { certificates, unreadable } = signingCertificates(role)
  if (certificates.length > 0) return certificates
  throw new MetadataError(
    unreadable > 0
      ? 'A signing certificate in the metadata cannot be read.'
      : 'The metadata holds no signing certificate.',
  )
}

function warningsAbout(role: XmlElement): string[] {
  const warnings: string[] = []
  const { unreadable } = signingCertificates(role)
  if (unreadable > 0) {
    const which = unreadable === 1 ? 'One signing certificate' : `${unreadable} signing certificates`
    warnings.push(
      `${which} in the metadata can’t be read, and the others are used. If sign-ins fail, ask the identity provider for a fresh copy.`,
    )
  }
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
