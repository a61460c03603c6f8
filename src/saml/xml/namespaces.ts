import { decodeReferences } from './characters'
import { XmlError } from './error'

const XML_NS = 'http://www.w3.org/XML/1998/namespace'
const XMLNS_NS = 'http://www.w3.org/2000/xmlns/'

/** The default namespace has the empty prefix. */
export type Declaration = readonly [prefix: string, namespace: string]

/** The namespace declarations in force at one place of a document (Namespaces in XML 6.1). */
export interface NamespaceScope {
  /** The declarations of this element. */
  readonly declared: readonly Declaration[]
  readonly outer: NamespaceScope | undefined
}

export const outermostScope: NamespaceScope = { declared: [['xml', XML_NS]], outer: undefined }

const none: readonly Declaration[] = []

/** The declarations among these attributes. Throws XmlError if Namespaces in XML 3 forbids one. */
export function declarationsIn(attributes: ReadonlyMap<string, string>): readonly Declaration[] {
  let declared: Declaration[] | undefined
  for (const [name, raw] of attributes) {
    if (!name.startsWith('xmlns')) continue
    const namespace = decodeReferences(raw)
    // The one declaration of a reserved prefix that is allowed; it changes nothing.
    if (name === 'xmlns:xml' && namespace === XML_NS) continue
    ;(declared ??= []).push([declaredPrefix(name, namespace), namespace])
  }
  return declared ?? none
}

function declaredPrefix(name: string, namespace: string): string {
  const prefix = name.slice('xmlns:'.length)
  // An attribute such as `xmlnsx` is no declaration, but some parsers take it for one.
  const isDeclaration = name === 'xmlns' || name.startsWith('xmlns:')
  const isReserved = prefix === 'xml' || prefix === 'xmlns' || namespace === XML_NS || namespace === XMLNS_NS
  const isUndeclaration = prefix !== '' && namespace === ''
  if (!isDeclaration || isReserved || isUndeclaration || /[\s"<>]/.test(namespace))
    throw new XmlError('namespaces', 'declares a namespace that cannot be declared')
  return prefix
}

/** RFC 3986 4.3, with a fragment. Canonical XML 1.0 is not defined for relative ones. */
const uri =
  /^[A-Za-z][A-Za-z\d+.-]*:(?:[\w\-.~!$&'()*+,;=:@/?]|%[\dA-Fa-f]{2})*(?:#(?:[\w\-.~!$&'()*+,;=:@/?]|%[\dA-Fa-f]{2})*)?$/

export function isAbsolute([, namespace]: Declaration): boolean {
  return namespace === '' || uri.test(namespace)
}

/** The namespaces in force while a document is walked through, at the same cost at any depth. */
export class Namespaces {
  readonly #byPrefix = new Map<string, string>()

  constructor(scope?: NamespaceScope) {
    for (const { declared } of scopesOf(scope).reverse()) this.enter(declared)
  }

  get(prefix: string): string | undefined {
    return this.#byPrefix.get(prefix)
  }

  get declarations(): Declaration[] {
    return [...this.#byPrefix]
  }

  /** Returns what `leave` needs at the end of the element. */
  enter(
    declared: readonly Declaration[],
  ): readonly (readonly [prefix: string, before: string | undefined])[] {
    if (declared.length === 0) return none
    const before = declared.map(([prefix]) => [prefix, this.#byPrefix.get(prefix)] as const)
    for (const [prefix, namespace] of declared) this.#byPrefix.set(prefix, namespace)
    return before
  }

  leave(before: readonly (readonly [prefix: string, before: string | undefined])[]): void {
    for (const [prefix, namespace] of before) {
      if (namespace === undefined) this.#byPrefix.delete(prefix)
      else this.#byPrefix.set(prefix, namespace)
    }
  }
}

/** From the inside out. */
function scopesOf(scope: NamespaceScope | undefined): NamespaceScope[] {
  const scopes: NamespaceScope[] = []
  for (let at = scope; at; at = at.outer) scopes.push(at)
  return scopes
}

/** The prefix of an attribute's name if it has a namespace: unlike an element, one without prefix is in none. */
export function attributePrefix(name: string): string | undefined {
  return name.includes(':') && !name.startsWith('xmlns:') ? prefixOf(name) : undefined
}

export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

export function prefixOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf(':')))
}
