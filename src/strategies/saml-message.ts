import { refusal } from './saml-refusal'

/** An element of a message as it arrived: nothing of it is verified, so it may only serve to refuse. */
export interface OutlineElement {
  /** Without the prefix: whoever hides behind a prefix is found as well. */
  readonly name: string
  readonly parent: OutlineElement | undefined
  readonly children: OutlineElement[]
  /** By name as written, with the prefix; references as written: see `attributeOf`. */
  readonly rawAttributes: ReadonlyMap<string, string>
  /** All its own text, with references as written: see `textOf`. */
  rawText: string
}

export interface Outline {
  readonly xml: string
  readonly root: OutlineElement
  /** In document order. */
  readonly elements: readonly OutlineElement[]
}

/** Bounds of a message, whatever it says. They leave room for an assertion of 2,000 values. */
export const limits = {
  bytes: 512 * 1024,
  elements: 4500,
  /** Elements that no signature covers. */
  unsignedElements: 200,
  attributes: 10_000,
  attributesPerElement: 32,
  /** Namespace prefixes, however often each is declared. */
  prefixes: 20,
  /** Comments and CDATA sections, which anybody can add to a signed text without breaking its signature. */
  sections: 200,
  depth: 64,
}

/** Decodes the value of a SAMLResponse or SAMLRequest form field (Bindings 3.5.4): base64 of UTF-8, lines broken or not. */
export function decodeMessage(source: string, field: unknown): string {
  if (typeof field !== 'string') throw refusal(source, 'encoding', 'The SAML message is not one text', 400)
  if (field.length > limits.bytes * 1.5) throw tooLarge(source)
  const base64 = field.replace(/[\r\n]+/g, '')
  const bytes = Buffer.from(base64, 'base64')
  if (bytes.length > limits.bytes) throw tooLarge(source)
  if (bytes.length === 0 || bytes.toString('base64') !== base64) {
    throw refusal(source, 'encoding', 'The SAML message is not base64', 400)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw refusal(source, 'encoding', 'The SAML message is not UTF-8', 400)
  }
}

function tooLarge(source: string): Error {
  return refusal(source, 'size', `The SAML message is larger than ${limits.bytes} bytes`, 400)
}

/**
 * Reads the outline of a message in one pass, before any XML parser sees it: their cost grows faster than the
 * message, and they differ in what they make of a document that is not well-formed. Refused are a DOCTYPE,
 * processing instructions, whatever is not well-formed XML 1.0, and what is over a limit.
 */
export function outlineOf(source: string, xml: string): Outline {
  const scan = new Scan(source, xml)
  scan.run()
  const root = scan.elements[0]
  if (!root) throw scan.malformed('has no element')
  return { xml, root, elements: scan.elements }
}

const NAME = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?'
const SPACE = '[ \\t\\r\\n]'
const declaration = new RegExp(`<\\?xml${SPACE}[^?]*\\?>`, 'y')
const openTag = new RegExp(`<(${NAME})`, 'y')
const attribute = new RegExp(`${SPACE}+(${NAME})${SPACE}*=${SPACE}*(?:"([^"<]*)"|'([^'<]*)')`, 'y')
const openTagEnd = new RegExp(`${SPACE}*(/?)>`, 'y')
const closeTag = new RegExp(`</(${NAME})${SPACE}*>`, 'y')
const badReference = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/
// eslint-disable-next-line no-control-regex
const badCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

class Scan {
  readonly elements: OutlineElement[] = []
  readonly #source: string
  readonly #xml: string
  readonly #open: { name: string; element: OutlineElement }[] = []
  #at = 0
  #sections = 0
  #attributes = 0
  readonly #prefixes = new Set<string>()

  constructor(source: string, xml: string) {
    this.#source = source
    this.#xml = xml
  }

