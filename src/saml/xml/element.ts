import { decodeReferences } from './characters'
import { XmlError } from './error'
import type { NamespaceScope } from './namespaces'
import { trimSpace } from './white-space'

/** An element of a document. Nothing in it is verified (see `VerifiedElement`), so it may only serve to refuse. */
export interface XmlElement {
  /** The local name: a check that looks for it finds every prefix. */
  readonly name: string
  /** The name as written, with its prefix. */
  readonly tag: string
  /** Empty if the element is in no namespace. */
  readonly namespace: string
  readonly scope: NamespaceScope
  readonly parent: XmlElement | undefined
  /** By name as written, with the prefix; the values hold references as written (see `attributeOf`). */
  readonly rawAttributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Children and the texts between them, without comments; the texts hold references as written (see `textOf`). */
  readonly content: readonly (XmlElement | string)[]
}

export interface XmlDocument<E extends XmlElement = XmlElement> {
  readonly root: E
  readonly elements: readonly E[]
}

/** The text of an element, without that of its children. */
export function textOf({ content }: XmlElement): string {
  return decodeReferences(content.filter((part) => typeof part === 'string').join(''))
}

export function textWithin({ content }: XmlElement): string {
  return content
    .map((part) => (typeof part === 'string' ? decodeReferences(part) : textWithin(part)))
    .join('')
}

/** The text of an element that holds text alone, without white space at its ends; empty if it holds an element. */
export function tokenOf(element: XmlElement): string {
  return element.children.length > 0 ? '' : trimSpace(textOf(element))
}

export function attributeOf({ rawAttributes }: XmlElement, name: string): string | undefined {
  const raw = rawAttributes.get(name)
  return raw === undefined ? undefined : decodeReferences(raw)
}

/** The Algorithm of a method of XML Signature or XML Encryption; empty if it names none. */
export function algorithmOf(method: XmlElement): string {
  return attributeOf(method, 'Algorithm') ?? ''
}

export interface Parent<E extends XmlElement> {
  readonly children: readonly E[]
}

export function childrenOf<E extends XmlElement>(parent: Parent<E>, namespace: string, name: string): E[] {
  return parent.children.filter((child) => child.name === name && child.namespace === namespace)
}

/** The only child element with this name. Throws XmlError if there are none or several. */
export function childOf<E extends XmlElement>(parent: Parent<E>, namespace: string, name: string): E {
  const [child, ...more] = childrenOf(parent, namespace, name)
  if (!child || more.length > 0) throw new XmlError('structure', `does not have ${name} once`)
  return child
}

/** In document order. */
export function descendants(element: XmlElement): XmlElement[] {
  const elements: XmlElement[] = []
  const visit = ({ children }: XmlElement): void => {
    for (const child of children) {
      elements.push(child)
      visit(child)
    }
  }
  visit(element)
  return elements
}
