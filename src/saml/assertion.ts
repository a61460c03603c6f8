import { XmlValue } from '../login/assertion'
import { ASSERTION_NS } from './namespaces'
import { malformed } from './refusal'
import { attributeOf, childrenOf, textOf, tokenOf } from './xml/element'
import type { VerifiedElement } from './xml/signature'
import { trimSpace } from './xml/white-space'

/** A SAML assertion (Core 2.3.3) as plain data: null for what it doesn't say, times as written. */
export type SamlAssertion = ReturnType<typeof readAssertion>

/** Throws a refusal for a NameID that is malformed. `source`: the source's id. */
export function readAssertion(source: string, assertion: VerifiedElement) {
  const subjects = children(assertion, 'Subject')
  const [subject] = subjects
  const identifiers = subject ? subjectIdentifiers(subject) : []
  const nameIdElement = identifiers.find(({ name }) => name === 'NameID')
  const nameId = nameIdElement && readNameId(source, nameIdElement)
  const statements = children(assertion, 'AuthnStatement')
  return {
    version: attribute(assertion, 'Version'),
    id: attribute(assertion, 'ID') ?? '',
    issueInstant: token(assertion, 'IssueInstant'),
    issuer: children(assertion, 'Issuer').map(tokenOf).join(),
    /** How many there are, and how many identifiers of a person the first one has; a genuine assertion has one. */
    subjects: subjects.length,
    identifiers: identifiers.length,
    // Null for a Subject without NameID (Core 2.2.3) or with an empty one.
    nameId: nameId?.value ?? null,
    nameIdFormat: nameIdElement ? token(nameIdElement, 'Format') : null,
    nameQualifier: nameId?.nameQualifier ?? null,
    spNameQualifier: nameId?.spNameQualifier ?? null,
    encryptedId: identifiers.some(({ name }) => name === 'EncryptedID'),
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    /** Undefined if there are none, or several. */
    conditions: readConditions(children(assertion, 'Conditions')),
    authnStatements: statements.map(readAuthnStatement),
    sessionIndex: statements[0] ? attribute(statements[0], 'SessionIndex') : null,
    ...readAttributes(source, assertion),
  }
}

export type NameId = NonNullable<ReturnType<typeof readNameId>>

/** What names the person in a Subject (Core 2.4.1) or a LogoutRequest (Core 3.7.1). */
export function subjectIdentifiers(parent: VerifiedElement): VerifiedElement[] {
  return ['BaseID', 'NameID', 'EncryptedID'].flatMap((name) => children(parent, name))
}

/** Undefined for an empty NameID (Core 2.2.3). Throws a refusal for one that holds an element. */
export function readNameId(source: string, element: VerifiedElement) {
  if (element.children.length > 0) throw malformed(source, 'structure', 'A NameID holds an element')
  const value = nameText(textOf(element))
  if (!/\S/.test(value)) return undefined
  return {
    value,
    format: token(element, 'Format'),
    nameQualifier: attribute(element, 'NameQualifier'),
    spNameQualifier: attribute(element, 'SPNameQualifier'),
  }
}

/**
 * The text of a name. It counts exactly, white space included, unless a line break at both ends shows that the provider
 * prints its XML on lines.
 */
export function nameText(text: string): string {
  const trimmed = trimSpace(text)
  const start = text.indexOf(trimmed)
  const ends = [text.slice(0, start), text.slice(start + trimmed.length)]
  return ends.every((space) => /[\r\n]/.test(space)) ? trimmed : text
}

/** Core 2.4.1.1. */
function readConfirmation(confirmation: VerifiedElement) {
  const [data] = children(confirmation, 'SubjectConfirmationData')
  const dataAttribute = (name: string) => (data ? token(data, name) : null)
  return {
    method: token(confirmation, 'Method'),
    recipient: dataAttribute('Recipient'),
    notBefore: dataAttribute('NotBefore'),
    notOnOrAfter: dataAttribute('NotOnOrAfter'),
    inResponseTo: dataAttribute('InResponseTo'),
  }
}

/** Core 2.5.1. */
function readConditions([conditions, ...more]: VerifiedElement[]) {
  if (!conditions || more.length > 0) return undefined
  return {
    notBefore: token(conditions, 'NotBefore'),
    notOnOrAfter: token(conditions, 'NotOnOrAfter'),
    /** The audiences of each AudienceRestriction; every restriction must be met. */
    audiences: children(conditions, 'AudienceRestriction').map((restriction) =>
      children(restriction, 'Audience').map(tokenOf),
    ),
    /** Whether this library knows every condition. */
    understood: conditions.children.every(
      (child) =>
        child.namespace === ASSERTION_NS &&
        ['AudienceRestriction', 'OneTimeUse', 'ProxyRestriction'].includes(child.name),
    ),
  }
}

/** Core 2.7.2: how and when the person signed in at the provider. */
function readAuthnStatement(statement: VerifiedElement) {
  const [authnContext] = children(statement, 'AuthnContext')
  const [classRef] = authnContext ? children(authnContext, 'AuthnContextClassRef') : []
  return {
    authnInstant: token(statement, 'AuthnInstant'),
    sessionNotOnOrAfter: token(statement, 'SessionNotOnOrAfter'),
    authnContextClassRef: classRef ? tokenOf(classRef) : null,
  }
}

/**
 * The attributes (Core 2.7.3) by their exact Names. One value is a text, several are an array, an Attribute without
 * AttributeValue is an empty array, and an xsi:nil value is an empty text. An Attribute that is repeated adds values.
 */
function readAttributes(source: string, assertion: VerifiedElement) {
  const values = new Map<string, (string | XmlValue)[]>()
  const nameIdAttributes = new Set<string>()
  const attributes = children(assertion, 'AttributeStatement').flatMap((statement) =>
    children(statement, 'Attribute'),
  )
  for (const element of attributes) {
    const name = attribute(element, 'Name') ?? ''
    const all = values.get(name) ?? []
    for (const value of children(element, 'AttributeValue')) {
      const nameId = nameIdIn(value)
      if (nameId) nameIdAttributes.add(name)
      all.push(nameId ? (readNameId(source, nameId)?.value ?? '') : attributeValue(value))
    }
    values.set(name, all)
  }
  // Without a prototype, since an attribute may be called `__proto__`.
  const byName = Object.create(null) as Record<string, unknown>
  for (const [name, all] of values) byName[name] = all.length === 1 ? all[0] : all
  return { attributes: byName, nameIdAttributes: [...nameIdAttributes] }
}

/** The NameID that an AttributeValue holds in the place of text, as eduPersonTargetedID does. */
function nameIdIn(value: VerifiedElement): VerifiedElement | undefined {
  const [only, ...more] = value.children
  const isNameId = only?.name === 'NameID' && only.namespace === ASSERTION_NS
  return isNameId && more.length === 0 && trimSpace(textOf(value)) === '' ? only : undefined
}

/** The text of an element inside a value is not the value's. */
function attributeValue(value: VerifiedElement): string | XmlValue {
  const [element] = value.children
  return element ? new XmlValue(element.name) : textOf(value)
}

function children(element: VerifiedElement, name: string): VerifiedElement[] {
  return childrenOf(element, ASSERTION_NS, name)
}

function attribute(element: VerifiedElement, name: string): string | null {
  return attributeOf(element, name) ?? null
}

/** An attribute of a type without white space at its ends, such as a URI or a time. */
function token(element: VerifiedElement, name: string): string | null {
  const text = attribute(element, name)
  return text === null ? null : trimSpace(text)
}
