import fc from 'fast-check'

/** One change to a text that is mostly XML. Numbers are positions, as fractions of the whole. */
export interface Mutation {
  kind: (typeof kinds)[number]
  at: number
  to: number
  piece: string
}

const kinds = [
  ...(['cut', 'insert', 'overwrite', 'repeat'] as const),
  ...(['remove', 'copy', 'move', 'swap', 'wrap', 'rename', 'attribute', 'within'] as const),
] as const

const pieces = [
  // Listed twice, since a valid message can contain these.
  ...[
    '<!---->',
    '<!-- x -->',
    '<!---->',
    '<!-- x -->',
    '<![CDATA[]]>',
    '<![CDATA[]]>',
    '<![CDATA[x]]>',
    '<?x y?>',
    '<!DOCTYPE x>',
    ']]>',
    '-->',
  ],
  ...['&#65;', '&#x41;', '&#10;', '&#xD;', '&#0;', '&amp;', '&x;', '&', '<', '>', '"', "'", '/', '/>', '='],
  ...[
    '\r',
    '\n',
    '\t',
    ' ',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\u0000',
    'é',
    '\u{1f600}',
    'admin',
    'A',
    '0',
    '_',
  ],
  ...[
    ' ID="_x"',
    ' xml:lang="x"',
    ' xmlns="urn:x"',
    ' xmlns:saml="urn:x"',
    ' xmlns:ds="urn:x"',
    ' xmlnsx="1"',
  ],
  ...[' xmlns:x="urn:oasis:names:tc:SAML:2.0:assertion"', ' x:ID="_x"', ' Algorithm=""', ' URI=""'],
  '<saml:NameID>admin</saml:NameID>',
  '<saml:Attribute Name="email"><saml:AttributeValue>admin@evil.example</saml:AttributeValue></saml:Attribute>',
  '<saml:Assertion ID="_evil" Version="2.0"/>',
  '<saml:EncryptedAssertion/>',
  '<samlp:Extensions/>',
  '<ds:Object/>',
  '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>',
  '<script xmlns="http://www.w3.org/1999/xhtml"><b/></script>',
]

/** Uniform, since fast-check prefers the ends by default. */
const somewhere = fc.noBias(fc.integer({ min: 0, max: 999_999 })).map((one) => one / 1_000_000)

/** One or two changes. */
export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    at: somewhere,
    to: somewhere,
    piece: fc.constantFrom(...pieces),
  }),
  { minLength: 1, maxLength: 2 },
)

export function mutated(xml: string, changes: readonly Mutation[]): string {
  return changes.reduce((text, change) => apply(text, change), xml)
}

interface Span {
  start: number
  end: number
}

function apply(xml: string, { kind, at, to, piece }: Mutation): string {
  const position = Math.floor(at * xml.length)
  const length = 1 + Math.floor(to * 12)
  if (kind === 'cut') return splice(xml, { start: position, end: position + length })
  if (kind === 'insert') return splice(xml, { start: position, end: position }, piece)
  if (kind === 'overwrite') return splice(xml, { start: position, end: position + piece.length }, piece)
  if (kind === 'repeat')
    return splice(xml, { start: position, end: position }, xml.slice(position, position + length))
  return changeElement(xml, { kind, at, to, piece })
}

function changeElement(xml: string, { kind, at, to, piece }: Mutation): string {
  const elements = spansOf(xml)
  const one = elements[Math.floor(at * elements.length)]
  const other = elements[Math.floor(to * elements.length)]
  if (!one || !other) return xml
  const text = xml.slice(one.start, one.end)
  const nameEnd = one.start + (/^<[\w:.-]+/.exec(text)?.[0].length ?? 1)
  const openEnd = one.start + text.indexOf('>') + 1
  const before = { start: other.start, end: other.start }
  if (kind === 'remove') return splice(xml, one)
  if (kind === 'copy') return splice(xml, before, text)
  if (kind === 'move')
    return one.start > other.start ? splice(splice(xml, one), before, text) : splice(xml, one)
  if (kind === 'swap') return splice(xml, one, xml.slice(other.start, other.end))
  if (kind === 'wrap') return splice(xml, one, `<samlp:Extensions>${text}</samlp:Extensions>`)
  if (kind === 'rename') return splice(xml, { start: nameEnd - 1, end: nameEnd }, 'x')
  if (kind === 'attribute') return splice(xml, { start: nameEnd, end: nameEnd }, piece)
  return splice(xml, { start: openEnd, end: openEnd }, piece)
}

function splice(text: string, { start, end }: Span, inserted = ''): string {
  return text.slice(0, start) + inserted + text.slice(end)
}

/** The positions of the elements, as far as they can be found. */
function spansOf(xml: string): Span[] {
  const spans: Span[] = []
  const open: number[] = []
  for (const { 0: tag, index } of xml.matchAll(/<\/?[\w:.-]+[^<>]*>/g)) {
    if (!tag.startsWith('</')) open.push(index)
    if (!tag.startsWith('</') && !tag.endsWith('/>')) continue
    const start = open.pop()
    if (start !== undefined) spans.push({ start, end: index + tag.length })
  }
  return spans
}
