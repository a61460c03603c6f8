import { DOMParser } from '@xmldom/xmldom'

const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion'

/** One SubjectConfirmation (Core 2.4.1.1) with its data; times as written. */
export interface SubjectConfirmation {
  method: string | null
  recipient: string | null
  notBefore: string | null
  notOnOrAfter: string | null
  inResponseTo: string | null
}

/** Conditions (Core 2.5.1); times as written. */
export interface Conditions {
  notBefore: string | null
  notOnOrAfter: string | null
  /** The audiences of each AudienceRestriction: every one of these must be met. */
  audiences: string[][]
  /** Whether all its elements are ones that this library understands. */
  understood: boolean
}

/** A SAML assertion (Core 2.3.3) as plain data, read from its verified, canonical text. */
export interface SamlAssertion {
  id: string
  issuer: string
  /** Null where the Subject has no NameID (Core 2.2.3), or an empty one. */
  nameId: string | null
  nameIdFormat: string | null
  /** Whether the Subject's name is one that only EncryptedID holds. */
  encryptedId: boolean
  confirmations: SubjectConfirmation[]
  conditions: Conditions | undefined
  sessionIndex: string | null
  /** No prototype: an attribute may be called `__proto__`. */
  attributes: Record<string, unknown>
}

/** Reads an assertion from the text whose signature was verified, and from nothing else. */
export function readAssertion(verifiedXml: string): SamlAssertion {
  const assertion = parse(verifiedXml)
  const [subject] = children(assertion, 'Subject')
  const [nameId] = subject ? children(subject, 'NameID') : []
  const [statement] = children(assertion, 'AuthnStatement')
  return {
    id: assertion.getAttribute('ID') ?? '',
    issuer: children(assertion, 'Issuer').map(text).join(),
    nameId: nameId && /\S/.test(text(nameId)) ? text(nameId) : null,
    nameIdFormat: nameId ? attributeOf(nameId, 'Format') : null,
    encryptedId: subject !== undefined && children(subject, 'EncryptedID').length > 0,
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    conditions: readConditions(children(assertion, 'Conditions')),
    sessionIndex: statement ? attributeOf(statement, 'SessionIndex') : null,
    attributes: readAttributes(assertion),
  }
}

function parse(xml: string): Element {
  const fail = (problem: string): never => {
    throw new Error(problem)
  }
  const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } })
  const root = parser.parseFromString(xml, 'text/xml').documentElement
  if (
    root.namespaceURI !== SAML ||
    root.localName !== 'Assertion' ||
    root.getAttribute('Version') !== '2.0'
  ) {
    fail('Not a SAML 2.0 Assertion')
  }
  return root
}

function readConfirmation(confirmation: Element): SubjectConfirmation {
  const [data] = children(confirmation, 'SubjectConfirmationData')
  const dataAttribute = (name: string) => (data ? attributeOf(data, name) : null)
  return {
    method: attributeOf(confirmation, 'Method'),
    recipient: dataAttribute('Recipient'),
    notBefore: dataAttribute('NotBefore'),
    notOnOrAfter: dataAttribute('NotOnOrAfter'),
    inResponseTo: dataAttribute('InResponseTo'),
  }
}

function readConditions([conditions, ...more]: Element[]): Conditions | undefined {
  if (!conditions || more.length > 0) return undefined
  return {
    notBefore: attributeOf(conditions, 'NotBefore'),
    notOnOrAfter: attributeOf(conditions, 'NotOnOrAfter'),
    audiences: children(conditions, 'AudienceRestriction').map((restriction) =>
      children(restriction, 'Audience').map(text),
    ),
    understood: elementsOf(conditions).every(
      (child) =>
        child.namespaceURI === SAML &&
        ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'].includes(child.localName),
    ),
  }
}

/**
 * The attribute statements (Core 2.7.3) by the attributes' exact Names: one value is a text, several are an
 * array, one that is xsi:nil is empty, and an Attribute without AttributeValue is an empty array. An Attribute
 * that occurs again adds its values.
 */
function readAttributes(assertion: Element): Record<string, unknown> {
  const values = new Map<string, string[]>()
  const attributes = children(assertion, 'AttributeStatement').flatMap((statement) =>
    children(statement, 'Attribute'),
  )
  for (const attribute of attributes) {
    const name = attributeOf(attribute, 'Name') ?? ''
    const known = values.get(name) ?? []
    values.set(name, known.concat(children(attribute, 'AttributeValue').map(text)))
  }
  const read = Object.create(null) as Record<string, unknown>
  for (const [name, all] of values) read[name] = all.length === 1 ? all[0] : all
  return read
}

/** All text at any depth, comments left out: a comment must not split a value in two. */
function text(element: Element): string {
  return element.textContent ?? ''
}

function attributeOf(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null
}

function children(element: Element, name: string): Element[] {
  return elementsOf(element).filter((child) => child.namespaceURI === SAML && child.localName === name)
}

function elementsOf(element: Element): Element[] {
  const elements: Element[] = []
  for (let child = element.firstChild; child; child = child.nextSibling) {
    if (child.nodeType === 1) elements.push(child as Element)
  }
  return elements
}
