import { deflateRawSync } from 'node:zlib'
import { decodeMessage, inflateMessage } from '../../src/saml/decode-message'
import { defaultSamlLimits as limits } from '../../src/saml/limits'
import { expectCostAtMost } from '../helpers/cpu'

function refusalOf(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    const { code, status, source, details } = error as Record<string, unknown>
    return { code, status, source, details }
  }
}

describe('decoding a message', () => {
  it('accepts base64 with blanks, tabs and line breaks', () => {
    const base64 = Buffer.from('<x>é</x>').toString('base64')
    for (const space of ['\r\n', '\n', ' ', '\t', ' \t\r\n ']) {
      expect(decodeMessage('okta', `${space}${base64.slice(0, 5)}${space}${base64.slice(5)}${space}`)).toBe(
        '<x>é</x>',
      )
    }
  })

  it('names an unsupported encoding when refusing it', () => {
    const bytes = Buffer.from('<?xml version="1.0" encoding="KOI8-R"?><x>\xc1</x>', 'latin1')
    expect(() => decodeMessage('okta', bytes.toString('base64'))).toThrow(
      'The SAML message is in KOI8-R, an encoding that is not supported',
    )
  })

  it.each([
    ['exactly the limit', limits.bytes, 'x'.repeat(limits.bytes)],
    [
      'one byte more',
      limits.bytes + 1,
      { code: 'invalid_assertion', status: 400, source: 'okta', details: { check: 'size' } },
    ],
  ])('accepts %s', (_, bytes, expected) => {
    const field = Buffer.alloc(bytes, 'x').toString('base64')
    expect(refusalOf(() => decodeMessage('okta', field))).toEqual(expected)
  })
})

describe('inflating a message', () => {
  const deflated = (text: string | Buffer): string => deflateRawSync(text).toString('base64')
  const refused = (check: string) => ({
    code: 'invalid_assertion',
    status: 400,
    source: 'okta',
    details: { check },
  })

  it('returns the deflated text', () => expect(inflateMessage('okta', deflated('<x>é</x>'))).toBe('<x>é</x>'))

  it.each([
    ['exactly the limit', limits.inflatedBytes, 'x'.repeat(limits.inflatedBytes)],
    ['one byte more', limits.inflatedBytes + 1, refused('size')],
    ['a thousand times as much', limits.inflatedBytes * 1000, refused('size')],
  ])('accepts %s', (_, bytes, expected) => {
    const field = deflated(Buffer.alloc(bytes, 'x'))
    expect(refusalOf(() => inflateMessage('okta', field))).toEqual(expected)
  })

  it('respects the given limits', () => {
    const small = { ...limits, inflatedBytes: 10 }
    expect(inflateMessage('okta', deflated('0123456789'), small)).toBe('0123456789')
    expect(refusalOf(() => inflateMessage('okta', deflated('0123456789a'), small))).toEqual(refused('size'))
  })

  it.each([
    ['a list', ['a']],
    ['nothing', ''],
    ['invalid base64', '<x/>'],
    ['data that is not deflated', Buffer.from('<x/>').toString('base64')],
    ['truncated data', deflated('x'.repeat(1000)).slice(0, 8)],
    ['invalid UTF-8', deflated(Buffer.from('\xff', 'latin1'))],
  ])('refuses %s', (_, field) =>
    expect(refusalOf(() => inflateMessage('okta', field))).toEqual(refused('encoding')),
  )

  it('refuses a decompression bomb quickly and with little memory', async () => {
    const refusing = (bytes: number): (() => void) => {
      const field = deflated(Buffer.alloc(bytes))
      return () => expect(refusalOf(() => inflateMessage('okta', field))).toEqual(refused('size'))
    }
    await expectCostAtMost(5, refusing(limits.inflatedBytes + 1), refusing(60_000_000))
  })
})
