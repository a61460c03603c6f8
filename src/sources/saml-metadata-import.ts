import type { Reach } from '../strategies/http'
import type { SamlOptions } from './config'

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
 * Reads the metadata of one identity provider (SAML Metadata 2.3.2, 2.4.3). Throws MetadataError.
 */
export function parseIdpMetadata(_xml: string): ImportedMetadata {
  throw new MetadataError('This is not SAML metadata.')
}

/** Fetches metadata: https, public addresses, 5 seconds, 1 MiB, no redirects. Rejects with MetadataError. */
export function fetchIdpMetadata(_url: string, _reach: Reach = {}): Promise<string> {
  return Promise.reject(new MetadataError('The address must begin with https://', 'saml.metadataUrl'))
}

/**
 * Reads the metadata that stand in a source's `saml` in place of entry point, issuer and certificates, as XML
 * or as an address; undefined where there is neither. Rejects with MetadataError.
 */
export async function importMetadata(saml: {
  metadata?: unknown
  metadataUrl?: unknown
}): Promise<ImportedMetadata | undefined> {
  return saml.metadata === undefined ? undefined : Promise.resolve(parseIdpMetadata(''))
}
