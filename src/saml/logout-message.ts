import type { SamlSource } from '../sources/config'
import { type NameId, readNameId } from './assertion'
import { parseInstant } from './check-assertion'
import { decryptedText } from './xml/encryption'
import { checkIds } from './check-response'
import type { SamlLimits } from './limits'
import {
  attributeOf,
  childrenOf,
  decodeMessage,
  type XmlElement,
  scanXml,
  readVerified,
  textWithin,
} from './xml/element'
import { ASSERTION_NS, PROTOCOL_NS } from './xml/namespaces'
import { clockSkew } from './clock-skew'
import { refusal } from './refusal'
import { verifiedText } from './xml/signature'
import { checkSignatures } from './signature-profile'
import { type MessageField, readRedirect, type SignedMessage } from './redirect-binding'

/** How old a request may be that does not say when it expires, in milliseconds. */
const MAX_AGE = 5 * 60 * 1000

/** A LogoutRequest of the identity provider (Core 3.7.1), all checks done but whether it was used before. */
export interface LogoutRequest {
  kind: 'request'
  id: string
  issuedAt: Date
  /** From when on it is refused as expired, and need not be remembered. */
  expiresAt: Date
  nameId: NameId
  sessionIndexes: string[]
  relayState: string | undefined
}

/** A LogoutResponse of the identity provider (Core 3.7.2), all checks done but which request it answers. */
export interface LogoutResponse {
  kind: 'response'
  inResponseTo: string
  /** The status code (Core 3.2.2.2), and those within it. */
  status: string[]
}

/**
 * The logout message of a request (Profiles 4.4), by HTTP-Redirect or HTTP-POST, believed only where the identity
 * provider has signed it. `address` is where it must have been sent to. Rejects with JitError `invalid_assertion`.
 */
export async function receiveLogoutMessage(
  source: SamlSource,
  { method, query, form }: { method: string; query: string; form: unknown },
  { address, limits }: { address: string; limits: Readonly<SamlLimits> },
): Promise<LogoutRequest | LogoutResponse> {
  const message =
    method === 'POST' ? readPost(source, form, query, limits) : readRedirect(source, query, limits)
  checkKind(source, message)
  checkAddressed(source, message.root, address)
  if (message.field === 'SAMLResponse') return readResponse(source, message.root)
  return { ...(await readRequest(source, message.root, limits)), relayState: message.relayState }
}

/** Bindings 3.5: the signature is the message's own. */
function readPost(
  source: SamlSource,
  form: unknown,
  query: string,
  limits: Readonly<SamlLimits>,
): SignedMessage {
  const body = (form ?? {}) as Record<string, unknown>
  const fields = (['SAMLRequest', 'SAMLResponse'] as const).filter((name) => body[name] !== undefined)
  const [field] = fields
  if (!field || fields.length > 1 || /SAML(Request|Response)/.test(query)) {
    throw refusal(source.id, 'binding', 'The form does not hold one SAML message', 400)
  }
  const outline = scanXml(source.id, decodeMessage(source.id, body[field], limits), limits)
  checkIds(source, outline)
  if (checkSignatures(source, outline, [outline.root]).length === 0) {
    throw refusal(source.id, 'signature', 'The SAML message is not signed')
  }
  const { RelayState } = body
  return {
    field,
    root: verified(source, outline.root),
    relayState: typeof RelayState === 'string' ? RelayState : undefined,
  }
}

function verified(source: SamlSource, root: XmlElement): XmlElement {
  const invalid = refusal(source.id, 'signature', 'The signature over the SAML message does not hold')
  try {
    const text = verifiedText(root, [source.saml.idpCert].flat())
    if (text !== undefined) return readVerified(text)
  } catch {
    throw invalid
  }
  throw invalid
}

const messageNames: Record<MessageField, string> = {
  SAMLRequest: 'LogoutRequest',
  SAMLResponse: 'LogoutResponse',
}

function checkKind(source: SamlSource, { field, root }: SignedMessage): void {
  const isMessage = root.namespace === PROTOCOL_NS && root.name === messageNames[field]
  if (isMessage && attributeOf(root, 'Version') === '2.0') return
  throw refusal(source.id, 'structure', `The message is not a SAML 2.0 ${messageNames[field]}`, 400)
}

