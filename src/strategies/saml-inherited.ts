import type { NamespacePrefix } from 'xml-crypto'
import { XML_NS } from './saml-namespaces'

/** The namespaces that an element has from its ancestors and does not declare anew. */
export function inheritedNamespaces(element: Element): NamespacePrefix[] {
  const nearest = new Map<string, string>()
  for (const at of withAncestors(element)) {
    for (const { name, value } of Array.from(at.attributes)) {
      const prefix = /^xmlns(:|$)/.test(name) ? name.slice(6) : null
      if (prefix !== null && !nearest.has(prefix)) nearest.set(prefix, at === element ? '' : value)
    }
  }
  return [...nearest].flatMap(([prefix, namespaceURI]) => (namespaceURI ? [{ prefix, namespaceURI }] : []))
}

/**
 * Gives an element the `xml:` attributes of its ancestors, of each the nearest, as it has them in an inclusive
 * canonical text of its own (Canonical XML 1.0, 2.4); xml-crypto leaves them out.
 */
export function inheritXmlAttributes(element: Element): void {
  for (const at of withAncestors(element)) {
    for (const { name, value, namespaceURI } of Array.from(at.attributes)) {
      if (namespaceURI === XML_NS && !element.hasAttribute(name)) element.setAttributeNS(XML_NS, name, value)
    }
  }
}

function withAncestors(element: Element): Element[] {
  const path: Element[] = []
  for (let at: Node | null = element; at?.nodeType === 1; at = at.parentNode) path.push(at as Element)
  return path
}
