import { checkCharacters, checkReferences, NAME } from './characters'
import type { XmlDocument, XmlElement } from './element'
import { XmlError } from './error'
import { NameLookup, type Surroundings } from './name-lookup'
import { declarationsIn, localName } from './namespaces'
import type { ScanLimits } from './scan-limits'

/**
 * Reads a document in one pass, at a cost that grows with its length alone. It is the only XML parser here: checks,
 * signatures and values all use the tree that it makes, so no two readings can disagree. Throws XmlError for a
 * DOCTYPE, a processing instruction, a text that is not well-formed XML 1.0 with namespaces, and one over a limit.
 */
export function scanXml(xml: string, limits: ScanLimits, surroundings?: Surroundings): XmlDocument {
  // XML 2.11.
  return new Scan(xml.replace(/\r\n?/g, '\n'), limits, new NameLookup(surroundings)).run()
}

const SPACE = '[ \\t\\n]'
const declaration = new RegExp(`<\\?xml${SPACE}[^?]*\\?>`, 'y')
const openTag = new RegExp(`<(${NAME})`, 'uy')
const attribute = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`, 'uy')
const openTagEnd = new RegExp(`${SPACE}*(/?)>`, 'y')
const closeTag = new RegExp(`</(${NAME})${SPACE}*>`, 'uy')
const instruction = new RegExp(`^${NAME}(?:${SPACE}|$)`, 'u')

const malformed = (problem = 'is not well-formed XML'): XmlError => new XmlError('structure', problem)

/** An element whose end the scan has not reached. */
interface OpenElement extends XmlElement {
  readonly children: XmlElement[]
  readonly content: (XmlElement | string)[]
  /** The namespaces to restore at its end. */
  readonly before: ReturnType<NameLookup['enter']>
}

class Scan {
  readonly #elements: XmlElement[] = []
  readonly #open: OpenElement[] = []
  #at = 0
  #attributes = 0

  constructor(
    private readonly xml: string,
    private readonly limits: ScanLimits,
    private readonly names: NameLookup,
  ) {}

  run(): XmlDocument {
    try {
      return this.#document()
    } catch (error) {
      if (error instanceof XmlError) error.scanned = this.#at
      throw error
    }
  }

  #document(): XmlDocument {
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
    checkReferences(text)
    if (text.includes(']]>')) throw malformed()
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
    this.#addText(this.#section(']]>', this.#at + 9).replaceAll('&', '&amp;'))
  }

  #section(terminator: string, start: number): string {
    const end = this.xml.indexOf(terminator, start)
    if (end === -1) throw malformed()
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
    const element = this.#newElement(tag, rawAttributes, parent)
    this.#elements.push(element)
    parent?.children.push(element)
    parent?.content.push(element)
    if (end[1] === '') this.#open.push(element)
    else this.names.leave(element.before)
    const { elements, depth } = this.limits
    if (this.#elements.length > elements) throw malformed(`has more than ${elements} elements`)
    if (this.#open.length > depth) throw malformed(`is nested deeper than ${depth} elements`)
  }

  #newElement(tag: string, rawAttributes: Map<string, string>, parent: OpenElement | undefined): OpenElement {
    const declared = this.names.intern(declarationsIn(rawAttributes))
    const before = this.names.enter(declared)
    this.names.checkAttributes(rawAttributes)
    const outer = parent?.scope ?? this.names.base
    const scope = declared.length > 0 ? { declared, outer } : outer
    const [name, namespace] = [localName(tag), this.names.ofElement(tag)]
    return { name, tag, namespace, scope, parent, rawAttributes, children: [], content: [], before }
  }

  #closeElement(): void {
    const tag = this.#take(closeTag)?.[1]
    const element = this.#open.pop()
    if (tag === undefined || element?.tag !== tag) throw malformed()
    this.names.leave(element.before)
  }

  #takeAttributes(): Map<string, string> {
    const attributes = new Map<string, string>()
    for (let match = this.#take(attribute); match; match = this.#take(attribute)) {
      const [, name = '', quoted, apostrophed] = match
      if (attributes.has(name)) throw malformed('repeats an attribute')
      const raw = quoted ?? apostrophed ?? ''
      // XML 3.3.3: literal white space is a space.
      const value = /[\t\n]/.test(raw) ? raw.replace(/[\t\n]/g, ' ') : raw
      checkReferences(value)
      attributes.set(name, value)
      if (++this.#attributes > this.limits.attributes) throw malformed('has too many attributes')
    }
    return attributes
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.xml)
    if (match) this.#at += match[0].length
    return match
  }
}
