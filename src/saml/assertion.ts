import { attributeOf, childrenOf, type XmlElement, textWithin } from './xml/element'
import { ASSERTION_NS } from './xml/namespaces'

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

/** One AuthnStatement (Core 2.7.2): how and when the person signed in at the provider; times as written. */
export interface AuthnStatement {
  authnInstant: string | null
  sessionNotOnOrAfter: string | null
  authnContextClassRef: string | null
}

/** A SAML assertion (Core 2.3.3) as plain data, read from its verified, canonical text. */
export interface SamlAssertion {
  version: string | null
  id: string
  /** As written. */
  issueInstant: string | null
  issuer: string
  /** Null where the Subject has no NameID (Core 2.2.3), or an empty one. */
  nameId: string | null
  nameIdFormat: string | null
  nameQualifier: string | null
  spNameQualifier: string | null
  /** Whether the Subject's name is one that only EncryptedID holds. */
  encryptedId: boolean
  confirmations: SubjectConfirmation[]
  conditions: Conditions | undefined
  authnStatements: AuthnStatement[]
  /** Of the first AuthnStatement. */
  sessionIndex: string | null
  /** No prototype: an attribute may be called `__proto__`. */
  attributes: Record<string, unknown>
}

/** Reads an assertion from an element that `readVerified` gave, and from no other. */
export function readAssertion(assertion: XmlElement): SamlAssertion {
  const [subject] = children(assertion, 'Subject')
  const [named] = subject ? children(subject, 'NameID') : []
  const nameId = named && readNameId(named)
  const statements = children(assertion, 'AuthnStatement')
  return {
    version: attribute(assertion, 'Version'),
    id: attribute(assertion, 'ID') ?? '',
    issueInstant: attribute(assertion, 'IssueInstant'),
    issuer: children(assertion, 'Issuer').map(textWithin).join(),
    nameId: nameId?.value ?? null,
    nameIdFormat: named ? attribute(named, 'Format') : null,
    nameQualifier: nameId?.nameQualifier ?? null,
    spNameQualifier: nameId?.spNameQualifier ?? null,
    encryptedId: subject !== undefined && children(subject, 'EncryptedID').length > 0,
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    conditions: readConditions(children(assertion, 'Conditions')),
    authnStatements: statements.map(readAuthnStatement),
    sessionIndex: statements[0] ? attribute(statements[0], 'SessionIndex') : null,
    attributes: readAttributes(assertion),
  }
}

/** A NameID (Core 2.2.3); null stands for an attribute that is not there. */
export interface NameId {
  value: string
  format: string | null
  nameQualifier: string | null
  spNameQualifier: string | null
}

/** Undefined where it is empty. */
export function readNameId(element: XmlElement): NameId | undefined {
  const value = textWithin(element)
  if (!/\S/.test(value)) return undefined
  return {
    value,
    format: attribute(element, 'Format'),
    nameQualifier: attribute(element, 'NameQualifier'),
    spNameQualifier: attribute(element, 'SPNameQualifier'),
  }
}

function readConfirmation(confirmation: XmlElement): SubjectConfirmation {
  const [data] = children(confirmation, 'SubjectConfirmationData')
  const dataAttribute = (name: string) => (data ? attribute(data, name) : null)
  return {
    method: attribute(confirmation, 'Method'),
    recipient: dataAttribute('Recipient'),
    notBefore: dataAttribute('NotBefore'),
    notOnOrAfter: dataAttribute('NotOnOrAfter'),
    inResponseTo: dataAttribute('InResponseTo'),
  }
}

function readConditions([conditions, ...more]: XmlElement[]): Conditions | undefined {
  if (!conditions || more.length > 0) return undefined
  return {
    notBefore: attribute(conditions, 'NotBefore'),
    notOnOrAfter: attribute(conditions, 'NotOnOrAfter'),
    audiences: children(conditions, 'AudienceRestriction').map((restriction) =>
      children(restriction, 'Audience').map(textWithin),
    ),
    understood: conditions.children.every(
      (child) =>
        child.namespace === ASSERTION_NS &&
        ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'].includes(child.name),
    ),
  }
}

function readAuthnStatement(statement: XmlElement): AuthnStatement {
  const [authnContext] = children(statement, 'AuthnContext')
  const [classRef] = authnContext ? children(authnContext, 'AuthnContextClassRef') : []
  return {
    authnInstant: attribute(statement, 'AuthnInstant'),
    sessionNotOnOrAfter: attribute(statement, 'SessionNotOnOrAfter'),
    authnContextClassRef: classRef ? textWithin(classRef) : null,
  }
}

/**
 * The attribute statements (Core 2.7.3) by the attributes' exact Names: one value is a text, several are an
 * array, one that is xsi:nil is empty, and an Attribute without AttributeValue is an empty array. An Attribute
 * that occurs again adds its values.
 */
function readAttributes(assertion: XmlElement): Record<string, unknown> {
  const values = new Map<string, string[]>()
  const attributes = children(assertion, 'AttributeStatement').flatMap((statement) =>
    children(statement, 'Attribute'),
  )
  for (const one of attributes) {
    const name = attribute(one, 'Name') ?? ''
    const known = values.get(name) ?? []
    known.push(...children(one, 'AttributeValue').map(textWithin))
    values.set(name, known)
  }
  const read = Object.create(null) as Record<string, unknown>
  for (const [name, all] of values) read[name] = all.length === 1 ? all[0] : all
  return read
}

function children(element: XmlElement, name: string): XmlElement[] {
  return childrenOf(element, ASSERTION_NS, name)
}

function attribute(element: XmlElement, name: string): string | null {
  return attributeOf(element, name) ?? null
}
