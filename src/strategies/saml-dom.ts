import { DOMParser } from '@xmldom/xmldom'

export const ASSERTION = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const PROTOCOL = 'urn:oasis:names:tc:SAML:2.0:protocol'

/** Parses a text that is verified, and bounded: the XML parser's cost grows faster than the text. */
export function parseVerified(xml: string): Element {
  const fail = (problem: string): never => {
    throw new Error(problem)
  }
  const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } })
  return parser.parseFromString(xml, 'text/xml').documentElement
}

/** All text at any depth, comments left out: a comment must not split a value in two. */
export function text(element: Element): string {
  return element.textContent ?? ''
}

export function attributeOf(element: Element, name: string): string | null {
  return element.hasAttribute(name) ? element.getAttribute(name) : null
}

export function children(element: Element, namespace: string, name: string): Element[] {
  return elementsOf(element).filter((child) => child.namespaceURI === namespace && child.localName === name)
}

export function elementsOf(element: Element): Element[] {
  const elements: Element[] = []
  for (let child = element.firstChild; child; child = child.nextSibling) {
    if (child.nodeType === 1) elements.push(child as Element)
  }
  return elements
}

/** A NameID (Core 2.2.3); null stands for an attribute that is not there. */
export interface NameId {
  value: string
  format: string | null
  nameQualifier: string | null
  spNameQualifier: string | null
}

/** Undefined where it is empty. */
export function readNameId(element: Element): NameId | undefined {
  const value = text(element)
  if (!/\S/.test(value)) return undefined
  return {
    value,
    format: attributeOf(element, 'Format'),
    nameQualifier: attributeOf(element, 'NameQualifier'),
    spNameQualifier: attributeOf(element, 'SPNameQualifier'),
  }
}
