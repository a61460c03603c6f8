import { JitError } from '../errors'
import { XmlValue } from '../login/assertion'
import { readNameId } from './name-id'
import { ASSERTION_NS } from './namespaces'
import { attributeOf, childrenOf, textOf } from './xml/element'
import type { VerifiedElement } from './xml/signature'
import { trimSpace } from './xml/white-space'

/** Gives the element that an encrypted one holds. Throws JitError if it cannot be decrypted. */
export type DecryptElement = (encrypted: VerifiedElement) => VerifiedElement

/** Each costs an operation with the private key; those beyond are unreadable. */
const MAX_ENCRYPTED = 50

const UNREADABLE = 'could not be decrypted'

/** The attributes of the statements, decrypted where needed. `unreadable`: why one could not be. */
function attributesIn(assertion: VerifiedElement, decrypt: DecryptElement) {
  const statements = children(assertion, 'AttributeStatement')
  const attributes: VerifiedElement[] = []
  let encrypted = 0
  let unreadable: string | undefined
  for (const element of statements.flatMap((statement) => statement.children)) {
    if (element.namespace !== ASSERTION_NS) continue
    if (element.name === 'Attribute') attributes.push(element)
    if (element.name !== 'EncryptedAttribute') continue
    const attribute = ++encrypted <= MAX_ENCRYPTED ? decryptedAttribute(element, decrypt) : UNREADABLE
    if (typeof attribute === 'string') unreadable ??= attribute
    else attributes.push(attribute)
  }
  return { attributes, unreadable }
}

/** The attribute, or why it cannot be read. An algorithm that is not accepted is public; nothing else is told. */
function decryptedAttribute(encrypted: VerifiedElement, decrypt: DecryptElement): VerifiedElement | string {
  try {
    const attribute = decrypt(encrypted)
    return attribute.name === 'Attribute' && attribute.namespace === ASSERTION_NS ? attribute : UNREADABLE
  } catch (error) {
    const algorithm = error instanceof JitError ? error.details.algorithm : undefined
    return algorithm === undefined ? UNREADABLE : `${UNREADABLE}: this source does not accept ${algorithm}`
  }
}

/**
 * The attributes (Core 2.7.3) by their exact Names. One value is a text, several are an array, an Attribute without
 * AttributeValue is an empty array, and an xsi:nil value is an empty text. An Attribute that is repeated adds values.
 * `unreadable`: why some may be missing.
 */
export function readAttributes(source: string, assertion: VerifiedElement, decrypt: DecryptElement) {
  const values = new Map<string, (string | XmlValue)[]>()
  const nameIdAttributes = new Set<string>()
  const { attributes, unreadable } = attributesIn(assertion, decrypt)
  for (const element of attributes) {
    const name = attributeOf(element, 'Name') ?? ''
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
  return {
    attributes: byName,
    nameIdAttributes: [...nameIdAttributes],
    unreadable,
  }
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
