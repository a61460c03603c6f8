import type { SamlLimits } from '../limits'
import {
  checkAttributeNames,
  declarationsIn,
  elementNamespace,
  innerScope,
  localName,
  type NamespaceScope,
  outermostScope,
} from './namespaces'
import { refusal } from '../refusal'

/** An element of a message. What arrived is not verified, so it may only serve to refuse. */
export interface XmlElement {
  /** Without the prefix: whoever hides behind a prefix is found as well. */
  readonly name: string
  /** As written, with the prefix. */
  readonly tag: string
  /** Empty where the name is in none. */
  readonly namespace: string
  readonly scope: NamespaceScope
  readonly parent: XmlElement | undefined
  /** By name as written, with the prefix; references as written: see `attributeOf`. */
  readonly rawAttributes: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  /** Its children and the texts between them, comments left out; references as written: see `textOf`. */
  readonly content: (XmlElement | string)[]
}

/** Bounds that no app has a reason to change; the others are its `samlLimits`. */
export const fixedLimits = {
  attributesPerElement: 32,
  /** Namespace prefixes, however often each is declared. */
  prefixes: 20,
  /** Declarations on the way to an element: to make a text canonical is to go through them at each element. */
  declarations: 40,
  /** Comments and CDATA sections, which anybody can add to a signed text without breaking its signature. */
  sections: 200,
  /** Different names of elements: xmldom, which reads metadata and ciphers, looks for each one's end through it all. */
  names: 100,
  /** Characters that a canonical text escapes, or a message does. */
  escapes: 20_000,
}

export type ScanLimits = Pick<SamlLimits, 'elements' | 'attributes' | 'depth'> & typeof fixedLimits

