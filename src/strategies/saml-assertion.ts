import {
  ASSERTION,
  attributeOf,
  children as childrenOf,
  elementsOf,
  parseVerified,
  readNameId,
  text,
} from './saml-dom'

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
  nameQualifier: string | null
  spNameQualifier: string | null
  /** As written. */
  issueInstant: string | null
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
  const [named] = subject ? children(subject, 'NameID') : []
  const nameId = named && readNameId(named)
  const [statement] = children(assertion, 'AuthnStatement')
  return {
    id: assertion.getAttribute('ID') ?? '',
    issuer: children(assertion, 'Issuer').map(text).join(),
    nameId: nameId?.value ?? null,
    nameIdFormat: named ? attributeOf(named, 'Format') : null,
    nameQualifier: nameId?.nameQualifier ?? null,
    spNameQualifier: nameId?.spNameQualifier ?? null,
    issueInstant: attributeOf(assertion, 'IssueInstant'),
    encryptedId: subject !== undefined && children(subject, 'EncryptedID').length > 0,
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    conditions: readConditions(children(assertion, 'Conditions')),
    sessionIndex: statement ? attributeOf(statement, 'SessionIndex') : null,
    attributes: readAttributes(assertion),
  }
}

function parse(xml: string): Element {
  const root = parseVerified(xml)
  const isAssertion = root.namespaceURI === ASSERTION && root.localName === 'Assertion'
  if (!isAssertion || root.getAttribute('Version') !== '2.0') throw new Error('Not a SAML 2.0 Assertion')
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
        child.namespaceURI === ASSERTION &&
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

function children(element: Element, name: string): Element[] {
  return childrenOf(element, ASSERTION, name)
}
