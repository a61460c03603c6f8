import { DOMParser } from '@xmldom/xmldom'
import fc from 'fast-check'
import { SignedXml } from 'xml-crypto'
import { canonicalText, EXCLUSIVE, INCLUSIVE } from '../../../src/saml/xml/canonical'
import { attributeOf, childOf, textWithin, type XmlDocument } from '../../../src/saml/xml/element'
import { scanXml } from '../../../src/saml/xml/scan'
import { unlimited } from '../../../src/saml/xml/scan-limits'

const scan = (xml: string): XmlDocument => scanXml(xml, unlimited)

/** The output of xml-crypto for a document parsed by xmldom instead of this library's scan. */
function byXmldom(xml: string, algorithm: string): string {
  const root = new DOMParser().parseFromString(xml, 'text/xml').documentElement
  const Algorithm = new SignedXml().CanonicalizationAlgorithms[algorithm]!
  return new Algorithm().process(root, {}) as string
}

const text = fc.stringMatching(/^[a-z0-9 \n\t'"\]>\u00e9\u4e2d]{0,12}$/).filter((one) => !one.includes(']]>'))
const written = fc.oneof(
  text,
  fc.constantFrom(
    '&amp;',
    '&lt;',
    '&gt;',
    '&quot;',
    '&apos;',
    '&#65;',
    '&#x1F600;',
    '&#13;',
    '&#9;',
    '&#10;',
  ),
)
const name = fc.constantFrom('a', 'b', 'p:a', 'q:b', 'Assertion')
const value = fc.array(written, { maxLength: 3 }).map((parts) => parts.join('').replaceAll('"', "'"))
const attributes = fc
  .dictionary(fc.constantFrom('x', 'ID', 'p:x', 'xml:lang', 'xmlns', 'xmlns:p', 'xmlns:q'), value)
  .map((all) =>
    Object.entries(all)
      // Only valid namespaces, and no undeclared prefix.
      .map(([one, given]) => [one, one.startsWith('xmlns') ? `urn:${given.length % 3}` : given])
      .map(([one, given]) => ` ${one}="${given}"`)
      .join(''),
  )

const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
  element: fc
    .tuple(name, attributes, fc.array(tie('content'), { maxLength: 3 }))
    .map(([tag, all, inside]) =>
      inside.length > 0 ? `<${tag}${all}>${inside.join('')}</${tag}>` : `<${tag}${all} />`,
    ),
  content: fc.oneof(
    { depthSize: 'small' },
    fc.array(written, { maxLength: 3 }).map((parts) => parts.join('')),
    text.map((inside) => `<![CDATA[${inside}]]>`),
    fc.constant('<!-- a comment -->'),
    tie('element'),
  ),
}))
const document = element.map((inside) => `<p:r xmlns:p="urn:p" xmlns:q="urn:q">${inside}</p:r>`)

describe('a canonical text', () => {
  it.each([EXCLUSIVE, INCLUSIVE])('equals the output of xml-crypto and xmldom: %s', (algorithm) => {
    fc.assert(
      fc.property(document, (xml) => {
        const { root } = scan(xml)
        expect(canonicalText(root, { algorithm })).toBe(byXmldom(xml, algorithm))
      }),
      { seed: 6, numRuns: 500 },
    )
  })

  it('keeps its content when it is parsed again', () => {
    fc.assert(
      fc.property(document, (xml) => {
        const { root } = scan(xml)
        const canonical = canonicalText(root, { algorithm: EXCLUSIVE })
        const again = scan(canonical).root
        expect(textWithin(again)).toBe(textWithin(root))
        expect(canonicalText(again, { algorithm: EXCLUSIVE })).toBe(canonical)
      }),
      { seed: 6, numRuns: 500 },
    )
  })

  it('leaves out the given child, and no other', () => {
    const { root } = scan('<r xmlns="u"><a>1</a><a>2</a>3<b/></r>')
    const without = root.children[0]
    expect(canonicalText(root, { algorithm: EXCLUSIVE, without })).toBe('<r xmlns="u"><a>2</a>3<b></b></r>')
    expect(canonicalText(root, { algorithm: EXCLUSIVE })).toContain('<a>1</a>')
  })

  describe('of a nested element', () => {
    const xml =
      '<r xmlns="d" xmlns:p="u" xmlns:q="v" xml:lang="en" xml:space="preserve">' +
      '<m xml:lang="de" q:x="1"><p:e xml:base="b" y="2"/></m></r>'
    const inner = () => childOf(childOf(scan(xml).root, 'd', 'm'), 'u', 'e')

    it('has everything it inherits, in inclusive form', () => {
      expect(canonicalText(inner(), { algorithm: INCLUSIVE })).toBe(
        '<p:e xmlns="d" xmlns:p="u" xmlns:q="v" y="2" xml:base="b" xml:lang="de" xml:space="preserve"></p:e>',
      )
    })

    it('has the namespaces it uses, in exclusive form', () => {
      expect(canonicalText(inner(), { algorithm: EXCLUSIVE })).toBe(
        '<p:e xmlns:p="u" y="2" xml:base="b"></p:e>',
      )
    })

    it('also has the namespaces of a prefix list', () => {
      expect(canonicalText(inner(), { algorithm: EXCLUSIVE, prefixes: ['q', 'z'] })).toBe(
        '<p:e xmlns:p="u" xmlns:q="v" y="2" xml:base="b"></p:e>',
      )
    })

    it('does not have a namespace that an element between them removes', () => {
      const { root } = scan('<r xmlns="d"><m xmlns=""><e/></m></r>')
      const e = childOf(childOf(root, '', 'm'), '', 'e')
      expect(canonicalText(e, { algorithm: INCLUSIVE })).toBe('<e></e>')
    })
  })

  it('keeps line separators that are characters in XML 1.0', () => {
    const { root } = scan('<r a="\u2028">\u0085\u2028\r\n</r>')
    expect(canonicalText(root, { algorithm: EXCLUSIVE })).toBe('<r a="\u2028">\u0085\u2028\n</r>')
    expect(attributeOf(root, 'a')).toBe('\u2028')
  })

  it('supports no other algorithm', () => {
    const { root } = scan('<r/>')
    for (const algorithm of ['', 'http://www.w3.org/2006/12/xml-c14n11', 'constructor']) {
      expect(() => canonicalText(root, { algorithm })).toThrow('canonicalization that is not supported')
    }
  })
})
