import { defaultSamlLimits as limits } from '../../src/strategies/saml-limits'
import { attributeOf, decodeMessage, outlineOf, textOf } from '../../src/strategies/saml-message'
import { fixedLimits } from '../../src/strategies/saml-scan'

function refusalOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    const { code, status, source, details } = error as Record<string, unknown>
    return { code, status, source, details }
  }
}

function expectRefused(xml: string, check = 'structure'): void {
  expect(refusalOf(() => outlineOf('okta', xml))).toEqual({
    code: 'invalid_assertion',
    status: 400,
    source: 'okta',
    details: { check },
  })
}

describe('the decoding of a message', () => {
  it('accepts base64 with broken lines', () => {
    const base64 = Buffer.from('<x>é</x>').toString('base64')
    expect(decodeMessage('okta', `${base64.slice(0, 4)}\r\n${base64.slice(4)}\n`)).toBe('<x>é</x>')
  })

  it.each([
    ['exactly the limit', limits.bytes, 'x'.repeat(limits.bytes)],
    [
      'one byte more',
      limits.bytes + 1,
      { code: 'invalid_assertion', status: 400, source: 'okta', details: { check: 'size' } },
    ],
  ])('takes %s', (_, bytes, expected) => {
    const field = Buffer.alloc(bytes, 'x').toString('base64')
    expect(refusalOf(() => decodeMessage('okta', field))).toEqual(expected)
  })
})

describe('the outline of a message', () => {
  it('has elements, attributes and texts', () => {
    const { root, elements } = outlineOf(
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
  ])('is refused: %j', (xml) => expectRefused(xml))

  it.each([
    '<!DOCTYPE x><x/>',
    '<!doctype x><x/>',
    '<x><!ENTITY a "b"></x>',
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
  ])('is refused for its DOCTYPE: %s', (xml) => expectRefused(xml, 'doctype'))

  const many: [string, (count: number) => string, number][] = [
    ['elements', (count) => `<x>${'<a/>'.repeat(count - 1)}</x>`, limits.elements],
    ['levels', (count) => '<a>'.repeat(count) + '</a>'.repeat(count), limits.depth],
    ['attributes of an element', (count) => `<x ${attributes(count)}/>`, fixedLimits.attributesPerElement],
    [
      'attributes',
      (count) => `<x>${`<y ${attributes(25)}/>`.repeat(count / 25)}<y ${attributes(count % 25)}/></x>`,
      limits.attributes,
    ],
    ['prefixes', (count) => `<x ${attributes(count, 'xmlns:')}/>`, fixedLimits.prefixes],
    ['comments', (count) => `<x>${'<!-- -->'.repeat(count)}</x>`, fixedLimits.sections],
    ['CDATA sections', (count) => `<x>${'<![CDATA[x]]>'.repeat(count)}</x>`, fixedLimits.sections],
  ]
  it.each(many)('is bounded in its number of %s', (_, xml, limit) => {
    expect(outlineOf('okta', xml(limit)).root).toBeDefined()
    expectRefused(xml(limit + 1))
  })

  it.each([
    ['blanks in a tag', `<x${' '.repeat(500_000)}`],
    ['an attribute without end', `<x a="${'x'.repeat(500_000)}`],
    ['a name', `<${'x'.repeat(500_000)}`],
    ['ampersands', `<x>${'&amp;'.repeat(100_000)}`],
    ['comments without end', '<x>' + '<!--'.repeat(120_000)],
    ['brackets', '<'.repeat(500_000)],
  ])('is refused in little time: %s', (_, xml) => {
    const begin = process.cpuUsage()
    expectRefused(xml)
    expect(process.cpuUsage(begin).user).toBeLessThan(100_000)
  })
})

function attributes(count: number, prefix = ''): string {
  return Array.from({ length: count }, (_, index) => `${prefix}a${index}="u"`).join(' ')
}
