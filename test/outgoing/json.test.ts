import { isBoundedJson } from '../../src/outgoing/json'

const nested = (open: string, levels: number, close: string): string =>
  open.repeat(levels) + close.repeat(levels)
const members = (count: number): string =>
  `{${Array.from({ length: count }, (_, i) => `"${i}":0`).join(',')}}`

describe('bounded JSON text', () => {
  it.each([
    ['32 levels', nested('[', 32, ']')],
    ['32 levels of objects', nested('{"a":', 31, '}').replace(/^/, '[').concat(']')],
    ['32 levels next to each other', `[${Array.from({ length: 100 }, () => nested('[', 31, ']')).join()}]`],
    ['5,000 members', members(5000)],
    ['brackets and colons within a string', JSON.stringify({ a: '[{:'.repeat(10_000) })],
    ['quotes within a string', JSON.stringify({ a: '"[[[['.repeat(10_000) })],
    ['backslashes at the end of a string', JSON.stringify({ a: `${'[:'.repeat(10_000)}\\` })],
    ['100,000 values', JSON.stringify(Array.from({ length: 100_000 }, () => 'x'))],
    ['nothing', ''],
  ])('is accepted with %s', (_title, text) => {
    expect(isBoundedJson(text)).toBe(true)
  })

  it.each([
    ['33 levels', nested('[', 33, ']')],
    ['33 levels of objects', nested('{"a":', 33, '}')],
    ['endless levels', '['.repeat(1_000_000)],
    ['levels after a string that ends in a backslash', `["${'\\\\'}",${nested('[', 33, ']')}]`],
    ['5,001 members', members(5001)],
    ['5,001 members in all', JSON.stringify(Array.from({ length: 5001 }, () => ({ a: 1 })))],
  ])('is refused with %s', (_title, text) => {
    expect(isBoundedJson(text)).toBe(false)
  })
})
