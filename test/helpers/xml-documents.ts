import fc, { type Arbitrary } from 'fast-check'

/** A well-formed document without a DOCTYPE or processing instructions, and one of its elements, the target. */
export interface RandomDocument {
  /** Contains, once, in the target: a placeholder for its ID, and one at the end of its content. */
  template: string
  /** The target's name as written. */
  tag: string
}

const ID = '@id@'
const END = '@end@'

/** The document with this ID of the target, and this text at its end. */
export function documentXml({ template }: RandomDocument, id: string, end = ''): string {
  return template.replace(ID, id).replace(END, () => end)
}

const prefixes = ['', 'p', 'q', 'P', 'p-1', 'p.1', '_', 'a10', 'a2', 'ü', '\u{10400}', '\uf900']
const namespaces = [
  ...['urn:a', 'urn:b', 'urn:B', 'http://example.org/?a=1#b', "urn:it's", 'urn:&#x61;'],
  `urn:${'long'.repeat(90)}`,
]
const localNames = [
  ...['a', 'b', 'B', 'ID2', 'a-b', 'a.b', '_', 'Assertion', 'é', 'ж·2', '\u{10400}', '\uf900'],
]

/** A document's spelling of a character that XML or a canonical text treats specially. */
const pieces = [
  ...['x', 'text', ' ', '\n', '\t', '\r', '\r\n', '\r\r\n', '>', "'", '] ', '--', 'é', '\u{1f600}'],
  ...['\u0085', '\u2028', '\u00a0', '\ufeff', '\u200b', '\ufffd', '\u007f'],
  ...['&amp;', '&lt;', '&gt;', '&quot;', '&apos;', '&amp;amp;', ']]&gt;'],
  ...['&#13;', '&#xD;', '&#10;', '&#xa;', '&#9;', '&#32;', '&#38;', '&#60;', '&#x3E;', '&#34;', '&#39;'],
  ...['&#x85;', '&#x2028;', '&#x1F600;', '&#128512;', '&#0065;', '&#xE9;'],
]
const written = fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((all) => all.join(''))

const cdata = fc
  .array(fc.constantFrom(...pieces, '<', '&', '<!--', '</a>', '"', ']]'), { maxLength: 4 })
  .map((all) => all.join(''))
  .map((all) => `<![CDATA[${all.includes(']]>') ? all.replaceAll('>', '') : all}]]>`)
const comment = fc
  .array(fc.constantFrom('x', ' ', '\r\n', '<', '&', '<a>', ']]>', 'é'), { maxLength: 3 })
  .map((all) => `<!--${all.join('')}-->`)

const attribute = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      prefix: fc.nat(20),
      name: fc.constantFrom(...localNames),
      value: written,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...[
        ['lang', 'de'],
        ['lang', ''],
        ['space', 'preserve'],
        ['space', 'default'],
        ['base', 'http://example.org/'],
      ].map(([name, value]) => ({ prefix: 'xml' as const, name: name!, value: value! })),
    ),
  },
)

interface Node {
  prefix: number
  name: string
  declared: [prefix: string, namespace: string][]
  attributes: { prefix: number | 'xml'; name: string; value: string }[]
  content: (Node | string)[]
  isQuoted: boolean
  isEmpty: boolean
}

const { node } = fc.letrec<{ node: Node; content: Node | string }>((tie) => ({
  node: fc.record({
    prefix: fc.nat(20),
    name: fc.constantFrom(...localNames),
    declared: fc.uniqueArray(fc.tuple(fc.constantFrom(...prefixes), fc.constantFrom(...namespaces, '')), {
      maxLength: 4,
      selector: ([prefix]) => prefix,
    }),
    attributes: fc.array(attribute, { maxLength: 4 }),
    content: fc.array(tie('content'), { maxLength: 4 }),
    isQuoted: fc.boolean(),
    isEmpty: fc.boolean(),
  }),
  content: fc.oneof({ depthSize: 'medium' }, written, cdata, comment, tie('node'), tie('node')),
}))

export const randomDocument: Arbitrary<RandomDocument> = fc
  .record({
    node,
    target: fc.nat(40),
    outside: fc.array(fc.oneof(comment, fc.constant('\r\n')), { maxLength: 2 }),
  })
  .map(({ node: root, target, outside }) => {
    const chosen = nodesIn(root)[target % nodesIn(root).length]!
    const { xml, tag } = new Writer(chosen).write(root)
    return { template: outside.join('') + xml + [...outside].reverse().join(''), tag }
  })

/** A PrefixList; its prefixes need not be declared. */
export const prefixList: Arbitrary<string[]> = fc.subarray(
  [...prefixes.filter(Boolean), '#default', 'undeclared'],
  { maxLength: 4 },
)

function nodesIn(root: Node): Node[] {
  return [root, ...root.content.flatMap((part) => (typeof part === 'string' ? [] : nodesIn(part)))]
}

/** Writes prefixes only where they are declared, and no attribute twice. */
class Writer {
  readonly #target: Node
  #tag = ''

  constructor(target: Node) {
    this.#target = target
  }

  write(root: Node): { xml: string; tag: string } {
    const xml = this.#element(root, new Map([['', '']]))
    return { xml, tag: this.#tag }
  }

  #element(element: Node, outer: ReadonlyMap<string, string>): string {
    // Only the default namespace can be undeclared (Namespaces in XML 6.1).
    const declared = element.declared.filter(([prefix, namespace]) => prefix === '' || namespace !== '')
    const scope = new Map([...outer, ...declared])
    const tag = qualified([...scope.keys()], element.prefix, element.name)
    const all = [
      ...declared.map(([prefix, namespace]) => [prefix ? `xmlns:${prefix}` : 'xmlns', namespace] as const),
      ...attributesOf(element, scope),
    ]
    const isTarget = element === this.#target
    if (isTarget) this.#tag = tag
    if (isTarget) all.splice(element.prefix % (all.length + 1), 0, ['ID', ID])
    const quote = (name: string) => (element.isQuoted && !name.startsWith('xmlns') ? "'" : '"')
    const open = `<${tag}${all.map(([name, value]) => ` ${name}=${quoted(value, quote(name))}`).join('')}`
    const content =
      element.content.map((part) => (typeof part === 'string' ? part : this.#element(part, scope))).join('') +
      (isTarget ? END : '')
    return content === '' && element.isEmpty ? `${open}/>` : `${open}\n>${content}</${tag} >`
  }
}

function attributesOf(
  { attributes }: Node,
  scope: ReadonlyMap<string, string>,
): (readonly [name: string, value: string])[] {
  const byName = new Map<string, readonly [string, string]>()
  for (const { prefix, name, value } of attributes) {
    const tag = prefix === 'xml' ? `xml:${name}` : qualified([...scope.keys()], prefix, name)
    const namespace = tag.includes(':') ? (scope.get(tag.split(':')[0]!) ?? 'xml').replace('&#x61;', 'a') : ''
    byName.set(`${namespace} ${name}`, [tag, value])
  }
  return [...byName.values()]
}

function qualified(declared: string[], index: number, name: string): string {
  const prefix = declared[index % declared.length]!
  return prefix ? `${prefix}:${name}` : name
}

function quoted(value: string, quote: string): string {
  return quote + value.replaceAll(quote, quote === '"' ? '&quot;' : '&#39;') + quote
}
