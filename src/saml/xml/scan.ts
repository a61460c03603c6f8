import { checkCharacters, checkReferences } from './characters'
import type { XmlDocument, XmlElement } from './element'
import { XmlError } from './error'
import {
  checkAttributeNames,
  declarationsIn,
  elementNamespace,
  innerScope,
  localName,
  outermostScope,
} from './namespaces'
import type { ScanLimits } from './scan-limits'

/**
 * Reads a document in one pass, at a cost that grows with its length alone. It is the only XML parser here: checks,
 * signatures and values all use the tree that it makes, so no two readings can disagree. Throws XmlError for a
 * DOCTYPE, a processing instruction, a text that is not well-formed XML 1.0 with namespaces, and one over a limit.
 */
export function scanXml(xml: string, limits: ScanLimits): XmlDocument {
  // XML 2.11.
  return new Scan(xml.replace(/\r\n?/g, '\n'), limits).run()
}

const NAME = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?'
const SPACE = '[ \\t\\n]'
const declaration = new RegExp(`<\\?xml${SPACE}[^?]*\\?>`, 'y')
const openTag = new RegExp(`<(${NAME})`, 'y')
const attribute = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const openTagEnd = new RegExp(`${SPACE}*(/?)>`, 'y')
const closeTag = new RegExp(`</(${NAME})${SPACE}*>`, 'y')
const instruction = new RegExp(`^${NAME}(?:${SPACE}|$)`)
const escapedInText = /[&<>]/g
const escapedInValue = /[&"]/g

const malformed = (problem = 'is not well-formed XML'): XmlError => new XmlError('structure', problem)

/** An element whose end the scan has not reached. */
interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
  readonly content: (XmlElement | string)[]
}

class Scan {
  readonly #elements: XmlElement[] = []
  readonly #names = new Set<string>()
  readonly #prefixes = new Set<string>()
  readonly #open: OpenElement[] = []
  #at = 0
  #sections = 0
  #attributes = 0
  #escapes = 0

  constructor(
    private readonly xml: string,
    private readonly limits: ScanLimits,
  ) {}

  run(): XmlDocument {
    checkCharacters(this.xml)
    this.#take(declaration)
    while (this.#at < this.xml.length) this.#next()
    if (this.#open.length > 0) throw malformed('ends within an element')
    const [root] = this.#elements
    if (!root) throw malformed('has no element')
    return { root, elements: this.#elements }
  }

  #next(): void {
    const [xml, at] = [this.xml, this.#at]
    if (xml[at] !== '<') this.#text(xml.indexOf('<', at))
    else if (xml.startsWith('</', at)) this.#closeElement()
    else if (xml.startsWith('<!--', at)) this.#comment()
    else if (xml.startsWith('<![CDATA[', at)) this.#cdata()
    else if (xml.startsWith('<!', at)) throw new XmlError('doctype', 'has a DOCTYPE')
    else if (xml.startsWith('<?', at)) this.#instruction()
    else this.#openElement()
  }

  #text(end: number): void {
    const text = this.xml.slice(this.#at, end === -1 ? undefined : end)
    this.#at += text.length
    if (this.#hasEscapes(text, escapedInText)) {
      checkReferences(text)
      if (text.includes(']]>')) throw malformed()
    }
    this.#addText(text)
  }

  #comment(): void {
    const text = this.#section('-->', this.#at + 4)
    if (text.includes('--') || text.endsWith('-')) throw malformed()
  }

  /** XML 2.6, which reserves the name `xml`. */
  #instruction(): void {
    if (!this.limits.instructions) throw malformed('has a processing instruction')
    const text = this.#section('?>', this.#at + 2)
    if (!instruction.test(text) || /^xml(?![\w.:-])/i.test(text)) throw malformed()
  }

  #cdata(): void {
    if (this.#open.length === 0) throw malformed('has text outside its element')
    const text = this.#section(']]>', this.#at + 9)
    this.#addText(this.#hasEscapes(text, escapedInText) ? text.replaceAll('&', '&amp;') : text)
  }

  #section(terminator: string, start: number): string {
    const end = this.xml.indexOf(terminator, start)
    if (end === -1) throw malformed()
    if (++this.#sections > this.limits.sections) throw malformed('has too many comments and CDATA sections')
    this.#at = end + terminator.length
    return this.xml.slice(start, end)
  }

  #addText(text: string): void {
    const content = this.#open.at(-1)?.content
    if (!content && /[^ \t\n]/.test(text)) throw malformed('has text outside its element')
    const last = content?.at(-1)
    if (typeof last === 'string') content?.splice(-1, 1, last + text)
    else if (text !== '') content?.push(text)
  }

  #openElement(): void {
    const tag = this.#take(openTag)?.[1]
    if (tag === undefined) throw malformed()
    const parent = this.#open.at(-1)
    if (!parent && this.#elements.length > 0) throw malformed('has more than one root element')
    const rawAttributes = this.#takeAttributes()
    const end = this.#take(openTagEnd)
    if (!end) throw malformed()
    const scope = innerScope(parent?.scope ?? outermostScope, rawAttributes)
    checkAttributeNames(scope, rawAttributes)
    const [name, namespace] = [localName(tag), elementNamespace(scope, tag)]
    const element = { name, tag, namespace, scope, parent, rawAttributes, children: [], content: [] }
    this.#elements.push(element)
    parent?.children.push(element)
    parent?.content.push(element)
    if (end[1] === '') this.#open.push(element)
    this.#checkLimits(element)
  }

  #checkLimits({ tag, scope }: XmlElement): void {
    const { elements, depth, names, prefixes, declarations } = this.limits
    if (this.#elements.length > elements) throw malformed(`has more than ${elements} elements`)
    if (this.#open.length > depth) throw malformed(`is nested deeper than ${depth} elements`)
    if (this.#names.add(tag).size > names) throw malformed('has too many different names of elements')
    if (this.#prefixes.size > prefixes || declarationsIn(scope) > declarations)
      throw malformed('has too many namespace prefixes')
  }

  #closeElement(): void {
    const tag = this.#take(closeTag)?.[1]
    if (tag === undefined || this.#open.pop()?.tag !== tag) throw malformed()
  }

  #takeAttributes(): Map<string, string> {
    const attributes = new Map<string, string>()
    for (let match = this.#take(attribute); match; match = this.#take(attribute)) {
      const [, name = '', quoted, apostrophed] = match
      if (attributes.has(name)) throw malformed('repeats an attribute')
      const raw = quoted ?? apostrophed ?? ''
      // XML 3.3.3: literal white space is a space.
      const value = /[\t\n]/.test(raw) ? raw.replace(/[\t\n]/g, ' ') : raw
      if (this.#hasEscapes(value, escapedInValue)) checkReferences(value)
      attributes.set(name, value)
      if (name.startsWith('xmlns')) this.#prefixes.add(name)
      const isTooMany =
        ++this.#attributes > this.limits.attributes || attributes.size > this.limits.attributesPerElement
      if (isTooMany) throw malformed('has too many attributes')
    }
    return attributes
  }

  /** Also counts them. */
  #hasEscapes(text: string, escaped: RegExp): boolean {
    const before = this.#escapes
    escaped.lastIndex = 0
    while (escaped.test(text)) {
      if (++this.#escapes > this.limits.escapes) throw malformed('has too many escaped characters')
    }
    return this.#escapes > before
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.xml)
    if (match) this.#at += match[0].length
    return match
  }
}
