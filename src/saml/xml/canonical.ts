import { decodeReferences } from './characters'
import { attributeOf, type XmlElement } from './element'
import { XmlError } from './error'
import { attributePrefix, type Declaration, localName, Namespaces, prefixOf } from './namespaces'

export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

export const canonicalizations: ReadonlySet<string> = new Set([
  EXCLUSIVE,
  `${EXCLUSIVE}WithComments`,
  INCLUSIVE,
  `${INCLUSIVE}#WithComments`,
])

/** Characters of one namespace that a canonical text may repeat at will. */
const FREE_LENGTH = 256
/** Characters beyond those, of all namespaces together: each may be repeated at every element. */
const MAX_REPEATED = 1024 * 1024

interface Canonicalization {
  algorithm: string
  /** Prefixes to treat as inclusive (Exclusive XML Canonicalization 4); `#default` is the default namespace. */
  prefixes?: readonly string[]
  without?: XmlElement
}

/**
 * The canonical text of an element (Canonical XML 1.0, Exclusive XML Canonicalization 1.0), always without comments:
 * a reference to an ID leaves them out (XML Signature 4.4.3.3). Throws XmlError for another algorithm, and for a text
 * that repeats long namespaces too often.
 *
 * A mistake here can only refuse: this text is what a signature covers, and the only text that is read afterwards.
 */
export function canonicalText(element: XmlElement, canonicalization: Canonicalization): string {
  if (!canonicalizations.has(canonicalization.algorithm))
    throw new XmlError('algorithm', 'asks for a canonicalization that is not supported')
  return new Writer(element, canonicalization).write()
}

/**
 * The canonical text, and where a namespace holds an ampersand the text that libxml2 makes of it: it does not escape
 * those. Not where an ampersand begins what looks like a reference, so that no two documents share a text.
 */
export function canonicalForms(element: XmlElement, canonicalization: Canonicalization): string[] {
  const text = canonicalText(element, canonicalization)
  if (!text.includes('&amp;')) return [text]
  const plain = new Writer(element, canonicalization, (namespace) => namespace)
  const form = plain.write()
  return plain.isAmbiguous || form === text ? [text] : [text, form]
}

class Writer {
  readonly #isInclusive: boolean
  readonly #listed: ReadonlySet<string>
  readonly #without: XmlElement | undefined
  readonly #apex: XmlElement
  /** The namespaces in force at an element, and those that the text around it declares. */
  readonly #inForce: Namespaces
  readonly #written = new Namespaces()
  #repeated = 0
  /** Whether a namespace holds what looks like a reference. */
  isAmbiguous = false

  constructor(
    apex: XmlElement,
    { algorithm, prefixes = [], without }: Canonicalization,
    private readonly escapeNamespace = escapeValue,
  ) {
    this.#isInclusive = algorithm.startsWith(INCLUSIVE)
    this.#listed = new Set(prefixes.map((prefix) => (prefix === '#default' ? '' : prefix)))
    this.#without = without
    this.#apex = apex
    this.#inForce = new Namespaces(apex.scope)
  }

  write(): string {
    return this.#element(this.#apex, this.#inForce.declarations)
  }

