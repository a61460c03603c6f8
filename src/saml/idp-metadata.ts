import { X509Certificate } from 'node:crypto'
import { DOMParser } from '@xmldom/xmldom'
import { JitError } from '../errors'
import { checkedUrl, type Reach } from '../outgoing/reach'
import { send } from '../outgoing/request'
import { OutgoingRequestError } from '../outgoing/request-error'
import { scanXml } from './xml/element'
import type { SamlOptions } from '../sources/config'

const MAX_BYTES = 1024 * 1024

const METADATA = 'urn:oasis:names:tc:SAML:2.0:metadata'
const SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#'
const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'
const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'

/** A signing certificate of an identity provider, as an admin recognises it. */
export interface MetadataCertificate {
  pem: string
  /** The distinguished name on one line: `C=US, O=Example, CN=idp.example`. */
  subject: string
  notAfter: Date
}

/** The options of a SAML source that the metadata of its identity provider holds. */
export type ImportedSamlOptions = Pick<SamlOptions, 'entryPoint' | 'idpIssuer'> & {
  idpCert: string[]
} & Partial<Pick<SamlOptions, 'logoutUrl' | 'authnRequestBinding'>>

/** What was read from the metadata of an identity provider. */
export interface ImportedMetadata {
  options: ImportedSamlOptions
  /** Those of `options.idpCert`, in the same order. */
  certificates: MetadataCertificate[]
  /** What an admin should know though the metadata can be used: it has expired, signed requests are wanted. */
  warnings: string[]
}

/** Where the metadata was given: the option beside which an error stands. */
export type MetadataOption = 'saml.metadata' | 'saml.metadataUrl'

/** Why metadata cannot be used: a sentence for an admin, which never quotes the document. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError'

  constructor(
    message: string,
    readonly option: MetadataOption = 'saml.metadata',
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause })
  }
}

/**
 * Reads the metadata of one identity provider (SAML Metadata 2.3.2, 2.4.3): an EntityDescriptor, or an
 * EntitiesDescriptor that holds a single identity provider. A signature over it is not looked at: the admin
 * vouches for where it came from. Bounded like a message (`defaultSamlLimits`), but for 1 MiB. Throws MetadataError.
 */
export function parseIdpMetadata(xml: string): ImportedMetadata {
  const { entity, role } = onlyIdentityProvider(parseBounded(xml))
  const certificates = signingCertificates(role)
  const idpIssuer = entity.getAttribute('entityID')?.trim()
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

/**
 * Fetches metadata: https, public addresses, 5 seconds, 1 MiB, no redirects. `reach` loosens which addresses,
 * as in development. Rejects with MetadataError.
 */
export async function fetchIdpMetadata(url: string, reach: Reach = {}): Promise<string> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new MetadataError(problem, 'saml.metadataUrl', cause)
  }
  try {
    checkedUrl(url, reach)
  } catch (error) {
    fail('The address must begin with https://', error)
  }
  const headers = { Accept: 'application/samlmetadata+xml, application/xml, text/xml, */*' }
  const answer = await send(url, { ...reach, headers }).catch((error: unknown) =>
    fail(
      error instanceof OutgoingRequestError ? fetchProblems[error.reason] : fetchProblems.unreachable,
      error,
    ),
  )
  if (answer.status >= 300 && answer.status < 400)
    fail('The address only redirects elsewhere. Give the address of the metadata itself.')
  if (answer.status !== 200) fail(`The address answered with status ${answer.status} instead of metadata.`)
  return answer.body
}

const fetchProblems: Record<OutgoingRequestError['reason'], string> = {
  forbidden: 'The address points to a private address. Paste the metadata instead.',
  unreachable: 'The address could not be reached. Check it, or paste the metadata instead.',
  timeout: 'The address did not answer within five seconds. Try again, or paste the metadata instead.',
  too_large: 'What the address answers is larger than 1 MiB.',
}

