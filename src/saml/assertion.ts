import { ASSERTION_NS } from './namespaces'
import { attributeOf, childrenOf, textWithin } from './xml/element'
import type { VerifiedElement } from './xml/signature'

/** A SAML assertion (Core 2.3.3) as plain data: null for what it doesn't say, times as written. */
export type SamlAssertion = ReturnType<typeof readAssertion>

export function readAssertion(assertion: VerifiedElement) {
  const [subject] = children(assertion, 'Subject')
  const [nameIdElement] = subject ? children(subject, 'NameID') : []
  const nameId = nameIdElement && readNameId(nameIdElement)
  const statements = children(assertion, 'AuthnStatement')
  return {
    version: attribute(assertion, 'Version'),
    id: attribute(assertion, 'ID') ?? '',
    issueInstant: attribute(assertion, 'IssueInstant'),
    issuer: children(assertion, 'Issuer').map(textWithin).join(),
    // Null for a Subject without NameID (Core 2.2.3) or with an empty one.
    nameId: nameId?.value ?? null,
    nameIdFormat: nameIdElement ? attribute(nameIdElement, 'Format') : null,
    nameQualifier: nameId?.nameQualifier ?? null,
    spNameQualifier: nameId?.spNameQualifier ?? null,
    encryptedId: subject !== undefined && children(subject, 'EncryptedID').length > 0,
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    /** Undefined if there are none, or several. */
    conditions: readConditions(children(assertion, 'Conditions')),
    authnStatements: statements.map(readAuthnStatement),
    sessionIndex: statements[0] ? attribute(statements[0], 'SessionIndex') : null,
    attributes: readAttributes(assertion),
  }
}

export type NameId = NonNullable<ReturnType<typeof readNameId>>

/** Undefined for an empty NameID (Core 2.2.3). */
export function readNameId(element: VerifiedElement) {
  const value = textWithin(element)
  if (!/\S/.test(value)) return undefined
  return {
    value,
    format: attribute(element, 'Format'),
    nameQualifier: attribute(element, 'NameQualifier'),
    spNameQualifier: attribute(element, 'SPNameQualifier'),
  }
}

/** Core 2.4.1.1. */
function readConfirmation(confirmation: VerifiedElement) {
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

/** Core 2.5.1. */
function readConditions([conditions, ...more]: VerifiedElement[]) {
  if (!conditions || more.length > 0) return undefined
  return {
    notBefore: attribute(conditions, 'NotBefore'),
    notOnOrAfter: attribute(conditions, 'NotOnOrAfter'),
    /** The audiences of each AudienceRestriction; every restriction must be met. */
    audiences: children(conditions, 'AudienceRestriction').map((restriction) =>
      children(restriction, 'Audience').map(textWithin),
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
    authnInstant: attribute(statement, 'AuthnInstant'),
    sessionNotOnOrAfter: attribute(statement, 'SessionNotOnOrAfter'),
    authnContextClassRef: classRef ? textWithin(classRef) : null,
  }
}

/**
 * The attributes (Core 2.7.3) by their exact Names. One value is a text, several are an array, an Attribute without
 * AttributeValue is an empty array, and an xsi:nil value is an empty text. An Attribute that is repeated adds values.
 */
function readAttributes(assertion: VerifiedElement): Record<string, unknown> {
  const values = new Map<string, string[]>()
  const attributes = children(assertion, 'AttributeStatement').flatMap((statement) =>
    children(statement, 'Attribute'),
  )
  for (const element of attributes) {
    const name = attribute(element, 'Name') ?? ''
    const all = values.get(name) ?? []
    all.push(...children(element, 'AttributeValue').map(textWithin))
    values.set(name, all)
  }
  // Without a prototype, since an attribute may be called `__proto__`.
  const byName = Object.create(null) as Record<string, unknown>
  for (const [name, all] of values) byName[name] = all.length === 1 ? all[0] : all
  return byName
}

function children(element: VerifiedElement, name: string): VerifiedElement[] {
  return childrenOf(element, ASSERTION_NS, name)
}

function attribute(element: VerifiedElement, name: string): string | null {
  return attributeOf(element, name) ?? null
}
