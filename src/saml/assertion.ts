import { ASSERTION_NS } from './namespaces'
import { attributeOf, childrenOf, textWithin } from './xml/element'
import type { VerifiedElement } from './xml/signature'

/** A SAML assertion (Core 2.3.3) as plain data: null for what it doesn't say, times as written. */
export type SamlAssertion = ReturnType<typeof readAssertion>

/** Gives the element that an encrypted one holds. Throws JitError if it cannot be decrypted. */
export type DecryptElement = (encrypted: VerifiedElement) => VerifiedElement

/** Throws what `decrypt` throws about an EncryptedID; an EncryptedAttribute that cannot be decrypted is `unreadable`. */
export function readAssertion(assertion: VerifiedElement, decrypt: DecryptElement) {
  const [subject] = children(assertion, 'Subject')
  const nameIds = subject ? children(subject, 'NameID') : []
  const encryptedIds = subject ? children(subject, 'EncryptedID') : []
  const decryptedId = nameIds.length === 0 ? decryptedName(encryptedIds, decrypt) : undefined
  const nameIdElement = nameIds[0] ?? decryptedId
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
    /** Whether an EncryptedID does not hold the one NameID. */
    encryptedId: encryptedIds.length > 0 && !decryptedId,
    confirmations: subject ? children(subject, 'SubjectConfirmation').map(readConfirmation) : [],
    /** Undefined if there are none, or several. */
    conditions: readConditions(children(assertion, 'Conditions')),
    authnStatements: statements.map(readAuthnStatement),
    sessionIndex: statements[0] ? attribute(statements[0], 'SessionIndex') : null,
    ...readAttributes(assertion, decrypt),
  }
}

/** Undefined if there is no EncryptedID or several, or if it holds no NameID. */
function decryptedName(
  [encryptedId, ...more]: VerifiedElement[],
  decrypt: DecryptElement,
): VerifiedElement | undefined {
  if (!encryptedId || encryptedId.children.length === 0 || more.length > 0) return undefined
  const nameId = decrypt(encryptedId)
  return nameId.name === 'NameID' && nameId.namespace === ASSERTION_NS ? nameId : undefined
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

/** Each costs an operation with the private key; those beyond are unreadable. */
const MAX_ENCRYPTED = 50

/** The attributes of the statements, decrypted where needed; `isComplete` is false if one could not be. */
function attributesIn(assertion: VerifiedElement, decrypt: DecryptElement) {
  const statements = children(assertion, 'AttributeStatement')
  const attributes: VerifiedElement[] = []
  let [encrypted, isComplete] = [0, true]
  for (const element of statements.flatMap((statement) => statement.children)) {
    if (element.namespace !== ASSERTION_NS) continue
    if (element.name === 'Attribute') attributes.push(element)
    if (element.name !== 'EncryptedAttribute') continue
    const attribute = ++encrypted <= MAX_ENCRYPTED ? decryptedAttribute(element, decrypt) : undefined
    if (attribute) attributes.push(attribute)
    else isComplete = false
  }
  return { attributes, isComplete }
}

function decryptedAttribute(
  encrypted: VerifiedElement,
  decrypt: DecryptElement,
): VerifiedElement | undefined {
  try {
    const attribute = decrypt(encrypted)
    return attribute.name === 'Attribute' && attribute.namespace === ASSERTION_NS ? attribute : undefined
  } catch {
    return undefined
  }
}

/**
 * The attributes (Core 2.7.3) by their exact Names. One value is a text, several are an array, an Attribute without
 * AttributeValue is an empty array, and an xsi:nil value is an empty text. An Attribute that is repeated adds values.
 * `unreadable`: why some may be missing.
 */
function readAttributes(
  assertion: VerifiedElement,
  decrypt: DecryptElement,
): { attributes: Record<string, unknown>; unreadable?: string } {
  const values = new Map<string, string[]>()
  const { attributes, isComplete } = attributesIn(assertion, decrypt)
  for (const element of attributes) {
    const name = attribute(element, 'Name') ?? ''
    const all = values.get(name) ?? []
    all.push(...children(element, 'AttributeValue').map(textWithin))
    values.set(name, all)
  }
  // Without a prototype, since an attribute may be called `__proto__`.
  const byName = Object.create(null) as Record<string, unknown>
  for (const [name, all] of values) byName[name] = all.length === 1 ? all[0] : all
  return { attributes: byName, ...(!isComplete && { unreadable: 'could not be decrypted' }) }
}

function children(element: VerifiedElement, name: string): VerifiedElement[] {
  return childrenOf(element, ASSERTION_NS, name)
}

function attribute(element: VerifiedElement, name: string): string | null {
  return attributeOf(element, name) ?? null
}
