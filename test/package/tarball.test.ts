import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { command } from './helpers/command'
import { root, tarball } from './helpers/pack'

const documents = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md']

/** The files of the package for a source file. A file that is not TypeScript is an asset. */
function compiled(file: string): string[] {
  if (file.endsWith('.d.ts')) return []
  const [, name] = /^(.*)\.ts$/.exec(file) ?? []
  return name === undefined ? [`dist/${file}`] : [`dist/${name}.d.ts`, `dist/${name}.js`]
}

/** Paths below a directory of the repository. */
function filesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(join(root, folder).length + 1))
}

interface Manifest {
  main: string
  types: string
  exports: { '.': Record<string, string> }
  scripts: Record<string, string>
}

async function packedManifest(): Promise<Manifest> {
  const { stdout } = await command(root, ['tar', '-xzOf', tarball().path, 'package/package.json'])
  return JSON.parse(stdout) as Manifest
}

test('holds each compiled source file with its declarations, the assets and the documents, and nothing else', () => {
  const expected = ['package.json', ...documents, ...filesIn('src').flatMap(compiled)]
  expect(tarball().files).toEqual(expected.sort())
})

test('holds no test', () => {
  expect(tarball().files.filter((file) => /\.test\.|(^|\/)tests?\//.test(file))).toEqual([])
})

test('points require, import and the compiler to files that it holds', async () => {
  const { main, types, exports } = await packedManifest()
  const targets = [main, types, ...Object.values(exports['.'])].map((path) => path.replace(/^\.\//, ''))
  expect(tarball().files).toEqual(expect.arrayContaining(targets))
})

test('runs no script on installation', async () => {
  const { scripts } = await packedManifest()
  const atInstallation = ['preinstall', 'install', 'postinstall', 'preprepare', 'prepare', 'postprepare']
  expect(Object.keys(scripts).filter((name) => atInstallation.includes(name))).toEqual([])
})
