import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileErrors, syntaxErrors } from './helpers/compile'
import { blocksOf, filesOf, pages } from './helpers/pages'

const blocks = pages.flatMap(blocksOf)
const here = readdirSync(__dirname).filter((name) => name.endsWith('.test.ts'))

describe('code in the documentation', () => {
  it('compiles in strict mode if it is TypeScript, or if its page converts it', () => {
    expect(blocks.filter(({ language }) => language === 'ts').length).toBeGreaterThan(10)
    const page = 'docs/getting-started.md'
    const added = blocksOf(page).find(({ language }) => language === 'ts')!.code
    expect(compileErrors({ page, file: 'server.mjs', added })).toEqual([])
  })

  it('parses if it is JavaScript', () => {
    expect(syntaxErrors()).toEqual([])
  })

  it('parses if it is JSON', () => {
    for (const { language, code } of blocks) if (language === 'json') JSON.parse(code)
  })

  it('is in a language that these tests check, or is marked as plain text', () => {
    const languages = ['ts', 'js', 'json', 'sh', 'http', 'html', 'text']
    expect(blocks.filter(({ language }) => !languages.includes(language))).toEqual([])
  })

  it('belongs to a file if it is JavaScript, so it can be run', () => {
    expect(blocks.filter(({ language, file }) => language === 'js' && !file)).toEqual([])
  })

  it('logs why a sign-in is refused, if it creates an app', () => {
    const files = pages.flatMap((page) => [...filesOf(page)].map(([file, code]) => ({ page, file, code })))
    const apps = files.filter(({ file, code }) => file.endsWith('.mjs') && code.includes('createJit({'))
    expect(apps.length).toBeGreaterThan(5)
    const line = "\njit.on('refused', console.warn).on('error', console.error)"
    expect(apps.filter(({ code }) => !code.includes(line)).map(({ page, file }) => [page, file])).toEqual([])
  })

  it('is run by a test if it creates a file', () => {
    const tests = here.map((name) => readFileSync(join(__dirname, name), 'utf8'))
    const files = pages.flatMap((page) => [...filesOf(page).keys()].map((file) => ({ page, file })))
    // This package has only types.
    const programs = files.filter(({ file }) => file !== 'names.mts')
    const isRun = ({ page, file }: { page: string; file: string }): boolean =>
      tests.some((test) => test.includes(`'${page}'`) && test.includes(`'${file}'`))
    expect(programs.filter((program) => !isRun(program))).toEqual([])
  })
})
