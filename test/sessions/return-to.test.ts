import { safeReturnTo } from '../../src/sessions/return-to'

describe('the path to return to after a sign-in', () => {
  it.each(['/', '/a', '/a/b?c=//d#e', '/a?url=https://evil.example', '/..//evil.example', '/%5Cevil', '/é'])(
    'can be %j',
    (value) => expect(safeReturnTo(value)).toBe(value),
  )

  it.each([
    '',
    'a',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' /a',
    '/a\u0000',
    '/a\r\nSet-Cookie: x=y',
    'https://evil.example',
    'javascript:alert(1)',
    `/${'a'.repeat(2048)}`,
    ['/a'],
    { 0: '/' },
    undefined,
    null,
  ])('cannot be %j', (value) => expect(safeReturnTo(value)).toBeUndefined())
})
