import { logoutRequestId } from '../sessions/request-id'
import type { LogoutMessage } from '../sessions/provider-logout'
import type { NameQualifiers } from '../fields/identity'
import type { ProviderSession } from '../sessions/provider-session'
import type { SamlSource } from '../sources/config'
import type { SamlAssertion } from './assertion'
import { randomId } from './begin'
import type { LogoutRequest, LogoutResponse } from './logout-message'
import type { NameId } from './name-id'
import { ASSERTION_NS, PROTOCOL_NS } from './namespaces'
import { redirectAddress } from './redirect-binding'
import { escapeXml } from './sp-metadata'

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status'

/** How long the identity provider may take to read a request, in milliseconds. */
const REQUEST_LIFETIME_MS = 5 * 60 * 1000

/** The provider's side of a session. Without a NameID, single logout can't end it. */
export function providerSession(
  { id: source, saml }: SamlSource,
  assertion: SamlAssertion,
  startedAt: Date | undefined,
): ProviderSession {
  const { nameId: subject, sessionIndex } = assertion
  const issuedAt = Date.parse(assertion.issueInstant ?? '')
  return {
    ...{ source, issuer: saml.idpIssuer, subject },
    ...(sessionIndex && { providerSession: sessionIndex }),
    issuedAt: new Date(Number.isNaN(issuedAt) ? Date.now() : issuedAt),
    ...(startedAt && { startedAt }),
    nameId: nameQualifiers(assertion),
  }
}

/** What qualifies an assertion's NameID. */
export function nameQualifiers({ nameIdFormat, ...assertion }: SamlAssertion): NameQualifiers {
  return qualifiers({ ...assertion, format: nameIdFormat })
}

/**
 * A LogoutRequest (Core 3.7.1) for a session that has ended here; undefined where the source has no `logoutUrl`, or the
 * session no NameID.
 */
export function logoutRequest(source: SamlSource, session: ProviderSession) {
  const { logoutUrl, idpIssuer } = source.saml
  const { subject } = session
  if (logoutUrl === undefined || subject === null || session.issuer !== idpIssuer) return undefined
  const id = logoutRequestId(randomId())
  const { format, nameQualifier, spNameQualifier } = session.nameId ?? {}
  const name = attributes({ NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier, Format: format })
  const index = session.providerSession
  const xml = messageXml(source, 'LogoutRequest', {
    attributes: {
      ID: id,
      Destination: logoutUrl,
      NotOnOrAfter: new Date(Date.now() + REQUEST_LIFETIME_MS).toISOString(),
      Reason: 'urn:oasis:names:tc:SAML:2.0:logout:user',
    },
    content:
      `<saml:NameID${name}>${escapeXml(subject)}</saml:NameID>` +
      (index === undefined ? '' : `<samlp:SessionIndex>${escapeXml(index)}</samlp:SessionIndex>`),
  })
  return { id, redirect: redirectAddress(source, logoutUrl, { field: 'SAMLRequest', xml }) }
}

export function orderOf(source: SamlSource, request: LogoutRequest): LogoutMessage {
  const { id, expiresAt, issuedAt, sessionIndexes: providerSessions, nameId } = request
  const names = { subject: nameId.value, nameId: qualifiers(nameId), providerSessions }
  return { id, expiresAt, logout: { source: source.id, issuer: source.saml.idpIssuer, issuedAt, ...names } }
}

/** The address of a LogoutResponse (Core 3.7.2), with its RelayState (Bindings 3.4.3); undefined where the source has none. */
export function logoutResponse(source: SamlSource, { id, relayState }: LogoutRequest, isComplete: boolean) {
  const { logoutUrl, logoutResponseUrl: address = logoutUrl } = source.saml
  if (address === undefined) return undefined
  const status = `${STATUS}:${isComplete ? 'Success' : 'Responder'}`
  const xml = messageXml(source, 'LogoutResponse', {
    attributes: { ID: randomId(), InResponseTo: id, Destination: address },
    content: `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>`,
  })
  return redirectAddress(source, address, { field: 'SAMLResponse', xml, relayState })
}

/** Whether the identity provider has ended its session (Core 3.2.2.2). */
export function isComplete({ status }: LogoutResponse): boolean {
  return status[0] === `${STATUS}:Success` && !status.includes(`${STATUS}:PartialLogout`)
}

function qualifiers({ format, nameQualifier, spNameQualifier }: Omit<NameId, 'value'>): NameQualifiers {
  const entries = Object.entries({ format, nameQualifier, spNameQualifier })
  return Object.fromEntries(entries.filter(([, value]) => value !== null))
}

function messageXml(
  { saml }: SamlSource,
  name: string,
  message: { attributes: Record<string, string>; content: string },
): string {
  const all = { ...message.attributes, Version: '2.0', IssueInstant: new Date().toISOString() }
  return (
    `<samlp:${name} xmlns:samlp="${PROTOCOL_NS}" xmlns:saml="${ASSERTION_NS}"${attributes(all)}>` +
    `<saml:Issuer>${escapeXml(saml.issuer)}</saml:Issuer>${message.content}</samlp:${name}>`
  )
}

function attributes(values: Record<string, string | undefined>): string {
  return Object.entries(values)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeXml(value)}"`))
    .join('')
}
