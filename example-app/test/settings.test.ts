import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { originFrom, portFrom, readSources } from '../start/settings'
import { failToStart } from './helpers/example'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sources-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('SSO_SOURCES', () => {
  test('is a list of sources', () => {
    const sources = [{ id: 'okta', protocol: 'saml' }]
    expect(readSources(file('sources.json', JSON.stringify(sources)))).toEqual(sources)
  })

  test.each([
    ['a file that is not there', () => join(folder, 'nowhere.json'), "can't be read (ENOENT)"],
    ['a file that is not JSON', () => file('text.json', '[ { "clientSecret": "hush", } ]'), 'is not JSON'],
    ['a file without a list', () => file('object.json', '{}'), 'must hold a JSON list'],
  ])('refuses %s by name, and quotes none of its text', (_what, path, reason) => {
    const refused = () => readSources(path())
    expect(refused).toThrow(reason)
    expect(refused).toThrow('SSO_SOURCES: ')
    expect(refused).not.toThrow('hush')
  })

  test('reports all problems of the sources at once, and starts nothing', async () => {
    const sources = file(
      'wrong.json',
      JSON.stringify([
        { id: 'not url safe!', protocol: 'oidc', oidc: { clientID: 'app', clientSecret: 'hush' } },
        { id: 'pigeons', protocol: 'carrier-pigeon' },
        {
          id: 'okta',
          protocol: 'oidc',
          identifiers: ['shoeSize'],
          oidc: { issuer: 'https://a.example', clientID: 'b' },
        },
      ]),
    )
    const { code, printed } = await failToStart({ SSO_SOURCES: sources })
    expect(code).toBe(1)
    for (const word of ['not url safe!', 'oidc.issuer', 'pigeons', 'shoeSize'])
      expect(printed).toContain(word)
    expect(printed).not.toContain('hush')
    expect(printed).not.toMatch(/^\s+at /m)
    expect(printed).not.toContain("Acme's directory")
  })
})

describe('PORT', () => {
  test.each([
    [undefined, 3000],
    ['', 3000],
    ['8080', 8080],
    ['0', 0],
  ])('%p is port %p', (value, port) => {
    expect(portFrom(value)).toBe(port)
  })

  test.each(['http', '-1', '65536', '80.5', '0x'])('%p is refused', (value) => {
    expect(() => portFrom(value)).toThrow('PORT must be a whole number')
  })
})

describe('BASE_URL', () => {
  test.each([
    [undefined, undefined],
    ['https://app.example.com', 'https://app.example.com'],
    ['http://localhost:8080/', 'http://localhost:8080'],
  ])('%p is %p', (value, origin) => {
    expect(originFrom(value)).toBe(origin)
  })

  test.each(['app.example.com', 'ftp://app.example.com', 'https://app.example.com/app'])(
    '%p is refused',
    (value) => {
      expect(() => originFrom(value)).toThrow('BASE_URL must be')
    },
  )
})
