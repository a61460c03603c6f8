import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn, root, textOf } from './helpers/pages'

const page = 'docs/architecture.md'
const picture = 'docs/one-sign-in.svg'

/** Files and directories of the repository, among what the page shows as code. */
const paths = namesIn(textOf(page)).filter((name) =>
  /^(src|test|docs|dev-mongo|example-app|\.ci)\/[^\s{]*$/.test(name),
)

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
}

it('names files and directories that exist', () => {
  expect(paths.length).toBeGreaterThan(80)
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([])
})

it('names every directory of the source', () => {
  const directories = readdirSync(join(root, 'src'), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isDirectory())
    .map(({ parentPath, name }) => `${join(parentPath, name).slice(root.length + 1)}/`)
  expect(directories.filter((directory) => !paths.includes(directory))).toEqual([])
})

it('names every file of a sign-in’s way: the engine, the protocols', () => {
  // Types, words for people, and what is no step of the way.
  const aside =
    /(\.d|auth-info|namespaces|metadata|json-bounds|saml-refusal|oidc-errors|explain|explanation|managed|result|user-label)\.ts$/
  const files = ['src/login', 'src/strategies'].flatMap((folder) =>
    filesBelow(folder).map((file) => `${folder}/${file}`),
  )
  expect(files.filter((file) => !aside.test(file) && !paths.includes(file))).toEqual([])
})

it('names every collection and index of the library', () => {
  const code = filesBelow('src')
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
    .join('\n')
  const collections = [...code.matchAll(/collection<\w+>\('(\w+)'\)/g)].map(([, name]) => name!)
  const indexes = [...code.matchAll(/name: [`']jit_([a-z]+)/g)].map(([, name]) => `jit_${name!}`)
  expect(new Set(collections).size).toBe(4)
  expect(new Set(indexes).size).toBe(5)
  const text = textOf(page)
  expect([...collections, ...indexes].filter((name) => !text.includes(name))).toEqual([])
})

describe('its picture', () => {
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

  it('has a title and a description, for those who cannot see it', () => {
    expect(svg).toMatch(/role="img" aria-labelledby="title desc"/)
    expect(svg).toMatch(/<title id="title">[^<]+<\/title>\s*<desc id="desc">[^<]{200,}<\/desc>/)
  })
})
