import type { SamlSource } from '../sources/config'
import { type NameId, nameText, readNameId, subjectIdentifiers } from './name-id'
import { clockSkew, parseInstant } from './check-assertion'
import { checkIds, statusCodes } from './check-response'
import { decodeMessage, scanMessage } from './decode-message'
import { decryptedElement, unreadableName } from './decryption'
import type { SamlLimits } from './limits'
import { ASSERTION_NS, PROTOCOL_NS } from './namespaces'
import { type MessageField, messageFields, readRedirect, type SignedMessage } from './redirect-binding'
import { malformed, otherIssuer, refusal } from './refusal'
import { checkSignatures, signingKeys } from './signature-profile'
import { attributeOf, childrenOf, textOf, tokenOf } from './xml/element'
import { isSameToken } from './xml/white-space'
import { type VerifiedElement, verifyEnveloped } from './xml/signature'

/** How old a request without NotOnOrAfter may be, in milliseconds. */
const MAX_AGE = 5 * 60 * 1000

/** A LogoutRequest of the identity provider (Core 3.7.1), fully checked except for whether it was used before. */
export type LogoutRequest = ReturnType<typeof readRequest>

/** A LogoutResponse of the identity provider (Core 3.7.2), fully checked except for which request it answers. */
export type LogoutResponse = ReturnType<typeof readResponse>

interface LogoutCall {
  method: string
  /** The query as written, without its question mark. */
  query: string
  form: Record<string, unknown>
}

/** Reads a logout message (Profiles 4.4) by HTTP-Redirect or HTTP-POST that the identity provider signed and sent to `address`. Throws a refusal. */
export function receiveLogoutMessage(
  source: SamlSource,
  call: LogoutCall,
  { address, limits }: { address: string; limits: SamlLimits },
): LogoutRequest | LogoutResponse {
  const message =
    call.method === 'POST' ? readPost(source, call, limits) : readRedirect(source, call.query, limits)
  checkKind(source, message)
  checkAddressed(source, message.root, address)
  if (message.field === 'SAMLResponse') return readResponse(source, message.root)
  return readRequest(source, message, limits)
}

/** Bindings 3.5: the message holds its own signature. */
function readPost(source: SamlSource, { query, form }: LogoutCall, limits: SamlLimits): SignedMessage {
  const [field, ...more] = messageFields.filter((name) => form[name] !== undefined)
  if (!field || more.length > 0 || /SAML(Request|Response)/.test(query))
    throw malformed(source.id, 'binding', 'The form does not hold one SAML message')
  const message = scanMessage(source.id, decodeMessage(source.id, form[field], limits), limits)
  checkIds(source, message)
  if (checkSignatures(source, message, [message.root]).length === 0)
    throw refusal(source.id, 'signature', 'The SAML message is not signed')
  const root = verifyEnveloped(message.root, signingKeys(source))
  if (!root) throw refusal(source.id, 'signature', 'The signature over the SAML message does not hold')
  const { RelayState } = form
  return { field, root, relayState: typeof RelayState === 'string' ? RelayState : undefined }
}

const messageNames: Record<MessageField, string> = {
  SAMLRequest: 'LogoutRequest',
  SAMLResponse: 'LogoutResponse',
}

function checkKind(source: SamlSource, { field, root }: SignedMessage): void {
  const isMessage = root.namespace === PROTOCOL_NS && root.name === messageNames[field]
  if (!isMessage || attributeOf(root, 'Version') !== '2.0')
    throw malformed(source.id, 'structure', `The message is not a SAML 2.0 ${messageNames[field]}`)
  if (!attributeOf(root, 'ID')) throw refusal(source.id, 'structure', 'The message has no ID')
}

/** Core 3.2.1; Bindings 3.4.5.2 and 3.5.5.2: a signed message must have a Destination. */
function checkAddressed(source: SamlSource, root: VerifiedElement, address: string): void {
  const issuers = childrenOf(root, ASSERTION_NS, 'Issuer').map(tokenOf)
  if (issuers.length !== 1 || !isSameToken(issuers[0], source.saml.idpIssuer))
    throw otherIssuer(source, 'message', issuers)
  if (!isSameToken(attributeOf(root, 'Destination'), address))
    throw refusal(source.id, 'destination', 'The message is not addressed to this logout service')
}

function readRequest(source: SamlSource, { root, relayState }: SignedMessage, limits: SamlLimits) {
  return {
    ...{ kind: 'request' as const, id: attributeOf(root, 'ID')!, relayState },
    ...checkTimes(source, root),
    nameId: readPrincipal(source, root, limits),
    sessionIndexes: childrenOf(root, PROTOCOL_NS, 'SessionIndex')
      .map((index) => nameText(textOf(index)))
      .filter((index) => index !== ''),
  }
}

/** The request is refused as expired from `expiresAt` on; then its ID can be forgotten. */
function checkTimes(source: SamlSource, root: VerifiedElement): { issuedAt: Date; expiresAt: Date } {
  const issued = parseInstant(source, 'issue_instant', attributeOf(root, 'IssueInstant') ?? null)
  const notOnOrAfter = attributeOf(root, 'NotOnOrAfter')
  const end = notOnOrAfter === undefined ? issued + MAX_AGE : parseInstant(source, 'expired', notOnOrAfter)
  const expires = end + clockSkew(source)
  if (Date.now() >= expires) throw refusal(source.id, 'expired', 'The request has expired')
  if (Date.now() + clockSkew(source) < issued)
    throw refusal(source.id, 'not_yet_valid', 'The request was issued in the future')
  return { issuedAt: new Date(issued), expiresAt: new Date(expires) }
}

/** Core 3.7.1: the NameID or EncryptedID of the person. A BaseID has no content of its own that could name one. */
function readPrincipal(source: SamlSource, root: VerifiedElement, limits: SamlLimits): NameId {
  const [name, ...more] = subjectIdentifiers(root)
  const isOnly = name && more.length === 0
  const nameId =
    isOnly && (name.name === 'EncryptedID' ? readEncryptedId(source, name, limits) : readName(source, name))
  if (nameId) return nameId
  throw refusal(source.id, 'name_id', 'The request does not name one person')
}

function readName(source: SamlSource, element: VerifiedElement): NameId | undefined {
  const isName = element.namespace === ASSERTION_NS && element.name === 'NameID'
  return isName ? readNameId(source.id, element) : undefined
}

function readEncryptedId(source: SamlSource, encrypted: VerifiedElement, limits: SamlLimits): NameId {
  const nameId = readName(source, decryptedElement(source, encrypted, limits))
  if (nameId) return nameId
  throw unreadableName(source)
}

function readResponse(source: SamlSource, root: VerifiedElement) {
  const [status] = childrenOf(root, PROTOCOL_NS, 'Status')
  const codes = status ? statusCodes(status) : []
  const inResponseTo = attributeOf(root, 'InResponseTo')
  if (codes.length === 0 || !inResponseTo)
    throw malformed(source.id, 'structure', 'The message has no Status, or no InResponseTo')
  return { kind: 'response' as const, inResponseTo, status: codes }
}
