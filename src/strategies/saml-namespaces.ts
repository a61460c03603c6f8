/** The namespaces of SAML (Core 1.2) and of XML Signature (2.1). */
export const ASSERTION_NS = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const PROTOCOL_NS = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const SIGNATURE_NS = 'http://www.w3.org/2000/09/xmldsig#'
export const XML_NS = 'http://www.w3.org/XML/1998/namespace'
export const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'

/** A canonical text may say it again at every element. */
const MAX_LENGTH = 256

/** The namespace declarations in force at one place of a document (Namespaces in XML 6.1). */
export interface NamespaceScope {
  /** By prefix; the default namespace has the empty one. */
  readonly bindings: ReadonlyMap<string, string>
  /** How many declarations led to it; a prefix that is declared again counts again. */
  readonly declarations: number
}

export const outermostScope: NamespaceScope = { bindings: new Map([['xml', XML_NS]]), declarations: 0 }

/**
 * The scope within an element with these attributes, as they are written. Throws an Error with the problem where
 * Namespaces in XML forbids a declaration, and where parsers are known to read one differently.
 */
export function innerScope(outer: NamespaceScope, attributes: ReadonlyMap<string, string>): NamespaceScope {
  let declarations = outer.declarations
  let bindings: Map<string, string> | undefined
  for (const [name, namespace] of attributes) {
    if (!name.startsWith('xmlns')) continue
    bindings ??= new Map(outer.bindings)
    bindings.set(declaredPrefix(name, namespace), namespace)
    declarations++
  }
  return bindings ? { bindings, declarations } : outer
}

function declaredPrefix(name: string, namespace: string): string {
  const prefix = name.slice('xmlns:'.length)
  const isDeclaration = name === 'xmlns' || name.startsWith('xmlns:')
  const isReserved = ['xml', 'xmlns'].includes(prefix) || [XML_NS, XMLNS_NS].includes(namespace)
  const isUndeclaration = prefix !== '' && namespace === ''
  // xml-crypto puts a namespace into canonical texts as it is: what would end its declaration must not be in it.
  const isUnfit = namespace.length > MAX_LENGTH || /[&"\s]/.test(namespace)
  if (!isDeclaration || isReserved || isUndeclaration || isUnfit) {
    throw new Error('declares a namespace that cannot be declared')
  }
  return prefix
}

/** The namespace of an element's name; empty where it has none. Throws an Error where its prefix is not declared. */
export function elementNamespace(scope: NamespaceScope, name: string): string {
  const namespace = scope.bindings.get(prefixOf(name))
  if (namespace === undefined && name.includes(':')) throw new Error('uses a prefix that it does not declare')
  return namespace ?? ''
}

/** The same of an attribute's name, which is in no namespace without a prefix. */
export function attributeNamespace(scope: NamespaceScope, name: string): string {
  if (name === 'xmlns' || name.startsWith('xmlns:')) return XMLNS_NS
  return name.includes(':') ? elementNamespace(scope, name) : ''
}

/** Throws an Error where two attributes of one element are the same but for their prefix. */
export function checkAttributeNames(scope: NamespaceScope, attributes: ReadonlyMap<string, string>): void {
  const prefixed = [...attributes.keys()].filter((name) => name.includes(':'))
  const expanded = prefixed.map((name) => `${attributeNamespace(scope, name)} ${localName(name)}`)
  if (expanded.length > 1 && new Set(expanded).size < expanded.length) throw new Error('repeats an attribute')
}

/** A qualified name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

function prefixOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(':')))
}