  malformed(problem: string): Error {
    return refusal(this.#source, 'structure', `The SAML message ${problem}`, 400)
  }

  run(): void {
    if (badCharacter.test(this.#xml)) throw this.malformed('holds control characters')
    this.#take(declaration)
    while (this.#at < this.#xml.length) {
      this.#next()
    }
    if (this.#open.length > 0) throw this.malformed('ends within an element')
  }

  #next(): void {
    const { at, xml } = { at: this.#at, xml: this.#xml }
    if (xml[at] !== '<') this.#text(xml.indexOf('<', at))
    else if (xml.startsWith('</', at)) this.#closeElement()
    else if (xml.startsWith('<!--', at)) this.#section('-->', at + 4)
    else if (xml.startsWith('<![CDATA[', at)) this.#addText(escapeText(this.#section(']]>', at + 9)))
    else if (xml.startsWith('<!', at))
      throw refusal(this.#source, 'doctype', 'The SAML message has a DOCTYPE', 400)
    else if (xml.startsWith('<?', at)) throw this.malformed('has a processing instruction')
    else this.#openElement()
  }

  #text(end: number): void {
    const text = this.#xml.slice(this.#at, end === -1 ? undefined : end)
    this.#at += text.length
    if (badReference.test(text)) throw this.malformed('refers to an entity that XML does not define')
    this.#addText(text)
  }

  #section(terminator: string, start: number): string {
    const end = this.#xml.indexOf(terminator, start)
    if (end === -1) throw this.malformed('is not well-formed XML')
    if (++this.#sections > limits.sections) throw this.malformed('has too many comments and CDATA sections')
    this.#at = end + terminator.length
    return this.#xml.slice(start, end)
  }

  #addText(text: string): void {
    const open = this.#open.at(-1)
    if (open) open.element.rawText += text
    else if (/[^ \t\r\n]/.test(text)) throw this.malformed('has text outside its element')
  }

  #openElement(): void {
    const name = this.#take(openTag)?.[1]
    if (name === undefined) throw this.malformed('is not well-formed XML')
    const parent = this.#open.at(-1)?.element
    if (!parent && this.elements.length > 0) throw this.malformed('has more than one root element')
    const element = {
      name: localName(name),
      parent,
      children: [],
      rawAttributes: this.#takeAttributes(),
      rawText: '',
    }
    this.elements.push(element)
    parent?.children.push(element)
    if (this.elements.length > limits.elements)
      throw this.malformed(`has more than ${limits.elements} elements`)
    const end = this.#take(openTagEnd)
    if (!end) throw this.malformed('is not well-formed XML')
    if (end[1] === '') this.#open.push({ name, element })
    if (this.#open.length > limits.depth)
      throw this.malformed(`is nested deeper than ${limits.depth} elements`)
  }

  #closeElement(): void {
    const name = this.#take(closeTag)?.[1]
    if (name === undefined || this.#open.pop()?.name !== name) throw this.malformed('is not well-formed XML')
  }

  #takeAttributes(): Map<string, string> {
    const attributes = new Map<string, string>()
    for (let match = this.#take(attribute); match; match = this.#take(attribute)) {
      const [, name = '', quoted, apostrophed] = match
      const value = quoted ?? apostrophed ?? ''
      if (attributes.has(name)) throw this.malformed('repeats an attribute')
      if (badReference.test(value)) throw this.malformed('refers to an entity that XML does not define')
      attributes.set(name, value)
      if (name.startsWith('xmlns')) this.#prefixes.add(name)
      if (attributes.size > limits.attributesPerElement || ++this.#attributes > limits.attributes) {
        throw this.malformed('has too many attributes')
      }
      if (this.#prefixes.size > limits.prefixes) throw this.malformed('has too many namespace prefixes')
    }
    return attributes
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#xml)
    if (match) this.#at += match[0].length
    return match
  }
}

/** A qualified name without its prefix. */
export function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** The text of an element, without that of its children. */
export function textOf({ rawText }: OutlineElement): string {
  return decodeReferences(rawText)
}

/** The value of an attribute, by its name as written. */
export function attributeOf({ rawAttributes }: OutlineElement, name: string): string | undefined {
  const raw = rawAttributes.get(name)
  return raw === undefined ? undefined : decodeReferences(raw)
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;')
}

const predefined: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(
    /&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g,
    (_, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return predefined[name] ?? ''
      const code = hex === undefined ? Number(decimal) : parseInt(hex, 16)
      return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
    },
  )
}
