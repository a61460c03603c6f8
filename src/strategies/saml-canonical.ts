import { DOMImplementation } from '@xmldom/xmldom'
import { type NamespacePrefix, SignedXml } from 'xml-crypto'
import { attributeOf, decodeReferences, type OutlineElement } from './saml-message'
import { attributeNamespace, XML_NS } from './saml-namespaces'

export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

/** By algorithm the one that it is without comments; an outline has none. */
const withoutComments = new Map([
  [EXCLUSIVE, EXCLUSIVE],
  [`${EXCLUSIVE}WithComments`, EXCLUSIVE],
  [INCLUSIVE, INCLUSIVE],
  [`${INCLUSIVE}#WithComments`, INCLUSIVE],
])

/** Core 5.4.3, and the inclusive canonicalisation that some identity providers still use. */
export const canonicalizations: ReadonlySet<string> = new Set(withoutComments.keys())

export interface Canonicalization {
  algorithm: string
  /** Exclusive XML Canonicalization 4: the prefixes that are treated as inclusive. */
  prefixes?: string[]
  /** A child that is left out. */
  without?: OutlineElement
}

/**
 * The canonical text of an element of a message (Canonical XML 1.0, Exclusive XML Canonicalization 1.0), made by
 * xml-crypto. Comments are never in it: they are no part of what a reference to an ID means (XML Signature
 * 4.4.3.3), and a SignedInfo that was signed with one is none that this library believes.
 */
export function canonicalText(element: OutlineElement, how: Canonicalization): string {
  const algorithm = withoutComments.get(how.algorithm)
  const Algorithm = algorithm && new SignedXml().CanonicalizationAlgorithms[algorithm]
  if (!Algorithm) throw new Error('Canonicalization not supported')
  const node = domOf(new DOMImplementation().createDocument(null, '', null), element, how.without)
  if (algorithm === INCLUSIVE) addInheritedXmlAttributes(node, element)
  return new Algorithm().process(node, {
    inclusiveNamespacesPrefixList: how.prefixes,
    ancestorNamespaces: inheritedNamespaces(element),
  }) as string
}

/** What xml-crypto works on. It is made from the outline: a parser might read the message in another way. */
function domOf(document: Document, element: OutlineElement, without?: OutlineElement): Element {
  const node = document.createElementNS(element.namespace, element.tag)
  for (const name of element.rawAttributes.keys()) {
    const attribute = document.createAttributeNS(attributeNamespace(element.scope, name), name)
    attribute.value = attribute.nodeValue = attributeOf(element, name) ?? ''
    node.setAttributeNode(attribute)
  }
  for (const part of element.content) {
    if (typeof part === 'string') node.appendChild(document.createTextNode(decodeReferences(part)))
    else if (part !== without) node.appendChild(domOf(document, part))
  }
  return node
}

/** The namespaces that an element has from its ancestors and does not declare anew. */
function inheritedNamespaces({ parent, rawAttributes }: OutlineElement): NamespacePrefix[] {
  return [...(parent?.scope.bindings ?? [])]
    .filter(([prefix, namespaceURI]) => prefix !== 'xml' && namespaceURI !== '')
    .filter(([prefix]) => !rawAttributes.has(prefix === '' ? 'xmlns' : `xmlns:${prefix}`))
    .map(([prefix, namespaceURI]) => ({ prefix, namespaceURI }))
}

/** Canonical XML 1.0, 2.4: of each `xml:` attribute the nearest ancestor's. xml-crypto leaves them out. */
function addInheritedXmlAttributes(node: Element, { parent }: OutlineElement): void {
  for (let at = parent; at; at = at.parent) {
    for (const name of at.rawAttributes.keys()) {
      if (name.startsWith('xml:') && !node.hasAttribute(name))
        node.setAttributeNS(XML_NS, name, attributeOf(at, name) ?? '')
    }
  }
}