/**
 * Reads the metadata that stands in a source's `saml` in place of entry point, issuer and certificates, as XML
 * or as an address; undefined where there is neither (null and blanks count as nothing). Rejects with
 * MetadataError, whose `option` is the one that was given.
 */
export async function importMetadata(
  saml: { metadata?: unknown; metadataUrl?: unknown },
  reach: Reach = {},
): Promise<ImportedMetadata | undefined> {
  const metadata = givenText(saml.metadata, 'saml.metadata')
  const url = givenText(saml.metadataUrl, 'saml.metadataUrl')
  if (metadata !== undefined && url !== undefined)
    throw new MetadataError('Give either the metadata or its address, not both.')
  if (metadata !== undefined) return parseIdpMetadata(metadata)
  if (url === undefined) return undefined
  const fetched = await fetchIdpMetadata(url, reach)
  try {
    return parseIdpMetadata(fetched)
  } catch (error) {
    if (!(error instanceof MetadataError)) throw error
    throw new MetadataError(error.message, 'saml.metadataUrl', error)
  }
}

function givenText(value: unknown, option: MetadataOption): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new MetadataError('This must be text.', option)
  return value.trim() === '' ? undefined : value
}

function parseBounded(text: string): Element {
  // A byte order mark, as AD FS writes it, and blank lines, as they come with pasting.
  const xml = text.trim()
  if (Buffer.byteLength(xml) > MAX_BYTES) throw new MetadataError('The metadata is larger than 1 MiB.')
  if (/^<!doctype html|^<html/i.test(xml)) throw new MetadataError('This is a web page, not SAML metadata.')
  if (!xml.startsWith('<')) throw new MetadataError('This is not SAML metadata: it is not XML.')
  checkOutline(xml)
  const fail = (problem: string): never => {
    throw new Error(problem)
  }
  try {
    const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } })
    return parser.parseFromString(xml, 'text/xml').documentElement
  } catch {
    // The parser's own error quotes the document.
    throw new MetadataError('The metadata is not well-formed XML.')
  }
}

/** The linear scan that messages go through before any parser sees them. */
function checkOutline(xml: string): void {
  try {
    scanXml('', xml)
  } catch (error) {
    if (!(error instanceof JitError)) throw error
    if (error.details.check === 'doctype')
      throw new MetadataError('The metadata has a DOCTYPE, which is not accepted.')
    const problem = error.message.replace(/^The SAML message /, '')
    throw new MetadataError(`This cannot be read as SAML metadata: the document ${problem}.`)
  }
}

interface IdentityProvider {
  entity: Element
  /** Its IDPSSODescriptor. */
  role: Element
}

function onlyIdentityProvider(root: Element): IdentityProvider {
  const entities = entitiesOf(root)
  const roles = entities.map((entity) => ({ entity, roles: children(entity, METADATA, 'IDPSSODescriptor') }))
  const providers = roles.filter((one) => one.roles.length > 0)
  if (providers.length > 1)
    throw new MetadataError(
      'The metadata describes several identity providers. Give that of the one that people sign in at.',
    )
  const [provider] = providers
  if (!provider) throw new MetadataError(noProvider(entities))
  const role = provider.roles.find(speaksSaml2)
  if (!role) throw new MetadataError('The identity provider of this metadata does not speak SAML 2.0.')
  return { entity: provider.entity, role }
}

function noProvider(entities: Element[]): string {
  const isService = entities.some((entity) => children(entity, METADATA, 'SPSSODescriptor').length > 0)
  return isService
    ? 'This is the metadata of a service provider (such as this app). Give that of the identity provider.'
    : 'The metadata describes no identity provider for SAML sign-in.'
}

/** Metadata 2.3.1: entities may be grouped, to any depth. */
function entitiesOf(root: Element): Element[] {
  if (root.namespaceURI === METADATA && root.localName === 'EntityDescriptor') return [root]
  if (root.namespaceURI !== METADATA || root.localName !== 'EntitiesDescriptor')
    throw new MetadataError('This is not SAML metadata, but another kind of XML document.')
  return [
    ...children(root, METADATA, 'EntityDescriptor'),
    ...children(root, METADATA, 'EntitiesDescriptor').flatMap(entitiesOf),
  ]
}

