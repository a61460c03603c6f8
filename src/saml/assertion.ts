import { type DecryptElement, readAttributes } from './attributes'
import { formatOf, readNameId, subjectIdentifiers } from './name-id'
import { ASSERTION_NS } from './namespaces'
import { attributeOf, childrenOf, tokenOf } from './xml/element'
import type { VerifiedElement } from './xml/signature'
import { trimSpace } from './xml/white-space'

/** A SAML assertion (Core 2.3.3) as plain data: null for what it doesn't say, times as written. */
export type SamlAssertion = ReturnType<typeof readAssertion>

/**
 * Throws a refusal for a NameID that is malformed, and what `decrypt` throws about an EncryptedID. An EncryptedAttribute
 * that cannot be decrypted is `unreadable`. `source`: the source's id.
 */
export function readAssertion(source: string, assertion: VerifiedElement, decrypt: DecryptElement) {
  const subjects = children(assertion, 'Subject')
  const [subject] = subjects
  const identifiers = subject ? subjectIdentifiers(subject) : []
  const nameIdElement = nameIdOf(identifiers, decrypt)
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
    nameIdFormat: nameIdElement ? formatOf(nameIdElement) : null,
    nameQualifier: nameId?.nameQualifier ?? null,
    spNameQualifier: nameId?.spNameQualifier ?? null,
    /** Whether there is an EncryptedID that does not hold a NameID. */
    encryptedId: !nameIdElement && identifiers.some(({ name }) => name === 'EncryptedID'),
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    /** Undefined if there are none, or several. */
    conditions: readConditions(children(assertion, 'Conditions')),
    authnStatements: statements.map(readAuthnStatement),
    sessionIndex: statements[0] ? attribute(statements[0], 'SessionIndex') : null,
    ...readAttributes(source, assertion, decrypt),
  }
}

/** The one NameID of a Subject, decrypted if it is an EncryptedID (Core 2.2.4). */
function nameIdOf(
  [identifier, ...more]: VerifiedElement[],
  decrypt: DecryptElement,
): VerifiedElement | undefined {
  if (!identifier || more.length > 0) return undefined
  const isEncrypted = identifier.name === 'EncryptedID' && identifier.children.length > 0
  const nameId = isEncrypted ? decrypt(identifier) : identifier
  return nameId.name === 'NameID' && nameId.namespace === ASSERTION_NS ? nameId : undefined
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
