import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import type { JitContext } from '../passport/context'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import { logoutRequestId } from '../sessions/pending-sign-ins'
import type { SamlAssertion } from './assertion'
import { escapeXml } from './sp-metadata'
import { ASSERTION_NS, PROTOCOL_NS } from './namespaces'
import { refusal } from './refusal'
import { logoutAddress } from '../sources/addresses'
import { carryOut } from '../sessions/provider-logout'
import { type LogoutRequest, receiveLogoutMessage } from './logout-message'
import { redirectAddress } from './redirect-binding'
import type { NameQualifiers, ProviderSession } from '../sessions/provider-session'

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status'

/** How long the identity provider may take to read a request, in milliseconds. */
const REQUEST_LIFETIME = 5 * 60 * 1000

/** What a verified assertion begins; undefined where it has no NameID, without which there is no single logout. */
export function signedInBySaml(
  source: SamlSource,
  assertion: SamlAssertion,
  startedAt?: Date,
): ProviderSession | undefined {
  const { issuer, nameId, sessionIndex } = assertion
  if (nameId === null) return undefined
  const issuedAt = Date.parse(assertion.issueInstant ?? '')
  return {
    ...{ source: source.id, issuer, subject: nameId },
    ...(sessionIndex && { providerSession: sessionIndex }),
    issuedAt: new Date(Number.isNaN(issuedAt) ? Date.now() : issuedAt),
    ...(startedAt && { startedAt }),
    nameId: qualifiers({
      format: assertion.nameIdFormat,
      nameQualifier: assertion.nameQualifier,
      spNameQualifier: assertion.spNameQualifier,
    }),
  }
}

function qualifiers(given: { [name in keyof NameQualifiers]: string | null }): NameQualifiers {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
}

/**
 * The address that takes a LogoutRequest (Core 3.7.1) for a session that has ended here to the identity provider;
 * its answer is awaited from this browser. Undefined where the source has no `saml.logoutUrl`.
 */
export async function samlLogoutAddress(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  signedIn: ProviderSession,
): Promise<string | undefined> {
  const { logoutUrl, issuer } = source.saml
  if (logoutUrl === undefined || signedIn.issuer !== source.saml.idpIssuer) return undefined
  const id = logoutRequestId(randomId())
  const { format, nameQualifier, spNameQualifier } = signedIn.nameId ?? {}
  const name = attributes({
    NameQualifier: nameQualifier,
    SPNameQualifier: spNameQualifier,
    Format: format,
  })
  const index = signedIn.providerSession
  const xml = messageXml('LogoutRequest', {
    issuer,
    attributes: {
      ID: id,
      Destination: logoutUrl,
      NotOnOrAfter: new Date(Date.now() + REQUEST_LIFETIME).toISOString(),
      Reason: 'urn:oasis:names:tc:SAML:2.0:logout:user',
    },
    content:
      `<saml:NameID${name}>${escapeXml(signedIn.subject)}</saml:NameID>` +
      (index === undefined ? '' : `<samlp:SessionIndex>${escapeXml(index)}</samlp:SessionIndex>`),
  })
  await jit.requests.start(req, { id, source: source.id })
  return redirectAddress(source, logoutUrl, { field: 'SAMLRequest', xml })
}

/** What a logout message of the identity provider came to. */
export type SamlLogout =
  /** Sessions have ended at its wish, or not all; it is told so there, where the source says where that is. */
  | { kind: 'ended'; complete: boolean; answerTo: string | undefined }
  /** It has answered our own request. */
  | { kind: 'answered'; success: boolean }

/**
 * Takes a logout message of the identity provider (Profiles 4.4): carries its LogoutRequest out, or takes its answer
 * to the request that this browser left with. Rejects with JitError where there is nothing to tell it.
 */
export async function takeSamlLogout(jit: JitContext, source: SamlSource, req: Request): Promise<SamlLogout> {
  const call = {
    method: req.method,
    query: req.originalUrl.split('?').slice(1).join('?'),
    form: (req.body ?? {}) as Record<string, unknown>,
  }
  const service = { address: logoutAddress(jit.baseUrl, source.id), limits: jit.samlLimits }
  const message = receiveLogoutMessage(source, call, service)
  if (message.kind === 'request') {
    const complete = await end(jit, source, req, message)
    return { kind: 'ended', complete, answerTo: answerAddress(source, message, complete) }
  }
  const request = await jit.requests.takeLogout(req, source.id, message.inResponseTo)
  if (!request) {
    throw refusal(source.id, 'in_response_to', 'The message answers no request that this browser left with')
  }
  const complete = message.status[0] === `${STATUS}:Success`
  return { kind: 'answered', success: complete && !message.status.includes(`${STATUS}:PartialLogout`) }
}

/** False where sessions are left, of which the listeners are told; rejects where the message itself is refused. */
async function end(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  request: LogoutRequest,
): Promise<boolean> {
  const { nameId } = request
  const order = {
    ...{ source: source.id, issuer: source.saml.idpIssuer, subject: nameId.value },
    providerSessions: request.sessionIndexes,
    issuedAt: request.issuedAt,
    nameId: qualifiers({
      format: nameId.format,
      nameQualifier: nameId.nameQualifier,
      spNameQualifier: nameId.spNameQualifier,
    }),
  }
  try {
    await carryOut(jit, req, { id: request.id, expiresAt: request.expiresAt }, order)
    return true
  } catch (thrown) {
    const error = namedFault(thrown, source.id)
    if (error instanceof JitError && error.refused) throw error
    await jit.report(error)
    return false
  }
}

/** Where a LogoutResponse (Core 3.7.2) goes, with its RelayState (Bindings 3.4.3). */
function answerAddress(source: SamlSource, request: LogoutRequest, success: boolean): string | undefined {
  const { logoutUrl, issuer } = source.saml
  if (logoutUrl === undefined) return undefined
  const status = `${STATUS}:${success ? 'Success' : 'Responder'}`
  const xml = messageXml('LogoutResponse', {
    issuer,
    attributes: { ID: randomId(), InResponseTo: request.id, Destination: logoutUrl },
    content: `<samlp:Status><samlp:StatusCode Value="${status}"/></samlp:Status>`,
  })
  return redirectAddress(source, logoutUrl, { field: 'SAMLResponse', xml, relayState: request.relayState })
}

interface Message {
  issuer: string
  attributes: Record<string, string>
  content: string
}

function messageXml(name: string, message: Message): string {
  const all = { ...message.attributes, Version: '2.0', IssueInstant: new Date().toISOString() }
  return (
    `<samlp:${name} xmlns:samlp="${PROTOCOL_NS}" xmlns:saml="${ASSERTION_NS}"${attributes(all)}>` +
    `<saml:Issuer>${escapeXml(message.issuer)}</saml:Issuer>${message.content}</samlp:${name}>`
  )
}

function attributes(all: Record<string, string | undefined>): string {
  return Object.entries(all)
    .map(([name, value]) => (value === undefined ? '' : ` ${name}="${escapeXml(value)}"`))
    .join('')
}

function randomId(): string {
  return `_${randomBytes(20).toString('hex')}`
}
