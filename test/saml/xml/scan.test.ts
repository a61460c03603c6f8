import { scanMessage } from '../../../src/saml/decode-message'
import { defaultSamlLimits as limits } from '../../../src/saml/limits'
import { attributeOf, textOf, textWithin } from '../../../src/saml/xml/element'
import { expectLinear } from '../../helpers/cpu'

function refusalOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    const { code, status, source, details } = error as Record<string, unknown>
    return { code, status, source, details }
  }
}

function expectRefused(xml: string, check = 'structure'): void {
  expect(refusalOf(() => scanMessage('okta', xml))).toEqual({
    code: 'invalid_assertion',
    status: 400,
    source: 'okta',
    details: { check },
  })
}

describe('scanning a message', () => {
  it('finds elements, attributes and text', () => {
    const { root, elements } = scanMessage(
      'okta',
      `<?xml version="1.0"?>\n<a:x xmlns:a="u" b = "1&amp;&#x32;" c='"'>t<!-- & < --><y/>&lt;<![CDATA[&amp;]]></a:x>\n<!-- end -->`,
    )
    expect(elements.map(({ name }) => name)).toEqual(['x', 'y'])
    expect([attributeOf(root, 'b'), attributeOf(root, 'c'), attributeOf(root, 'd')]).toEqual([
      '1&2',
      '"',
      undefined,
    ])
    expect(textOf(root)).toBe('t<&amp;')
    expect(elements[1]?.parent).toBe(root)
  })

  it('finds the namespaces of elements in every form of declaration', () => {
    const { elements } = scanMessage(
      'okta',
      '<a xmlns="1" xmlns:p="2"><p:b xmlns:p="3"/><p:c/><d xmlns=""><e xml:lang="x"/></d></a>',
    )
    expect(elements.map(({ tag, name, namespace }) => [tag, name, namespace])).toEqual([
      ['a', 'a', '1'],
      ['p:b', 'b', '3'],
      ['p:c', 'c', '2'],
      ['d', 'd', ''],
      ['e', 'e', ''],
    ])
  })

  it('keeps text in document order', () => {
    const { root } = scanMessage('okta', '<a>1<b>2<!-- x --><c>3</c></b>4<![CDATA[<5>]]></a>')
    expect([textOf(root), textWithin(root)]).toEqual(['14<5>', '1234<5>'])
  })

  it('normalizes line ends as XML 1.0 does, and line ends in attributes to spaces', () => {
    const { root } = scanMessage('okta', '<a b="1\r\n2\t3&#10;4">\r\n\r\u0085\u2028&#13;</a>')
    expect(textOf(root)).toBe('\n\n\u0085\u2028\r')
    expect(attributeOf(root, 'b')).toBe('1 2 3\n4')
  })

  it.each([
    '',
    'x',
    '<x>',
    '</x>',
    '<x></y>',
    '<x/><y/>',
    '<x/>y',
    '\ufeff<x/>',
    '<x a=1/>',
    '<x a="1"b="2"/>',
    '<x a="1" a="2"/>',
    '<x a="<"/>',
    '<x a="1/>',
    '<x a/>',
    '<1/>',
    '< x/>',
    '<x>&other;</x>',
    '<x>& </x>',
    '<x a="&other;"/>',
    '<x><!-- </x>',
    '<x><![CDATA[ </x>',
    '<x>\u0000</x>',
    '<x><?php x?></x>',
    '<?xml-stylesheet href="x"?><x/>',
    '<x/><?xml version="1.0"?>',
    '<x>]]></x>',
    '<x><!-- a -- b --></x>',
    '<x><!-- a ---></x>',
    '<x>&#0;</x>',
    '<x>&#x1F;</x>',
    '<x>&#xD800;</x>',
    '<x>&#xFFFE;</x>',
    '<x>&#x110000;</x>',
    '<x>&#9999999;</x>',
    '<x a="&#0;"/>',
    '<x>&#X41;</x>',
    '<x>&#;</x>',
    '<x>&amp</x>',
    '<x/><![CDATA[]]>',
    '<![CDATA[]]><x/>',
    '<:x/>',
    '<x:/>',
    '<x:y:z xmlns:x="u"/>',
    '<x a:="1"/>',
  ])('refuses %j', (xml) => expectRefused(xml))

  it.each([
    '<!DOCTYPE x><x/>',
    '<!doctype x><x/>',
    '<x><!ENTITY a "b"></x>',
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
  ])('refuses a DOCTYPE: %s', (xml) => expectRefused(xml, 'doctype'))

  it.each([
    '<p:x/>',
    '<x p:a="1"/>',
    '<x><y xmlns:p="u"/><p:z/></x>',
    '<x xmlns:p=""/>',
    '<x xmlns:xml="u"/>',
    '<x xmlns:xml="http://www.w3.org/XML/1998/namespace/"/>',
    '<x xmlns:xml=""/>',
    '<x xmlns:p="http://www.w3.org/XML/1998/namespace"/>',
    '<x xmlns:p="http://www.w3.org/XML/1998&#x2f;namespace"/>',
    '<x xmlns:p="a&#32;b"/>',
    '<x xmlns:p="&#x68;" xmlns:q="h" p:a="1" q:a="2"/>',
    '<x xmlns:xmlns="u"/>',
    '<xmlns:x/>',
    '<x xmlns="http://www.w3.org/XML/1998/namespace"/>',
    '<x xmlns:p="http://www.w3.org/2000/xmlns/"/>',
    `<x xmlns:p='a"b'/>`,
    '<x xmlns:p="a b"/>',
    '<x xmlnsa="u"/>',
    '<x xmlnsa:b="u"/>',
    '<x xmlns:p="u" xmlns:q="u" p:a="1" q:a="2"/>',
  ])('refuses invalid namespaces: %s', (xml) =>
    expect(refusalOf(() => scanMessage('okta', xml))).toEqual({
      code: 'invalid_assertion',
      status: 403,
      source: 'okta',
      details: { check: 'structure' },
    }),
  )

  const many: [string, (count: number) => string, number][] = [
    ['elements', (count) => `<x>${'<a/>'.repeat(count - 1)}</x>`, limits.elements],
    ['levels', (count) => '<a>'.repeat(count) + '</a>'.repeat(count), limits.depth],
    [
      'attributes',
      (count) => `<x>${`<y ${attributes(1000)}/>`.repeat(count / 1000)}<y ${attributes(count % 1000)}/></x>`,
      limits.attributes,
    ],
  ]
  it.each(many)('limits the number of %s', (_, xml, limit) => {
    expect(scanMessage('okta', xml(limit)).root).toBeDefined()
    expectRefused(xml(limit + 1))
  })

  it('accepts the only allowed declaration of the prefix xml', () => {
    const declared = 'xmlns:xml="http://www.w3.org/XML/1998/namespace"'
    const { root } = scanMessage('okta', `<x ${declared} xml:lang="en"><xml:y/></x>`)
    expect(root.children[0]?.namespace).toBe('http://www.w3.org/XML/1998/namespace')
  })

  it.each<[string, string]>([
    ['a name in another script', '<é:ж\u{10400}·1 xmlns:é="urn:a" ñ="1"/>'],
    ['40 prefixes', `<x ${attributes(40, 'xmlns:')}/>`],
    ['1,000 attributes', `<x ${attributes(1000)}/>`],
    ['a long namespace', `<p:x xmlns:p="urn:${'u'.repeat(5000)}"/>`],
    ['300 names of elements', `<x>${Array.from({ length: 300 }, (_, i) => `<x${i}/>`).join('')}</x>`],
    ['1,000 comments and CDATA sections', `<x>${'<!-- --><![CDATA[<]]>'.repeat(1000)}</x>`],
    ['50,000 escaped characters', `<x>${'&amp;'.repeat(50_000)}</x>`],
  ])('accepts %s', (_, xml) => expect(scanMessage('okta', xml).root).toBeDefined())

  it('decodes the references in a namespace', () => {
    const { root } = scanMessage('okta', '<x xmlns="urn:a&amp;b&#x63;"/>')
    expect(root.namespace).toBe('urn:a&bc')
  })

  it.each<[title: string, size: number, xml: (size: number) => string]>([
    ['spaces in a tag', 500_000, (size) => `<x${' '.repeat(size)}`],
    ['an endless attribute', 500_000, (size) => `<x a="${'x'.repeat(size)}`],
    ['a name', 500_000, (size) => `<${'x'.repeat(size)}`],
    ['ampersands', 100_000, (size) => `<x>${'&amp;'.repeat(size)}`],
    ['endless comments', 120_000, (size) => '<x>' + '<!--'.repeat(size)],
    ['brackets', 500_000, (size) => '<'.repeat(size)],
  ])('refuses quickly: %s', (_, size, xml) =>
    expectLinear(size, (part) => {
      const text = xml(part)
      return () => expectRefused(text)
    }),
  )
})

function attributes(count: number, prefix = ''): string {
  return Array.from({ length: count }, (_, index) => `${prefix}a${index}="u"`).join(' ')
}
