import { DOMParser } from '@xmldom/xmldom'
import { attributeOf, type Outline, type OutlineElement, textOf } from './saml-message'
import { refusal } from './saml-refusal'

const fail = (): never => {
  // The parser's own words quote the message.
  throw new Error('Not well-formed XML')
}

const strict = {
  errorHandler: { warning: fail, error: fail, fatalError: fail },
  // The outline's lines end as XML 1.0 says; by default those of XML 1.1 would be taken for line ends as well.
  normalizeLineEndings: (xml: string): string => xml,
}

/** Parses XML that the scan has seen, or that a signature was found to hold for. Throws an Error. */
export function parseXml(xml: string): Element {
  return new DOMParser(strict).parseFromString(xml, 'text/xml').documentElement
}

/**
 * Parses a message whose outline was checked. Refused is one that the parser reads in another way than the scan did:
 * whatever the checks of an outline have seen holds for what this returns.
 */
export function parseOutlined(source: string, outline: Outline): Element {
  const root = parsed(outline.xml)
  if (root && isSame(root, outline.root)) return root
  throw refusal(source, 'structure', 'The SAML message can be read in two ways')
}

function parsed(xml: string): Element | undefined {
  try {
    return parseXml(xml)
  } catch {
    return undefined
  }
}

function isSame(element: Element, outline: OutlineElement): boolean {
  const inside = elementsOf(element)
  return (
    element.localName === outline.name &&
    (element.namespaceURI ?? '') === outline.namespace &&
    element.attributes.length === outline.rawAttributes.size &&
    Array.from(element.attributes).every(({ name, value }) => value === attributeOf(outline, name)) &&
    ownText(element) === textOf(outline) &&
    inside.length === outline.children.length &&
    inside.every((child, index) => isSame(child, outline.children[index]!))
  )
}

function ownText(element: Element): string {
  let text = ''
  for (let child = element.firstChild; child; child = child.nextSibling) {
    if (child.nodeType === 3 || child.nodeType === 4) text += child.nodeValue
  }
  return text
}

/** The child elements of that name, in document order. */
export function childrenOf(element: Element, namespace: string, name: string): Element[] {
  return elementsOf(element).filter((child) => child.namespaceURI === namespace && child.localName === name)
}

/** The one child element of that name. Throws an Error where there are none or several. */
export function childOf(element: Element, namespace: string, name: string): Element {
  const [child, ...more] = childrenOf(element, namespace, name)
  if (!child || more.length > 0) throw new Error(`Not one ${name}`)
  return child
}

export function elementsOf(element: Element): Element[] {
  const elements: Element[] = []
  for (let child = element.firstChild; child; child = child.nextSibling) {
    if (child.nodeType === 1) elements.push(child as Element)
  }
  return elements
}

/** All text at any depth, comments left out: a comment must not split a value in two. */
export function textWithin(element: Element): string {
  return element.textContent ?? ''
}

/** The value of an attribute without a namespace; null where there is none. */
export function attributeNamed(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null
}
