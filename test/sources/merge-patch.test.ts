import { mergePatch } from '../../src/sources/merge-patch'

describe('a JSON merge patch', () => {
  // RFC 7396, Appendix A.
  it.each([
    ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
    ['{"a":"b"}', '{"a":null}', '{}'],
    ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
    ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
    ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
    ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
    ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
    ['["a","b"]', '["c","d"]', '["c","d"]'],
    ['{"a":"b"}', '["c"]', '["c"]'],
    ['{"a":"foo"}', 'null', 'null'],
    ['{"a":"foo"}', '"bar"', '"bar"'],
    ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
    ['[1,2]', '{"a":"b","c":null}', '{"a":"b"}'],
    ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
  ])('turns %s with %s into %s', (target, patch, result) => {
    const given = JSON.parse(target) as unknown
    expect(mergePatch(given, JSON.parse(patch))).toEqual(JSON.parse(result))
    expect(given).toEqual(JSON.parse(target))
  })

  it.each(['{"__proto__":{"admin":true}}', '{"constructor":{"prototype":{"admin":true}}}'])(
    'changes no prototype with %s',
    (patch) => {
      const merged = mergePatch({ a: { b: 1 } }, JSON.parse(patch)) as { admin?: unknown }
      expect(merged.admin).toBeUndefined()
      expect(({} as { admin?: unknown }).admin).toBeUndefined()
      expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    },
  )
})
