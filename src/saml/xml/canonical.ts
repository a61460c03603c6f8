import { attributeOf, decodeReferences, type XmlElement } from './element'
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

/** Core 5.4.3, and the inclusive canonicalisation that some identity providers still use. */
export const canonicalizations: ReadonlySet<string> = new Set([
  EXCLUSIVE,
  `${EXCLUSIVE}WithComments`,
  INCLUSIVE,
  `${INCLUSIVE}#WithComments`,
])

export interface Canonicalization {
  algorithm: string
  /** Exclusive XML Canonicalization 4: the prefixes that are treated as inclusive; `#default` is the default. */
  prefixes?: readonly string[]
  /** A child that is left out. */
  without?: XmlElement
}

/** What is the same throughout one text. */
interface Rules {
  isInclusive: boolean
  prefixes: readonly string[]
  without: XmlElement | undefined
}

/**
 * The canonical text of an element of a message (Canonical XML 1.0, Exclusive XML Canonicalization 1.0). Comments are
 * never in it: they are no part of what a reference to an ID means (XML Signature 4.4.3.3).
 *
 * A mistake here could only refuse: what is signed is this very text, and it alone is read. xml-crypto's own way, over
 * a DOM, costs several times as much, most of it before anything is known of a signature.
 */
export function canonicalText(element: XmlElement, how: Canonicalization): string {
  if (!canonicalizations.has(how.algorithm)) throw new Error('Canonicalization not supported')
  const rules: Rules = {
    isInclusive: how.algorithm.startsWith(INCLUSIVE),
    prefixes: (how.prefixes ?? []).map((prefix) => (prefix === '#default' ? '' : prefix)),
    without: how.without,
  }
  const inherited = rules.isInclusive ? inheritedXmlAttributes(element) : []
  return written(element, rules, undefined, inherited)
}

/** `outer` is what the text around it has declared. */
function written(
  element: XmlElement,
  rules: Rules,
  outer: NamespaceScope | undefined,
  inherited: readonly Attribute[] = [],
): string {
  const declared = declarations(element, rules, outer)
  const inner = declared.length > 0 ? { declared, outer } : outer
  let text = `<${element.tag}`
  for (const [prefix, namespace] of declared) text += ` xmlns${prefix && `:${prefix}`}="${namespace}"`
  for (const { name, value } of attributes(element, inherited)) text += ` ${name}="${escapeValue(value)}"`
  text += '>'
  for (const part of element.content) {
    if (typeof part === 'string') text += escapeText(decodeReferences(part))
    else if (part !== rules.without) text += written(part, rules, inner)
  }
  return `${text}</${element.tag}>`
}

/** The namespaces that an element has to declare, since they are not in force around it, in the order of prefixes. */
function declarations(
  element: XmlElement,
  rules: Rules,
  outer: NamespaceScope | undefined,
): [prefix: string, namespace: string][] {
  const declared: [string, string][] = []
  const prefixes = rules.isInclusive ? prefixesIn(element.scope) : usedPrefixes(element, rules.prefixes)
  for (const prefix of prefixes) {
    const namespace = namespaceFor(element.scope, prefix) ?? ''
    const isInForce = (namespaceFor(outer, prefix) ?? '') === namespace
    if (prefix !== 'xml' && !isInForce) declared.push([prefix, namespace])
  }
  return declared.length < 2 ? declared : declared.sort(([one], [other]) => compare(one, other))
}

/** Exclusive XML Canonicalization 2: those of its names, and of the list those that stand for something. */
function usedPrefixes({ tag, scope, rawAttributes }: XmlElement, listed: readonly string[]): string[] {
  const used = [prefixOf(tag)]
  const add = (prefix: string) => used.includes(prefix) || used.push(prefix)
  for (const name of rawAttributes.keys()) {
    if (name.includes(':') && !name.startsWith('xmlns:')) add(prefixOf(name))
  }
  for (const prefix of listed) if (namespaceFor(scope, prefix) !== undefined) add(prefix)
  return used
}

interface Attribute {
  name: string
  namespace: string
  value: string
}

/** By namespace, then by name: those without a namespace first. */
function attributes(element: XmlElement, inherited: readonly Attribute[]): Attribute[] {
  const own = [...element.rawAttributes.keys()]
    .filter((name) => !name.startsWith('xmlns'))
    .map((name) => attribute(element, name))
  if (own.length + inherited.length < 2) return [...own, ...inherited]
  return [...own, ...inherited].sort(
    (one, other) =>
      compare(one.namespace, other.namespace) || compare(localName(one.name), localName(other.name)),
  )
}

function attribute(element: XmlElement, name: string): Attribute {
  const namespace = attributeNamespace(element.scope, name)
  return { name, namespace, value: attributeOf(element, name) ?? '' }
}

/** Canonical XML 1.0, 2.4: of each `xml:` attribute the nearest ancestor's, where the element has none itself. */
function inheritedXmlAttributes(element: XmlElement): Attribute[] {
  const found = new Map<string, Attribute>()
  for (let at = element.parent; at; at = at.parent) {
    for (const name of at.rawAttributes.keys()) {
      if (!name.startsWith('xml:') || element.rawAttributes.has(name) || found.has(name)) continue
      found.set(name, attribute(at, name))
    }
  }
  return [...found.values()]
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
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