const NAME = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?'
const SPACE = '[ \\t\\n]'
const declaration = new RegExp(`<\\?xml${SPACE}[^?]*\\?>`, 'y')
const openTag = new RegExp(`<(${NAME})`, 'y')
const attribute = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const openTagEnd = new RegExp(`${SPACE}*(/?)>`, 'y')
const closeTag = new RegExp(`</(${NAME})${SPACE}*>`, 'y')
const badReference = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/
const characterReference = /&#(?:x([\da-fA-F]+)|(\d+));/g
const escapedInText = /[&<>]/g
const escapedInValue = /[&"]/g
// eslint-disable-next-line no-control-regex
const badCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u

/** One pass over one message. */
export class Scan {
  readonly #source: string
  readonly #xml: string
  readonly #limits: ScanLimits
  readonly #elements: XmlElement[] = []
  readonly #names = new Set<string>()
  readonly #prefixes = new Set<string>()
  readonly #open: XmlElement[] = []
  #at = 0
  #sections = 0
  #attributes = 0
  #escapes = 0

  constructor(source: string, xml: string, limits: ScanLimits) {
    this.#source = source
    this.#xml = xml
    this.#limits = limits
  }

  /** The elements in document order, and the first of them. Throws a refusal. */
  run(): { root: XmlElement; elements: readonly XmlElement[] } {
    if (badCharacter.test(this.#xml)) throw this.#malformed('holds control characters')
    this.#take(declaration)
    while (this.#at < this.#xml.length) this.#next()
    if (this.#open.length > 0) throw this.#malformed('ends within an element')
    const [root] = this.#elements
    if (!root) throw this.#malformed('has no element')
    return { root, elements: this.#elements }
  }

  #malformed(problem: string): Error {
    return refusal(this.#source, 'structure', `The SAML message ${problem}`, 400)
  }

  #next(): void {
    const { at, xml } = { at: this.#at, xml: this.#xml }
    if (xml[at] !== '<') this.#text(xml.indexOf('<', at))
    else if (xml.startsWith('</', at)) this.#closeElement()
    else if (xml.startsWith('<!--', at)) this.#comment()
    else if (xml.startsWith('<![CDATA[', at)) this.#cdata()
    else if (xml.startsWith('<!', at))
      throw refusal(this.#source, 'doctype', 'The SAML message has a DOCTYPE', 400)
    else if (xml.startsWith('<?', at)) throw this.#malformed('has a processing instruction')
    else this.#openElement()
  }

  #text(end: number): void {
    const text = this.#xml.slice(this.#at, end === -1 ? undefined : end)
    this.#at += text.length
    if (this.#hasEscapes(text, escapedInText)) {
      this.#checkReferences(text)
      if (text.includes(']]>')) throw this.#malformed('is not well-formed XML')
    }
    this.#addText(text)
  }

  #comment(): void {
    const text = this.#section('-->', this.#at + 4)
    if (text.includes('--') || text.endsWith('-')) throw this.#malformed('is not well-formed XML')
  }

  #cdata(): void {
    if (this.#open.length === 0) throw this.#malformed('has text outside its element')
    const text = this.#section(']]>', this.#at + 9)
    this.#addText(this.#hasEscapes(text, escapedInText) ? text.replaceAll('&', '&amp;') : text)
  }

  #section(terminator: string, start: number): string {
    const end = this.#xml.indexOf(terminator, start)
    if (end === -1) throw this.#malformed('is not well-formed XML')
    if (++this.#sections > this.#limits.sections)
      throw this.#malformed('has too many comments and CDATA sections')
    this.#at = end + terminator.length
    return this.#xml.slice(start, end)
  }

  #addText(text: string): void {
    const content = this.#open.at(-1)?.content
    if (!content && /[^ \t\n]/.test(text)) throw this.#malformed('has text outside its element')
    const last = content?.at(-1)
    if (typeof last === 'string') content?.splice(-1, 1, last + text)
    else if (text !== '') content?.push(text)
  }

  #openElement(): void {
    const tag = this.#take(openTag)?.[1]
    if (tag === undefined) throw this.#malformed('is not well-formed XML')
    const outer = this.#open.at(-1)
    if (!outer && this.#elements.length > 0) throw this.#malformed('has more than one root element')
    const attributes = this.#takeAttributes()
    const end = this.#take(openTagEnd)
    if (!end) throw this.#malformed('is not well-formed XML')
    const element = this.#newElement(tag, outer, attributes)
    this.#elements.push(element)
    outer?.children.push(element)
    outer?.content.push(element)
    if (end[1] === '') this.#open.push(element)
    this.#checkLimits(element)
  }

  #newElement(
    tag: string,
    parent: XmlElement | undefined,
    rawAttributes: ReadonlyMap<string, string>,
  ): XmlElement {
    try {
      const scope = innerScope(parent?.scope ?? outermostScope, rawAttributes)
      checkAttributeNames(scope, rawAttributes)
      const [name, namespace] = [localName(tag), elementNamespace(scope, tag)]
      return { name, tag, namespace, scope, parent, rawAttributes, children: [], content: [] }
    } catch (error) {
      throw refusal(this.#source, 'structure', `The SAML message ${(error as Error).message}`)
    }
  }

  #checkLimits({ tag, scope }: XmlElement): void {
    const { elements, depth, names, prefixes, declarations } = this.#limits
    if (this.#elements.length > elements) throw this.#malformed(`has more than ${elements} elements`)
    if (this.#open.length > depth) throw this.#malformed(`is nested deeper than ${depth} elements`)
    if (this.#names.add(tag).size > names) throw this.#malformed('has too many different names of elements')
    if (this.#prefixes.size > prefixes || declarationsIn(scope) > declarations)
      throw this.#malformed('has too many namespace prefixes')
  }

  #closeElement(): void {
    const tag = this.#take(closeTag)?.[1]
    if (tag === undefined || this.#open.pop()?.tag !== tag) throw this.#malformed('is not well-formed XML')
  }

  #takeAttributes(): Map<string, string> {
    const attributes = new Map<string, string>()
    for (let match = this.#take(attribute); match; match = this.#take(attribute)) {
      const [, name = '', quoted, apostrophed] = match
      if (attributes.has(name)) throw this.#malformed('repeats an attribute')
      const raw = quoted ?? apostrophed ?? ''
      // XML 3.3.3: white space is a space, unless a reference stands for it.
      const value = /[\t\n]/.test(raw) ? raw.replace(/[\t\n]/g, ' ') : raw
      if (this.#hasEscapes(value, escapedInValue)) this.#checkReferences(value)
      attributes.set(name, value)
      if (name.startsWith('xmlns')) this.#prefixes.add(name)
      const isTooMany =
        ++this.#attributes > this.#limits.attributes || attributes.size > this.#limits.attributesPerElement
      if (isTooMany) throw this.#malformed('has too many attributes')
    }
    return attributes
  }

  #checkReferences(text: string): void {
    if (badReference.test(text)) throw this.#malformed('refers to an entity that XML does not define')
    for (const [, hex, decimal] of text.matchAll(characterReference)) {
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16)
      if (code === 0 || code > 0x10ffff || badCharacter.test(String.fromCodePoint(code)))
        throw this.#malformed('refers to a character that XML does not have')
    }
  }

  /** Counts them, too. */
  #hasEscapes(text: string, escaped: RegExp): boolean {
    const before = this.#escapes
    escaped.lastIndex = 0
    while (escaped.test(text)) {
      if (++this.#escapes > this.#limits.escapes) throw this.#malformed('has too many escaped characters')
    }
    return this.#escapes > before
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#xml)
    if (match) this.#at += match[0].length
    return match
  }
}