  /** `declared`: the declarations of the element itself; at the apex, all that are in force. */
  #element(element: XmlElement, declared: readonly Declaration[]): string {
    const inForceBefore = this.#inForce.enter(declared)
    const needed = this.#needed(element, declared)
    const writtenBefore = this.#written.enter(needed)
    let text = `<${element.tag}`
    for (const [prefix, namespace] of needed)
      text += ` xmlns${prefix && `:${prefix}`}="${this.escapeNamespace(namespace)}"`
    for (const { name, value } of this.#attributes(element)) text += ` ${name}="${escapeValue(value)}"`
    text += '>'
    for (const part of element.content) {
      if (typeof part === 'string') text += escapeText(decodeReferences(part))
      else if (part !== this.#without) text += this.#element(part, ownDeclarations(part))
    }
    this.#written.leave(writtenBefore)
    this.#inForce.leave(inForceBefore)
    return `${text}</${element.tag}>`
  }

  /** The namespaces that an element must declare because the text around it does not, sorted by prefix. */
  #needed(element: XmlElement, declared: readonly Declaration[]): Declaration[] {
    const prefixes = new Set(this.#isInclusive ? [] : usedPrefixes(element))
    for (const [prefix] of declared) {
      if (this.#isInclusive || this.#listed.has(prefix)) prefixes.add(prefix)
    }
    const needed: Declaration[] = []
    for (const prefix of prefixes) {
      const namespace = this.#inForce.get(prefix) ?? ''
      if (prefix === 'xml' || (this.#written.get(prefix) ?? '') === namespace) continue
      needed.push([prefix, namespace])
      this.isAmbiguous ||= /&[#\w]+;/.test(namespace)
      this.#repeated += Math.max(0, namespace.length - FREE_LENGTH)
    }
    if (this.#repeated > MAX_REPEATED) throw new XmlError('namespaces', 'repeats long namespaces too often')
    return needed.sort(([a], [b]) => compare(a, b))
  }

  /** Sorted by namespace, then by name. */
  #attributes(element: XmlElement): Attribute[] {
    const names = [...element.rawAttributes.keys()].filter((name) => !name.startsWith('xmlns'))
    const attributes = names.map((name) => ({ name, value: attributeOf(element, name) ?? '' }))
    if (this.#isInclusive && element === this.#apex) attributes.push(...inheritedXmlAttributes(element))
    if (attributes.length < 2) return attributes
    const byNamespace = new Map<string, Attribute[]>()
    for (const attribute of attributes) {
      const prefix = attributePrefix(attribute.name)
      const namespace = prefix === undefined ? '' : (this.#inForce.get(prefix) ?? '')
      const others = byNamespace.get(namespace) ?? []
      byNamespace.set(namespace, others)
      others.push(attribute)
    }
    return [...byNamespace.keys()]
      .sort(compare)
      .flatMap((namespace) =>
        byNamespace.get(namespace)!.sort((a, b) => compare(localName(a.name), localName(b.name))),
      )
  }
}

interface Attribute {
  name: string
  value: string
}

function ownDeclarations({ scope, parent }: XmlElement): readonly Declaration[] {
  return scope === parent?.scope ? [] : scope.declared
}

/** Exclusive XML Canonicalization 2: the prefixes of an element's names. */
function usedPrefixes({ tag, rawAttributes }: XmlElement): string[] {
  const used = [prefixOf(tag)]
  for (const name of rawAttributes.keys()) {
    const prefix = attributePrefix(name)
    if (prefix !== undefined) used.push(prefix)
  }
  return used
}

/** Canonical XML 1.0, 2.4: each `xml:` attribute that the element lacks, from its nearest ancestor that has it. */
function inheritedXmlAttributes(element: XmlElement): Attribute[] {
  const inherited = new Map<string, Attribute>()
  for (let at = element.parent; at; at = at.parent) {
    for (const name of at.rawAttributes.keys()) {
      if (!name.startsWith('xml:') || element.rawAttributes.has(name) || inherited.has(name)) continue
      inherited.set(name, { name, value: attributeOf(at, name) ?? '' })
    }
  }
  return [...inherited.values()]
}

/** By code points. */
function compare(a: string, b: string): number {
  if (/[\ud800-\udfff]/.test(a + b)) return Buffer.compare(Buffer.from(a), Buffer.from(b))
  return a < b ? -1 : a > b ? 1 : 0
}

function escapeText(text: string): string {
  return escapeMarkup(text).replaceAll('>', '&gt;').replaceAll('\r', '&#xD;')
}

function escapeValue(value: string): string {
  return escapeMarkup(value)
    .replaceAll('"', '&quot;')
    .replaceAll('\t', '&#x9;')
    .replaceAll('\n', '&#xA;')
    .replaceAll('\r', '&#xD;')
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
