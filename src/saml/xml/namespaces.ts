/** The namespaces of SAML (Core 1.2) and of XML Signature (2.1). */
export const ASSERTION_NS = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const PROTOCOL_NS = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const SIGNATURE_NS = 'http://www.w3.org/2000/09/xmldsig#'
const XML_NS = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'

/** A canonical text may say it again at every element. */
const MAX_LENGTH = 256

/** The namespace declarations in force at one place of a document (Namespaces in XML 6.1). */
export interface NamespaceScope {
  /** What is declared here; the default namespace has the empty prefix. */
  readonly declared: readonly (readonly [prefix: string, namespace: string])[]
  /** Where what is not declared here is looked for. */
  readonly outer: NamespaceScope | undefined
}

export const outermostScope: NamespaceScope = { declared: [['xml', XML_NS]], outer: undefined }

/**
 * The scope within an element with these attributes, as they are written. Throws an Error with the problem where
 * Namespaces in XML forbids a declaration, and where parsers are known to read one differently.
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
  // Canonical texts have a namespace as it is: what would end its declaration must not be in it.
  const isUnfit = namespace.length > MAX_LENGTH || /[&"\s]/.test(namespace)
  if (!isDeclaration || isReserved || isUndeclaration || isUnfit) {
    throw new Error('declares a namespace that cannot be declared')
  }
  return prefix
}

/** The namespace that a prefix stands for; undefined where it stands for none. */
export function namespaceFor(scope: NamespaceScope | undefined, prefix: string): string | undefined {
  for (let at = scope; at; at = at.outer) {
    for (const [declared, namespace] of at.declared) if (declared === prefix) return namespace
  }
  return undefined
}

/** How many declarations are in force; a prefix that is declared again counts again. */
export function declarationsIn(scope: NamespaceScope): number {
  let count = 0
  for (let at = scope; at.outer; at = at.outer) count += at.declared.length
  return count
}

/** Every prefix in force, `xml` among them. */
export function prefixesIn(scope: NamespaceScope): Set<string> {
  const prefixes = new Set<string>()
  for (let at: NamespaceScope | undefined = scope; at; at = at.outer) {
    for (const [prefix] of at.declared) prefixes.add(prefix)
  }
  return prefixes
}

/** The namespace of an element's name; empty where it has none. Throws an Error where its prefix is not declared. */
export function elementNamespace(scope: NamespaceScope, name: string): string {
  const namespace = namespaceFor(scope, prefixOf(name))
  if (namespace === undefined && name.includes(':')) throw new Error('uses a prefix that it does not declare')
  return namespace ?? ''
}

/** The same of an attribute's name, which is in no namespace without a prefix. */
export function attributeNamespace(scope: NamespaceScope, name: string): string {
  return name.includes(':') && !name.startsWith('xmlns:') ? elementNamespace(scope, name) : ''
}

/** Throws an Error where two attributes of one element are the same but for their prefix. */
export function checkAttributeNames(scope: NamespaceScope, attributes: ReadonlyMap<string, string>): void {
  let seen: Set<string> | undefined
  for (const name of attributes.keys()) {
    const namespace = attributeNamespace(scope, name)
    if (namespace === '') continue
    seen ??= new Set()
    const { size } = seen
    if (seen.add(`${namespace} ${localName(name)}`).size === size) throw new Error('repeats an attribute')
  }
}

/** A qualified name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The prefix of a qualified name; empty where it has none. */
export function prefixOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(':')))
}
