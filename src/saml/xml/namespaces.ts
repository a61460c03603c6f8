import { XmlError } from './error'

const XML_NS = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'

/** A canonical text may repeat a namespace at every element. */
const MAX_LENGTH = 256

/** The namespace declarations in force at one place of a document (Namespaces in XML 6.1). */
export interface NamespaceScope {
  /** The declarations of this element; the default namespace has the empty prefix. */
  readonly declared: readonly (readonly [prefix: string, namespace: string])[]
  readonly outer: NamespaceScope | undefined
}

export const outermostScope: NamespaceScope = { declared: [['xml', XML_NS]], outer: undefined }

/**
 * The scope inside an element with these attributes, as written. Throws XmlError if Namespaces in XML forbids a
 * declaration, or if parsers are known to read it differently.
 */
export function innerScope(outer: NamespaceScope, attributes: ReadonlyMap<string, string>): NamespaceScope {
  let declared: [string, string][] | undefined
  for (const [name, namespace] of attributes) {
    if (name.startsWith('xmlns')) (declared ??= []).push([declaredPrefix(name, namespace), namespace])
  }
  return declared ? { declared, outer } : outer
}

function declaredPrefix(name: string, namespace: string): string {
  const prefix = name.slice('xmlns:'.length)
  const isDeclaration = name === 'xmlns' || name.startsWith('xmlns:')
  const isReserved = prefix === 'xml' || prefix === 'xmlns' || namespace === XML_NS || namespace === XMLNS_NS
  const isUndeclaration = prefix !== '' && namespace === ''
  // A canonical text holds a namespace as written, so a character that would end its declaration is refused.
  const isUnfit = namespace.length > MAX_LENGTH || /[&"\s]/.test(namespace)
  if (!isDeclaration || isReserved || isUndeclaration || isUnfit)
    throw new XmlError('namespaces', 'declares a namespace that cannot be declared')
  return prefix
}

export function namespaceFor(scope: NamespaceScope | undefined, prefix: string): string | undefined {
  for (let at = scope; at; at = at.outer) {
    for (const [declared, namespace] of at.declared) if (declared === prefix) return namespace
  }
  return undefined
}

/** The number of declarations in force; a prefix that is declared again counts again. */
export function declarationsIn(scope: NamespaceScope): number {
  let count = 0
  for (let at = scope; at.outer; at = at.outer) count += at.declared.length
  return count
}

/** Every prefix in force, including `xml`. */
export function prefixesIn(scope: NamespaceScope): Set<string> {
  const prefixes = new Set<string>()
  for (let at: NamespaceScope | undefined = scope; at; at = at.outer) {
    for (const [prefix] of at.declared) prefixes.add(prefix)
  }
  return prefixes
}

/** The namespace of an element's name; empty if it has none. Throws XmlError if its prefix is not declared. */
export function elementNamespace(scope: NamespaceScope, name: string): string {
  const namespace = namespaceFor(scope, prefixOf(name))
  if (namespace === undefined && name.includes(':'))
    throw new XmlError('namespaces', 'uses a prefix that it does not declare')
  return namespace ?? ''
}

/** The namespace of an attribute's name: unlike an element, an attribute without prefix is in none. */
export function attributeNamespace(scope: NamespaceScope, name: string): string {
  return name.includes(':') && !name.startsWith('xmlns:') ? elementNamespace(scope, name) : ''
}

/** Throws XmlError if two attributes of an element differ only in their prefix. */
export function checkAttributeNames(scope: NamespaceScope, attributes: ReadonlyMap<string, string>): void {
  let names: Set<string> | undefined
  for (const name of attributes.keys()) {
    const namespace = attributeNamespace(scope, name)
    if (namespace === '') continue
    names ??= new Set()
    const { size } = names
    if (names.add(`${namespace} ${localName(name)}`).size === size)
      throw new XmlError('namespaces', 'repeats an attribute')
  }
}

export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

export function prefixOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(':')))
}
