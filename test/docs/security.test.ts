import { readFileSync } from 'node:fs'
import path from 'node:path'

const root = path.join(__dirname, '../..')
const text = readFileSync(path.join(root, 'SECURITY.md'), 'utf8')
const [, section = ''] = /## What is promised([^]*?)\n## /.exec(text) ?? []
const promises = section
  .split(/\n(?=- )|\n\n/)
  .filter((part) => part.startsWith('- '))
  .map((part) => part.replace(/\s+/g, ' '))

/** The tests of a promise: a test file, and titles in it. */
function testsOf(promise: string): { file: string; titles: string[] }[] {
  return [...promise.matchAll(/`(test\/[^`]+)`: ((?:“[^”]+”(?:, )?)+)/g)].map(
    ([, file = '', quoted = '']) => ({
      file,
      titles: [...quoted.matchAll(/“([^”]+)”/g)].map(([, title = '']) => title),
    }),
  )
}

describe('the promises of SECURITY.md', () => {
  it('each name at least one test', () => {
    expect(promises.length).toBeGreaterThan(30)
    expect(promises.filter((promise) => testsOf(promise).length === 0)).toEqual([])
  })

  it('name only tests that exist', () => {
    const missing = promises.flatMap(testsOf).flatMap(({ file, titles }) => {
      const source = readFileSync(path.join(root, file), 'utf8')
      return titles.filter((title) => !source.includes(title)).map((title) => `${file}: ${title}`)
    })
    expect(missing).toEqual([])
  })
})
