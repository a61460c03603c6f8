import { decodeReferences } from './characters'
import { attributeOf, type XmlElement } from './element'
import { XmlError } from './error'
import {
  attributeNamespace,
  localName,
  namespaceFor,
  type NamespaceScope,
  prefixesIn,
  prefixOf,
} from './namespaces'

export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

export const canonicalizations: ReadonlySet<string> = new Set([
  EXCLUSIVE,
  `${EXCLUSIVE}WithComments`,
  INCLUSIVE,
  `${INCLUSIVE}#WithComments`,
])

interface Canonicalization {
  algorithm: string
  /** Prefixes to treat as inclusive (Exclusive XML Canonicalization 4); `#default` is the default namespace. */
  prefixes?: readonly string[]
  without?: XmlElement
}

interface Rules {
  isInclusive: boolean
  prefixes: readonly string[]
  without: XmlElement | undefined
  /** The element that the text begins with, and the `xml:` attributes that it inherits. */
  apex: XmlElement
  inherited: readonly Attribute[]
}

/**
 * The canonical text of an element (Canonical XML 1.0, Exclusive XML Canonicalization 1.0), always without comments:
 * a reference to an ID leaves them out (XML Signature 4.4.3.3). Throws XmlError for another algorithm.
 *
 * A mistake here can only refuse: this text is what a signature covers, and the only text that is read afterwards.
 */
export function canonicalText(
  element: XmlElement,
  { algorithm, prefixes = [], without }: Canonicalization,
): string {
  if (!canonicalizations.has(algorithm))
    throw new XmlError('algorithm', 'asks for a canonicalization that is not supported')
  const isInclusive = algorithm.startsWith(INCLUSIVE)
  const rules: Rules = {
    isInclusive,
    prefixes: prefixes.map((prefix) => (prefix === '#default' ? '' : prefix)),
    without,
    apex: element,
    inherited: isInclusive ? inheritedXmlAttributes(element) : [],
  }
  return serialize(element, rules, undefined)
}

/** `outer` holds the namespaces that the text around this element declares. */
function serialize(element: XmlElement, rules: Rules, outer: NamespaceScope | undefined): string {
  const declared = declarations(element, rules, outer)
  const inner = declared.length > 0 ? { declared, outer } : outer
  let text = `<${element.tag}`
  for (const [prefix, namespace] of declared) text += ` xmlns${prefix && `:${prefix}`}="${namespace}"`
  for (const { name, value } of attributes(element, rules)) text += ` ${name}="${escapeValue(value)}"`
  text += '>'
  for (const part of element.content) {
    if (typeof part === 'string') text += escapeText(decodeReferences(part))
    else if (part !== rules.without) text += serialize(part, rules, inner)
  }
  return `${text}</${element.tag}>`
}

/** The namespaces that an element must declare because they are not in force around it, sorted by prefix. */
function declarations(
  element: XmlElement,
  rules: Rules,
  outer: NamespaceScope | undefined,
): [string, string][] {
  const declared: [string, string][] = []
  const prefixes = rules.isInclusive ? prefixesIn(element.scope) : usedPrefixes(element, rules.prefixes)
  for (const prefix of prefixes) {
    const namespace = namespaceFor(element.scope, prefix) ?? ''
    const isInForce = (namespaceFor(outer, prefix) ?? '') === namespace
    if (prefix !== 'xml' && !isInForce) declared.push([prefix, namespace])
  }
  return declared.sort(([a], [b]) => compare(a, b))
}

/** Exclusive XML Canonicalization 2: the prefixes of an element's names, and those of the list that are declared. */
function usedPrefixes({ tag, scope, rawAttributes }: XmlElement, listed: readonly string[]): string[] {
  const used = [prefixOf(tag)]
  const add = (prefix: string) => used.includes(prefix) || used.push(prefix)
  for (const name of rawAttributes.keys()) {
    if (name.includes(':') && !name.startsWith('xmlns:')) add(prefixOf(name))
  }
  for (const prefix of listed) if (namespaceFor(scope, prefix) !== undefined) add(prefix)
  return used
}

type Attribute = ReturnType<typeof attribute>

/** Sorted by namespace, then by name. */
function attributes(element: XmlElement, { apex, inherited }: Rules): Attribute[] {
  const all = [...element.rawAttributes.keys()]
    .filter((name) => !name.startsWith('xmlns'))
    .map((name) => attribute(element, name))
  if (element === apex) all.push(...inherited)
  return all.sort(
    (a, b) => compare(a.namespace, b.namespace) || compare(localName(a.name), localName(b.name)),
  )
}

function attribute(element: XmlElement, name: string) {
  const namespace = attributeNamespace(element.scope, name)
  return { name, namespace, value: attributeOf(element, name) ?? '' }
}

/** Canonical XML 1.0, 2.4: each `xml:` attribute that the element lacks, from its nearest ancestor that has it. */
function inheritedXmlAttributes(element: XmlElement): Attribute[] {
  const inherited = new Map<string, Attribute>()
  for (let at = element.parent; at; at = at.parent) {
    for (const name of at.rawAttributes.keys()) {
      if (!name.startsWith('xml:') || element.rawAttributes.has(name) || inherited.has(name)) continue
      inherited.set(name, attribute(at, name))
    }
  }
  return [...inherited.values()]
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const escapes: Record<string, string> = {
  ...{ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  ...{ '\t': '&#x9;', '\n': '&#xA;', '\r': '&#xD;' },
}

function escapeText(text: string): string {
  return text.replace(/[&<>\r]/g, (character) => escapes[character]!)
}

function escapeValue(value: string): string {
  return value.replace(/[&<"\t\n\r]/g, (character) => escapes[character]!)
}