/** Core 3.2.1; Bindings 3.4.5.2 and 3.5.5.2: a signed message must say where it was sent. */
function checkAddressed(source: SamlSource, root: XmlElement, address: string): void {
  const issuers = childrenOf(root, ASSERTION_NS, 'Issuer').map(textWithin)
  if (issuers.length !== 1 || issuers[0] !== source.saml.idpIssuer) {
    throw refusal(source.id, 'issuer', 'The message is of another issuer')
  }
  if (attributeOf(root, 'Destination') !== address) {
    throw refusal(source.id, 'destination', 'The message is not addressed to this logout service')
  }
}

async function readRequest(
  source: SamlSource,
  root: XmlElement,
  limits: Readonly<SamlLimits>,
): Promise<Omit<LogoutRequest, 'relayState'>> {
  const id = attributeOf(root, 'ID')
  if (!id) throw refusal(source.id, 'structure', 'The message has no ID')
  return {
    kind: 'request',
    id,
    ...checkTimes(source, root),
    nameId: await namedPerson(source, root, limits),
    sessionIndexes: childrenOf(root, PROTOCOL_NS, 'SessionIndex')
      .map(textWithin)
      .filter((index) => index !== ''),
  }
}

function checkTimes(source: SamlSource, root: XmlElement): { issuedAt: Date; expiresAt: Date } {
  const issued = parseInstant(source, 'issue_instant', attributeOf(root, 'IssueInstant') ?? null)
  const notOnOrAfter = attributeOf(root, 'NotOnOrAfter')
  const end = notOnOrAfter === undefined ? issued + MAX_AGE : parseInstant(source, 'expired', notOnOrAfter)
  const expires = end + clockSkew(source)
  if (Date.now() >= expires) throw refusal(source.id, 'expired', 'The request has expired')
  if (Date.now() + clockSkew(source) < issued) {
    throw refusal(source.id, 'not_yet_valid', 'The request was issued in the future')
  }
  return { issuedAt: new Date(issued), expiresAt: new Date(expires) }
}

/** Core 3.7.1: by NameID or EncryptedID; BaseID has no form of its own. */
async function namedPerson(
  source: SamlSource,
  root: XmlElement,
  limits: Readonly<SamlLimits>,
): Promise<NameId> {
  const names = ['BaseID', 'NameID', 'EncryptedID'].flatMap((name) => childrenOf(root, ASSERTION_NS, name))
  const [name] = names
  if (name && names.length === 1) {
    const nameId = name.name === 'EncryptedID' ? await decryptedName(source, root, limits) : readName(name)
    if (nameId) return nameId
  }
  throw refusal(source.id, 'name_id', 'The request does not name one person')
}

function readName(element: XmlElement): NameId | undefined {
  const isName = element.namespace === ASSERTION_NS && element.name === 'NameID'
  return isName ? readNameId(element) : undefined
}

/** One and the same answer whatever fails: the difference would help to decrypt it. */
async function decryptedName(
  source: SamlSource,
  root: XmlElement,
  limits: Readonly<SamlLimits>,
): Promise<NameId> {
  try {
    const decrypted = await decryptedText(source, root, 'EncryptedID')
    const name = readName(scanXml(source.id, decrypted, limits).root)
    if (name) return name
  } catch {
    // The same as a name that is none.
  }
  throw refusal(source.id, 'encryption', 'The encrypted NameID cannot be read')
}

function readResponse(source: SamlSource, root: XmlElement): LogoutResponse {
  const [status] = childrenOf(root, PROTOCOL_NS, 'Status')
  const codes = status ? statusCodes(status) : []
  const inResponseTo = attributeOf(root, 'InResponseTo')
  if (codes.length === 0 || !inResponseTo) {
    throw refusal(source.id, 'structure', 'The message has no Status, or answers nothing', 400)
  }
  return { kind: 'response', inResponseTo, status: codes }
}

function statusCodes(element: XmlElement): string[] {
  const [code] = childrenOf(element, PROTOCOL_NS, 'StatusCode')
  return code ? [attributeOf(code, 'Value') ?? '', ...statusCodes(code)] : []
}
