import { checkedUrl } from '../outgoing/reach'
import { type OutgoingRequest, send } from '../outgoing/request'
import type { OutgoingRequestError } from '../outgoing/request-error'
import { type ImportedMetadata, MetadataError, parseIdpMetadata, SeveralProvidersError } from './idp-metadata'

/**
 * Reads the metadata that a source's `saml` gives, as XML or as an address, instead of entry point, issuer and
 * certificates. Undefined if it gives neither; null and blank texts count as neither. `idpIssuer` chooses among several
 * identity providers. Rejects with MetadataError, whose `option` is the one that was given.
 */
export async function importMetadata(
  saml: { metadata?: unknown; metadataUrl?: unknown; idpIssuer?: unknown },
  request: OutgoingRequest = {},
): Promise<ImportedMetadata | undefined> {
  const metadata = optionText(saml.metadata, 'saml.metadata')
  const url = optionText(saml.metadataUrl, 'saml.metadataUrl')
  if (metadata !== undefined && url !== undefined)
    throw new MetadataError('Give either the metadata or its address, not both.')
  if (metadata !== undefined) return parseIdpMetadata(metadata, saml.idpIssuer)
  if (url === undefined) return undefined
  const fetched = await fetchIdpMetadata(url, request)
  try {
    return parseIdpMetadata(fetched, saml.idpIssuer)
  } catch (error) {
    if (!(error instanceof MetadataError) || error instanceof SeveralProvidersError) throw error
    throw new MetadataError(error.message, 'saml.metadataUrl', error)
  }
}

function optionText(value: unknown, option: MetadataError['option']): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw new MetadataError('This must be text.', option)
  return value.trim() === '' ? undefined : value
}

/**
 * Fetches metadata: https, public addresses, 5 seconds, 1 MiB, no redirects. `request` may allow more addresses, as in
 * development, and say how to reach them. Rejects with MetadataError.
 */
export async function fetchIdpMetadata(url: string, request: OutgoingRequest = {}): Promise<string> {
  const fail = (problem: string, cause?: unknown): never => {
    throw new MetadataError(problem, 'saml.metadataUrl', cause)
  }
  try {
    checkedUrl(url, request)
  } catch (error) {
    fail('The address must begin with https://', error)
  }
  const headers = { Accept: 'application/samlmetadata+xml, application/xml, text/xml, */*' }
  const answer = await send(url, { ...request, headers }).catch((error: unknown) =>
    fail(problemOf(error as OutgoingRequestError), error),
  )
  if (answer.status >= 300 && answer.status < 400)
    fail('The address only redirects elsewhere. Give the address of the metadata itself.')
  if (answer.status !== 200) fail(`The address answered with status ${answer.status} instead of metadata.`)
  return answer.body
}

function problemOf({ reason, message }: OutgoingRequestError): string {
  if (reason === 'forbidden') return 'The address points to a private address. Paste the metadata instead.'
  if (reason === 'timeout')
    return 'The address did not answer within five seconds. Try again, or paste the metadata instead.'
  if (reason === 'too_large') return 'The answer of the address is larger than 1 MiB.'
  return `The address could not be reached: ${message}. Check it, or paste the metadata instead.`
}
