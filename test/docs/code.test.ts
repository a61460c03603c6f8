import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { compileErrors, errorsAsTypeScript, syntaxErrors } from './helpers/compile'
import { blocksOf, filesOf, pages } from './helpers/pages'

const blocks = pages.flatMap(blocksOf)
const here = readdirSync(__dirname).filter((name) => name.endsWith('.test.ts'))

describe('the code of the documentation', () => {
  it('compiles, strictly, where it is TypeScript', () => {
    expect(blocks.filter(({ language }) => language === 'ts').length).toBeGreaterThan(10)
    expect(compileErrors()).toEqual([])
  })

  it('compiles, strictly, where a page says how a program becomes TypeScript', () => {
    const page = 'docs/getting-started.md'
    const added = blocksOf(page).find(({ language }) => language === 'ts')!.code
    expect(errorsAsTypeScript(page, 'server.mjs', added)).toEqual([])
  })

  it('can be read, where it is JavaScript', () => {
    expect(syntaxErrors()).toEqual([])
  })

  it('can be read, where it is JSON', () => {
    for (const { language, code } of blocks) if (language === 'json') JSON.parse(code)
  })

  it('is of a language that is looked at, or is told to be none', () => {
    const languages = ['ts', 'js', 'json', 'sh', 'http', 'html', 'text']
    expect(blocks.filter(({ language }) => !languages.includes(language))).toEqual([])
  })

  it('belongs to a file, where it is JavaScript, so that it can be run', () => {
    expect(blocks.filter(({ language, file }) => language === 'js' && !file)).toEqual([])
  })

  it('writes to the log why somebody is not let in, where it makes an app', () => {
    const files = pages.flatMap((page) => [...filesOf(page)].map(([file, code]) => ({ page, file, code })))
    const apps = files.filter(({ file, code }) => file.endsWith('.mjs') && code.includes('createJit({'))
    expect(apps.length).toBeGreaterThan(5)
    const line = "\njit.on('refused', console.warn).on('error', console.error)"
    expect(apps.filter(({ code }) => !code.includes(line)).map(({ page, file }) => [page, file])).toEqual([])
  })

  it('is run by a test, where it makes a file', () => {
    const tests = here.map((name) => readFileSync(join(__dirname, name), 'utf8'))
    const files = pages.flatMap((page) => [...filesOf(page).keys()].map((file) => ({ page, file })))
    // Of this one the types are all there is.
    const programs = files.filter(({ file }) => file !== 'names.mts')
    const isRun = ({ page, file }: { page: string; file: string }): boolean =>
      tests.some((test) => test.includes(`'${page}'`) && test.includes(`'${file}'`))
    expect(programs.filter((program) => !isRun(program))).toEqual([])
  })
})