function speaksSaml2(role: Element): boolean {
  return (role.getAttribute('protocolSupportEnumeration') ?? '').split(/\s+/).includes(PROTOCOL)
}

/** HTTP-Redirect, which every provider prefers, before HTTP-POST; the other bindings are not spoken here. */
function signInAddress(role: Element): Pick<SamlOptions, 'entryPoint' | 'authnRequestBinding'> {
  const redirect = locationOf(role, 'SingleSignOnService', REDIRECT)
  if (redirect) return { entryPoint: redirect }
  const post = locationOf(role, 'SingleSignOnService', POST)
  if (post) return { entryPoint: post, authnRequestBinding: 'HTTP-POST' }
  throw new MetadataError('The metadata holds no sign-in address for HTTP-Redirect or HTTP-POST.')
}

function locationOf(role: Element, name: string, binding: string): string | undefined {
  return children(role, METADATA, name)
    .filter((service) => service.getAttribute('Binding') === binding)
    .map((service) => (service.getAttribute('Location') ?? '').trim())
    .find((location) => URL.canParse(location) && /^https?:$/.test(new URL(location).protocol))
}

/** Metadata 2.4.1.1: a KeyDescriptor without `use` is for signing too. */
function signingCertificates(role: Element): MetadataCertificate[] {
  const texts = children(role, METADATA, 'KeyDescriptor')
    .filter((key) => (key.getAttribute('use') || 'signing') === 'signing')
    .flatMap((key) => children(key, SIGNATURE, 'KeyInfo'))
    .flatMap((info) => children(info, SIGNATURE, 'X509Data'))
    .flatMap((data) => children(data, SIGNATURE, 'X509Certificate'))
    .map((certificate) => (certificate.textContent ?? '').replace(/\s+/g, ''))
  if (texts.length === 0) throw new MetadataError('The metadata holds no signing certificate.')
  return [...new Set(texts)].map(readCertificate)
}

function readCertificate(base64: string): MetadataCertificate {
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'))
    return { pem: certificate.toString(), ...describeCertificate(certificate) }
  } catch (error) {
    throw new MetadataError('A signing certificate in the metadata cannot be read.', undefined, error)
  }
}

/** What an admin recognises a certificate by. */
export function describeCertificate(certificate: X509Certificate): { subject: string; notAfter: Date } {
  return {
    subject: (certificate.subject || '(no name)').split('\n').join(', '),
    notAfter: new Date(certificate.validTo),
  }
}

function warningsAbout(role: Element): string[] {
  const warnings: string[] = []
  if (/^\s*(true|1)\s*$/.test(role.getAttribute('WantAuthnRequestsSigned') ?? ''))
    warnings.push(
      'The identity provider wants signed requests: this source needs a private key and its certificate.',
    )
  const ends = earliestEnd(role)
  if (ends < Date.now()) {
    const day = new Date(ends).toISOString().slice(0, 10)
    warnings.push(`The metadata was valid until ${day} only. Ask the identity provider for a fresh copy.`)
  }
  return warnings
}

/** Metadata 2.3.1: `validUntil` of a group holds for all that is in it. */
function earliestEnd(role: Element): number {
  const ends: number[] = []
  for (let element: Node | null = role; element?.nodeType === 1; element = element.parentNode) {
    ends.push(Date.parse((element as Element).getAttribute('validUntil') ?? ''))
  }
  return Math.min(...ends.filter((end) => !Number.isNaN(end)), Infinity)
}

function children(parent: Element, namespace: string, name: string): Element[] {
  const found: Element[] = []
  for (let child = parent.firstChild; child; child = child.nextSibling) {
    const element = child as Element
    if (child.nodeType === 1 && element.namespaceURI === namespace && element.localName === name)
      found.push(element)
  }
  return found
}
