import { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import type { XmlDocument, XmlElement } from './xml/element'
import { attributeOf, descendants, textOf } from './xml/element'
import { ASSERTION_NS, localName, PROTOCOL_NS } from './xml/namespaces'
import { refusal } from './refusal'
import { checkSignatures } from './signature-profile'

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/** How many elements of a message no signature needs to cover. */
const MAX_UNSIGNED = 200

/** What a Response is made of, as far as can be seen without verifying it. */
export interface Envelope {
  encrypted: boolean
  /** Whether there is a signature over the whole Response. */
  responseSigned: boolean
}

/**
 * Refuses a Response (Core 3.3.3, Profiles 4.1.4) for what can be seen without verifying it: another issuer or
 * Destination, a Status that is not Success, more or less than one assertion, and signatures that cannot be
 * what was asked for.
 */
export function checkResponse(source: SamlSource, outline: XmlDocument): Envelope {
  const { root } = outline
  const isResponse = root.name === 'Response' && root.namespace === PROTOCOL_NS
  if (!isResponse || attributeOf(root, 'Version') !== '2.0') {
    throw refusal(source.id, 'structure', 'The message is not a SAML 2.0 Response', 400)
  }
  checkIds(source, outline)
  checkIssuer(source, root)
  checkDestination(source, root)
  checkStatus(source, root)
  const assertion = onlyAssertion(source, outline)
  const encrypted = assertion.name === 'EncryptedAssertion'
  const signed = checkSignatures(source, outline, encrypted ? [root] : [root, assertion])
  if (signed.length === 0 && !encrypted)
    throw refusal(source.id, 'signature', 'The SAML message is not signed')
  checkUnsigned(source, outline, signed)
  return { encrypted, responseSigned: signed.includes(root) }
}

/** Beside what a signature covers there is little in a Response, unless somebody put it there. */
function checkUnsigned(source: SamlSource, { elements }: XmlDocument, signed: XmlElement[]): void {
  const covered = Math.max(0, ...signed.map((owner) => descendants(owner).length))
  if (elements.length - covered > MAX_UNSIGNED) {
    throw refusal(source.id, 'structure', `More than ${MAX_UNSIGNED} elements are not signed`)
  }
}

/** Refuses a decrypted text that is not one Assertion, with at most one signature, its own. */
export function checkDecrypted(source: SamlSource, outline: XmlDocument): void {
  checkIds(source, outline)
  if (onlyAssertion(source, outline) !== outline.root || outline.root.name !== 'Assertion') {
    throw refusal(source.id, 'structure', 'The decrypted text is not an Assertion')
  }
  checkSignatures(source, outline, [outline.root])
}

/** Refuses an ID that is there twice, under whichever of the names that are taken for one. */
export function checkIds(source: SamlSource, { elements }: XmlDocument): void {
  const seen = new Set<string>()
  for (const element of elements) {
    const names = [...element.rawAttributes.keys()].filter((name) =>
      ['ID', 'Id', 'id'].includes(localName(name)),
    )
    for (const id of names.map((name) => attributeOf(element, name) ?? '')) {
      if (seen.has(id)) throw refusal(source.id, 'structure', 'The SAML message has the same ID twice')
      seen.add(id)
    }
  }
}

function checkIssuer(source: SamlSource, root: XmlElement): void {
  const issuers = children(root, 'Issuer')
  if (issuers.some((issuer) => textOf(issuer) !== source.saml.idpIssuer)) {
    throw refusal(source.id, 'issuer', 'The Response is of another issuer')
  }
}

/** Bindings 3.5.5.2: a signed message must say where it was sent. */
function checkDestination(source: SamlSource, root: XmlElement): void {
  const destination = attributeOf(root, 'Destination')
  const signed = children(root, 'Signature').length > 0
  if (destination === undefined ? signed : destination !== source.saml.callbackUrl) {
    throw refusal(
      source.id,
      'destination',
      'The Response is not addressed to this assertion consumer service',
    )
  }
}

/** Core 3.2.2. Error answers are hardly ever signed; this one is believed only in that there is no sign-in. */
function checkStatus(source: SamlSource, root: XmlElement): void {
  const status = children(root, 'Status')
  const codes = status.flatMap((element) => statusCodes(element))
  if (status.length !== 1 || codes.length === 0) {
    throw refusal(source.id, 'status', 'The Response has no Status', 400)
  }
  if (codes[0] === SUCCESS) return
  const last = /[\w.-]*$/.exec((codes.at(-1) ?? '').slice(-64))?.[0] || 'unknown'
  throw new JitError('provider_refused', `The identity provider refused the sign-in: ${last}`, {
    source: source.id,
    details: { provider: last },
  })
}

function statusCodes(element: XmlElement): string[] {
  const [code] = children(element, 'StatusCode')
  return code ? [attributeOf(code, 'Value') ?? '', ...statusCodes(code)] : []
}

function onlyAssertion(source: SamlSource, { root, elements }: XmlDocument): XmlElement {
  const assertions = elements.filter(({ name }) => name === 'Assertion' || name === 'EncryptedAssertion')
  const [assertion] = assertions
  if (!assertion || assertions.length > 1) {
    throw refusal(
      source.id,
      'structure',
      `The SAML message holds ${assertions.length} assertions instead of one`,
    )
  }
  if (assertion.namespace !== ASSERTION_NS || (assertion !== root && assertion.parent !== root)) {
    throw refusal(source.id, 'structure', 'The assertion is not where a Response has it')
  }
  return assertion
}

function children(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name)
}
