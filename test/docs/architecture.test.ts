import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn, root, textOf } from './helpers/pages'

const page = 'docs/architecture.md'
const picture = 'docs/one-sign-in.svg'

/** The files and directories that a page's text names as code. */
function pathsIn(text: string): string[] {
  const below = /^(src|test|docs|bench|dev-mongo|example-app|\.ci)\/[^\s{<]*$/
  const atTop = /^\.?[\w-]+(\.[\w-]+)*\.(md|mjs|cjs|json)$/
  const sentences = text.replaceAll(/^```[^]*?^```/gm, '')
  return namesIn(sentences).filter((name) => below.test(name) || atTop.test(name))
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
}

const paths = pathsIn(textOf(page))
const isThere = (path: string): boolean => existsSync(join(root, path))

describe.each([
  [page, 120],
  ['CONTRIBUTING.md', 50],
  ['docs/scale.md', 1],
])('%s', (name, least) => {
  it('names files and directories that exist', () => {
    const named = pathsIn(textOf(name))
    expect(named.length).toBeGreaterThan(least)
    expect(named.filter((path) => !isThere(path))).toEqual([])
  })
})

it('names every directory of the source', () => {
  const directories = readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => `${join(parentPath, name).slice(root.length + 1)}/`)
  expect(directories.filter((directory) => !paths.includes(directory))).toEqual([])
})

it('names every file in the directories of a sign-in', () => {
  const rooms = ['src/login', 'src/saml', 'src/oidc', 'src/passport', 'src/sessions']
  const files = rooms
    .flatMap((room) => filesBelow(room).map((file) => `${room}/${file}`))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
  expect(files.filter((file) => !paths.includes(file))).toEqual([])
})

it('lists the layers that the linter enforces', () => {
  const [, list = ''] = /## The floors\n([^]*?)\n\n`src\/` imports/.exec(textOf(page)) ?? []
  expect(floors().length).toBeGreaterThan(15)
  const told = list.split(/\n(?=\d+\. )/).map((floor) => namesIn(/^\d+\. ([^:]*):/.exec(floor)?.[1] ?? ''))
  expect(told.flat().map((name) => name.replace(/\/$|\.ts$/, ''))).toEqual(floors())
})

/** The existing directories of `.dependency-cruiser.cjs`, from top to bottom. */
function floors(): string[] {
  const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>(
    join(root, '.dependency-cruiser.cjs'),
  )
  const rooms = forbidden.flatMap(({ name }) => /^(\S+) imports only from below$/.exec(name)?.[1] ?? [])
  return rooms.filter((room) => isThere(room) || isThere(`${room}.ts`))
}

it('names every collection and index of the library', () => {
  const code = filesBelow('src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')
  const collections = [...code.matchAll(/collection<\w+>\('(\w+)'\)/g)].map(([, name]) => name!)
  const indexes = [...code.matchAll(/name: [`']jit_([a-z]+)/g)].map(([, name]) => `jit_${name!}`)
  expect(new Set(collections).size).toBe(5)
  expect(new Set(indexes).size).toBe(5)
  const text = textOf(page)
  expect([...collections, ...indexes].filter((name) => !text.includes(name))).toEqual([])
})

describe('the architecture diagram', () => {
  const svg = readFileSync(join(root, picture), 'utf8')

  it('names files that exist', () => {
    const files = [...svg.matchAll(/class="file"[^>]*>([^<]*)</g)]
      .flatMap(([, text]) => text!.split(', '))
      .filter((name) => name.endsWith('.ts'))
    const all = filesBelow('src')
    expect(files.length).toBeGreaterThan(10)
    expect(files.filter((name) => !all.some((file) => file === name || file.endsWith(`/${name}`)))).toEqual(
      [],
    )
  })

  it('has a title and a description for screen readers', () => {
    expect(svg).toMatch(/role="img" aria-labelledby="title desc"/)
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>\s*<desc id="desc">[^<]{200,}<\/desc>/)
  })
})
