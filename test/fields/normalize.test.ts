import { asciiDomain, composed, domainOf, formsOf, normalize } from '../../src/fields/normalize'
import { expectLinear } from '../helpers/cpu'

const code = (text: string): string =>
  JSON.stringify(text).replace(/[^ -~]/gu, (c) => `<${c.codePointAt(0)!.toString(16)}>`)
const coded = (...texts: string[]): [string, string][] => texts.map((text) => [code(text), text])

describe('the domain of an email', () => {
  it.each([
    ['ann@corp.example', 'corp.example'],
    ['Ann.Lee+x@CORP.example', 'corp.example'],
    ['ann@bücher.example', 'xn--bcher-kva.example'],
    ['ann@BÜCHER.example', 'xn--bcher-kva.example'],
    ['ann@xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['ann@XN--BCHER-KVA.example', 'xn--bcher-kva.example'],
    ['ann@straße.example', 'xn--strae-oqa.example'],
    ['renée@corp.example', 'corp.example'],
    ['用户@例え.テスト', 'xn--r8jz45g.xn--zckzah'],
    ["o'neil_{x}=y~z@sub.corp.example", 'sub.corp.example'],
    [`a@${'x'.repeat(63)}.example`, `${'x'.repeat(63)}.example`],
  ])('%s', (email, domain) => {
    expect(domainOf(email)).toBe(domain)
  })

  const doubtful = coded(
    ...['ann', 'corp.example', '@corp.example', 'ann@', '', '@', 'ann@@corp.example'],
    // Quotes, comments, lists, routes, brackets: two systems can read different domains.
    ...['"ann"@corp.example', '"ann@evil.example"@corp.example', '"ann@corp.example"@evil.example'],
    ...[
      '"x\\"@corp.example',
      '"x\\"@evil.example"@corp.example',
      'ann\\@evil.example@corp.example',
      'ann\\@corp.example',
    ],
    ...[
      'ann(@evil.example)@corp.example',
      '(c)ann@corp.example',
      'ann(c)@corp.example',
      'ann@corp.example(c)',
      'ann@(c)corp.example',
    ],
    ...['<ann@corp.example', '<ann@corp.example>', 'Ann <ann@corp.example>', 'ann@corp.example>'],
    ...[
      'ann@evil.example,ann@corp.example',
      'evil,ann@corp.example',
      'ann;bo@corp.example',
      'group:ann@corp.example;',
    ],
    ...['@evil.example:ann@corp.example', 'ann@evil.example@corp.example', 'ann@corp.example@evil.example'],
    ...['ann%evil.example@corp.example', 'evil.example!ann@corp.example'],
    ...[
      'mailto:ann@corp.example',
      'ann@corp.example?cc=x',
      'ann@corp.example/x',
      'ann@corp.example#x',
      'ann@corp.example:25',
    ],
    ...['=?utf-8?q?ann?=@corp.example,', '.ann@corp.example', 'ann.@corp.example', 'a..n@corp.example'],
    // White space and invisible characters.
    ...[
      ' ann@corp.example',
      'ann@corp.example ',
      'ann @corp.example',
      'ann@ corp.example',
      'ann@corp.example\n',
      'ann\t@corp.example',
      'ann\u00a0@corp.example',
    ],
    ...[
      'ann\0@corp.example',
      'ann@corp.example\0',
      'ann@evil.example\0@corp.example',
      'ann@corp.example\0.evil.example',
    ],
    ...[
      'ann\u200b@corp.example',
      'ann@co\u00adrp.example',
      'ann@corp\u200b.example',
      'ann@co\u200drp.example',
      'ann@co\u200crp.example',
      'ann@\u2060corp.example',
      'ann@corp.example\u202e',
      '\u202eann@corp.example',
      '\ufeffann@corp.example',
      'ann@corp.example\ufeff',
      'ann\ud800@corp.example',
    ],
    // Characters that only map to a domain.
    ...[
      'ann@ｃorp.example',
      'ann@corp。example',
      'ann@corp．example',
      'ann@corp%2eexample',
      'ann@corp&#46;example',
      'ann@ⓒorp.example',
      'ann@ﬁ.example',
      'ann@corp.exampleﬀ',
    ],
    ...[
      'ann@\u212aorp.example',
      'ann@corp.e\u017fample',
      'ann@\u0130corp.example',
      'ann@bu\u0308cher.example',
      'ann＠corp.example',
    ],
    // Not a hostname.
    ...[
      'ann@corp.example.',
      'ann@.corp.example',
      'ann@corp..example',
      'ann@[127.0.0.1]',
      'ann@[IPv6:::1]',
      'ann@[::1]',
      'ann@127.0.0.1',
      'ann@0x7f.1',
      'ann@2130706433',
      'ann@*.example',
      'ann@corp_x.example',
      'ann@xn--a.example',
      'ann@xn--corp.example',
    ],
    ...[`ann@${'x'.repeat(64)}.example`, `ann@${'x.'.repeat(130)}example`, `${'a'.repeat(250)}@corp.example`],
  )
  it.each(doubtful)('is undefined for an unreliable email: %s', (_code, email) => {
    expect(domainOf(email)).toBeUndefined()
  })

  it.each(
    coded(
      'cоrp.example',
      'corp.exаmple',
      'соrр.example',
      'corp.ехample',
      'corр.example',
      'c0rp.example',
      'corp-example',
      'corp.example.evil.example',
      'sub.corp.example',
      'xcorp.example',
      'corp.exampl',
      'ϲorp.example',
      'ᴄorp.example',
    ),
  )('does not match a look-alike: %s', (_code, domain) => {
    expect(domainOf(`ann@${domain}`)).not.toBe('corp.example')
  })

  it('is found quickly in a long and unusual text', async () => {
    const odd = [...Array(5000).keys()].map((i) => String.fromCodePoint(0x4e00 + i)).join('')
    await expectLinear(5000, (size) => {
      const texts = [
        `a@${odd.slice(0, size)}`,
        `${odd.slice(0, size)}@x`,
        'a.'.repeat(size) + '@x',
        `a@${'xn--'.repeat(size * 0.4)}`,
        '@'.repeat(size * 3),
      ]
      return () => texts.forEach((text) => expect(domainOf(text)).toBeUndefined())
    })
  })
})

it('compares a domain in ASCII form in every spelling', () => {
  expect(asciiDomain('Bücher.Example')).toBe(asciiDomain('XN--bcher-kva.example'))
})

describe('emails and usernames', () => {
  it.each([
    ['Ann@Corp.Example', 'ann@corp.example'],
    ['  ann@corp.example\u00a0', 'ann@corp.example'],
    ['RENÉE', 'renée'],
    ['rene\u0301e', 'ren\u00e9e'],
    ['RENE\u0301E', 'ren\u00e9e'],
    ['H\u0331', '\u1e96'],
    ['I\u0307da', '\u0130da'],
    ['ΟΔΟΣ', 'οδοσ'],
  ])('are equal no matter the letter case, composition or surrounding white space: %s', (one, other) => {
    expect(normalize(one)).toBe(normalize(other))
  })

  it.each([
    ['straße', 'strasse'],
    ['STRAẞE', 'straße'],
    ['\u212aim', 'kim'],
    ['\u212bsa', 'åsa'],
    ['\u0130da', 'ida'],
    ['ıda', 'ida'],
    ['οδος', 'οδοσ'],
    ['ａnn', 'ann'],
    ['ﬁ', 'fi'],
    ['\u01c5', '\u01c6'],
    ['an n', 'ann'],
  ])('are different otherwise: %s and %s', (one, other) => {
    expect(normalize(one)).not.toBe(normalize(other))
  })

  it.each(['Ann', '\u0130', '\u212a', 'ẞ', '\u01c5', ' x ', 'ΑΣ'])(
    'do not change when normalized twice: %s',
    (text) => {
      expect(normalize(normalize(text))).toBe(normalize(text))
    },
  )
})

describe('an identifier look-up', () => {
  it.each<[string, unknown, unknown[]]>([
    ['uses the text unchanged if it has only one form', 'ann', ['ann']],
    ['uses the composed and the decomposed form', 'ren\u00e9', ['ren\u00e9', 'rene\u0301']],
    ['uses both forms of a decomposed text', 'rene\u0301', ['ren\u00e9', 'rene\u0301']],
    ['uses the text unchanged if NFC replaces one of its characters', '\u212ae\u0301', ['\u212ae\u0301']],
    ['uses a number unchanged', 7, [7]],
  ])('%s', (_title, value, forms) => {
    expect(formsOf(value)).toEqual(forms)
  })

  it('compares composed forms, and never changes a letter into another', () => {
    expect(composed('E\u0301-7')).toBe('\u00c9-7')
    expect(composed('\u212ae\u0301')).toBe('\u212ae\u0301')
  })
})
