import { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import { ASSERTION_NS, PROTOCOL_NS } from './namespaces'
import { malformed, otherIssuer, refusal } from './refusal'
import { checkSignatures } from './signature-profile'
import { attributeOf, descendants, tokenOf, type XmlDocument, type XmlElement } from './xml/element'
import { localName } from './xml/namespaces'
import { isSameToken } from './xml/white-space'

/** Elements of a message that no signature has to cover. */
const MAX_UNSIGNED = 200
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/** What can be seen of a Response before it is verified. */
export type Envelope = ReturnType<typeof checkResponse>

/**
 * Refuses a Response (Core 3.3.3, Profiles 4.1.4) for what can be seen before it is verified: another issuer or
 * Destination, a Status other than Success, no assertion or several, and signatures whose form is not acceptable.
 */
export function checkResponse(source: SamlSource, response: XmlDocument) {
  const { root } = response
  const read = withoutAdvice(response)
  const isResponse = root.name === 'Response' && root.namespace === PROTOCOL_NS
  if (!isResponse || attributeOf(root, 'Version') !== '2.0')
    throw malformed(source.id, 'structure', 'The message is not a SAML 2.0 Response')
  checkIds(source, response)
  checkIssuer(source, root)
  checkDestination(source, root)
  checkStatus(source, root)
  if (!attributeOf(root, 'ID')) throw refusal(source.id, 'structure', 'The Response has no ID')
  const assertion = onlyAssertion(source, read)
  const encrypted = assertion.name === 'EncryptedAssertion'
  const signed = checkSignatures(source, read, encrypted ? [root] : [root, assertion])
  if (signed.length === 0 && !encrypted)
    throw refusal(source.id, 'signature', 'The SAML message is not signed')
  checkUnsigned(source, response, signed)
  return { root, encrypted, responseSigned: signed.includes(root) }
}

/** A genuine Response holds little that its signature does not cover. */
function checkUnsigned(source: SamlSource, { elements }: XmlDocument, signed: XmlElement[]): void {
  const covered = Math.max(0, ...signed.map((owner) => descendants(owner).length))
  if (elements.length - covered > MAX_UNSIGNED)
    throw refusal(source.id, 'structure', `More than ${MAX_UNSIGNED} elements are not signed`)
}

/** Refuses a decrypted text that is not one Assertion, with one signature of its own at most. */
export function checkDecrypted(source: SamlSource, decrypted: XmlDocument): void {
  checkIds(source, decrypted)
  const { root } = decrypted
  const read = withoutAdvice(decrypted)
  if (onlyAssertion(source, read) !== root || root.name !== 'Assertion')
    throw refusal(source.id, 'structure', 'The decrypted text is not an Assertion')
  checkSignatures(source, read, [root])
}

/**
 * A document without what the Advice of an assertion holds (Core 2.6.1), such as another assertion with a signature of
 * its own. Nobody has to heed it, and nothing here reads or decrypts it.
 */
function withoutAdvice({ root, elements }: XmlDocument): XmlDocument {
  const advice = new Set(elements.filter(isAdvice).flatMap(descendants))
  return { root, elements: elements.filter((element) => !advice.has(element)) }
}

function isAdvice({ name, namespace, parent }: XmlElement): boolean {
  const isSaml = namespace === ASSERTION_NS && parent?.namespace === ASSERTION_NS
  return isSaml && name === 'Advice' && parent.name === 'Assertion'
}

/**
 * Refuses a repeated ID, by any of the names that software takes for an ID. What is inside attribute values may repeat
 * its own IDs, but none of the message's.
 */
export function checkIds(source: SamlSource, { elements }: XmlDocument): void {
  const inValues = new Set<XmlElement>()
  for (const element of elements) {
    const { parent } = element
    if (parent && (inValues.has(parent) || isAttributeValue(parent))) inValues.add(element)
  }
  const ids = new Set<string>()
  const idsInValues = new Set<string>()
  for (const element of elements) {
    const isInValue = inValues.has(element)
    for (const id of idsOf(element)) {
      if (ids.has(id) || (!isInValue && idsInValues.has(id)))
        throw refusal(source.id, 'structure', 'The SAML message has the same ID twice')
      ;(isInValue ? idsInValues : ids).add(id)
    }
  }
}

function isAttributeValue({ name, namespace }: XmlElement): boolean {
  return name === 'AttributeValue' && namespace === ASSERTION_NS
}

function idsOf(element: XmlElement): string[] {
  const names = [...element.rawAttributes.keys()].filter((name) =>
    ['ID', 'Id', 'id'].includes(localName(name)),
  )
  return names.map((name) => attributeOf(element, name) ?? '')
}

/** Core 3.2.2: the Issuer is optional. */
function checkIssuer(source: SamlSource, root: XmlElement): void {
  const issuers = children(root, 'Issuer').map(tokenOf)
  if (issuers.length > 1 || !issuers.every((issuer) => isSameToken(issuer, source.saml.idpIssuer)))
    throw otherIssuer(source, 'Response', issuers)
}

/** Bindings 3.5.5.2: a signed message must have a Destination. */
function checkDestination(source: SamlSource, root: XmlElement): void {
  const destination = attributeOf(root, 'Destination')
  const signed = children(root, 'Signature').length > 0
  if (destination === undefined ? signed : !isSameToken(destination, source.saml.callbackUrl)) {
    throw refusal(
      source.id,
      'destination',
      'The Response is not addressed to this assertion consumer service',
    )
  }
}

/** Core 3.2.2. Error responses are rarely signed; an unsigned one is only good for refusing. */
function checkStatus(source: SamlSource, root: XmlElement): void {
  const [status, ...more] = children(root, 'Status')
  const codes = status ? statusCodes(status) : []
  if (more.length > 0 || codes.length === 0)
    throw malformed(source.id, 'status', 'The Response has no Status')
  if (codes[0] === SUCCESS) return
  const last = /[\w.-]*$/.exec((codes.at(-1) ?? '').slice(-64))?.[0] || 'unknown'
  throw new JitError('provider_refused', `The identity provider refused the sign-in: ${last}`, {
    source: source.id,
    details: { provider: last },
  })
}

/** The StatusCode of a Status (Core 3.2.2.2), followed by the one inside it, and so on. */
export function statusCodes(status: XmlElement): string[] {
  const code = children(status, 'StatusCode')[0]
  if (code?.namespace !== PROTOCOL_NS) return []
  return [attributeOf(code, 'Value') ?? '', ...statusCodes(code)]
}

function onlyAssertion(source: SamlSource, { root, elements }: XmlDocument): XmlElement {
  const assertions = elements.filter(({ name }) => name === 'Assertion' || name === 'EncryptedAssertion')
  const [assertion] = assertions
  if (!assertion || assertions.length > 1) {
    throw refusal(source.id, 'structure', `The message holds ${assertions.length} assertions instead of one`)
  }
  if (assertion.namespace !== ASSERTION_NS || (assertion !== root && assertion.parent !== root))
    throw refusal(source.id, 'structure', 'The assertion is not where a Response has it')
  return assertion
}

/** By local name alone, so that no namespace hides an element from a check. */
function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}
