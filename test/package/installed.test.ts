import { readFileSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { preProcessFile } from 'typescript'
import { type Consumer, makeConsumer } from './helpers/consumer'
import { root, tarball } from './helpers/pack'

/** Every value that the package exports. Its other exports are types. */
const names = [
  'JitError',
  'OidcJitStrategy',
  'SamlJitStrategy',
  'createJit',
  'jitUser',
  'mongoSources',
  'standardFields',
]

const app = { express: '^5.0.0', mongoose: '^9.0.0', passport: '^0.7.0' }
let consumer: Consumer
beforeAll(async () => {
  consumer = await makeConsumer({ dependencies: app })
})
afterAll(() => consumer?.close())

const installed = (...path: string[]): string => join(consumer.folder, 'node_modules', ...path)

/** The imports of each file of the package, by its path. */
async function importsOf(ending: string): Promise<Map<string, string[]>> {
  const dist = installed('passport-jit', 'dist')
  const files = (await readdir(dist, { recursive: true })).filter((file) => file.endsWith(ending))
  const entries = files.map(async (file): Promise<[string, string[]]> => {
    const { importedFiles } = preProcessFile(await readFile(join(dist, file), 'utf8'), true, true)
    return [file, importedFiles.map(({ fileName }) => fileName)]
  })
  return new Map(await Promise.all(entries))
}

/** The packages among imports, without Node's own modules. */
function packages(imports: Iterable<string>): string[] {
  const outside = [...imports].filter((name) => !name.startsWith('.') && !isBuiltin(name))
  return [...new Set(outside.map((name) => /^(@[^/]+\/)?[^/]+/.exec(name)![0]))].sort()
}

/** The declaration files that a compiler reads, starting with `index.d.ts`. */
async function publicDeclarations(): Promise<string[]> {
  const imports = await importsOf('.d.ts')
  const read = new Set(['index.d.ts'])
  for (const file of read) {
    const own = imports.get(file)!.filter((name) => name.startsWith('.'))
    for (const name of own) read.add(join(file, '..', `${name}.d.ts`))
  }
  return [...read].sort()
}

describe('the exports', () => {
  test('are the same few names for require', async () => {
    const said = await consumer.run(['node', '-p', 'JSON.stringify(Object.keys(require("passport-jit")))'])
    expect((JSON.parse(said) as string[]).sort()).toEqual(names)
  })

  test('are named exports for import', async () => {
    const module = `import { ${names.join(', ')} } from 'passport-jit'
      console.log(JSON.stringify([${names.join(', ')}].map((value) => typeof value)))`
    const said = await consumer.run(['node', '--input-type=module', '-e', module])
    expect(JSON.parse(said)).toEqual([...Array<string>(6).fill('function'), 'object'])
  })
})

describe('the imports', () => {
  interface Manifest {
    dependencies: object
    peerDependencies: object
  }
  const declared = (): string[] => {
    const { dependencies, peerDependencies } = JSON.parse(
      readFileSync(installed('passport-jit', 'package.json'), 'utf8'),
    ) as Manifest
    return [...Object.keys(dependencies), ...Object.keys(peerDependencies)].sort()
  }

  test('match the declared dependencies exactly', async () => {
    const imported = packages([...(await importsOf('.js')).values()].flat())
    expect(imported).toEqual(declared().filter((name) => !name.startsWith('@types/')))
  })

  test('name only Express, Mongoose and Passport in the declarations', async () => {
    const imports = await importsOf('.d.ts')
    const named = (await publicDeclarations()).flatMap((file) => imports.get(file)!)
    expect(packages(named)).toEqual(['express', 'mongoose', 'passport'])
  })
})

describe('the published types', () => {
  test('reach only declarations of public things', async () => {
    expect(await publicDeclarations()).toEqual([
      'activity/options.d.ts',
      'errors.d.ts',
      'events.d.ts',
      ...['fields/identity.d.ts', 'fields/model-paths.d.ts', 'fields/options.d.ts'],
      ...['fields/plugin.d.ts', 'fields/standard.d.ts'],
      ...['index.d.ts', 'jit.d.ts'],
      ...['login/assertion.d.ts', 'login/decision.d.ts', 'login/managed-field.d.ts', 'login/result.d.ts'],
      ...['oidc/strategy.d.ts', 'options.d.ts', 'outgoing/proxy.d.ts'],
      ...['passport/auth-info.d.ts', 'passport/jit-strategy.d.ts', 'passport/signed-in-through.d.ts'],
      ...['saml/limits.d.ts', 'saml/strategy.d.ts', 'sessions/app-session.d.ts'],
      ...['sources/config.d.ts', 'sources/details.d.ts'],
      // The options of a source are declared once, in a table.
      ...['sources/general-options.d.ts', 'sources/oidc-options.d.ts', 'sources/option-table.d.ts'],
      'sources/saml-options.d.ts',
      ...['stored-sources/mongo-sources.d.ts', 'stored-sources/options.d.ts'],
      ...['web/admin/admin-options.d.ts', 'web/require-sso.d.ts', 'web/router-options.d.ts'],
    ])
  })

  test('declare no symbol-keyed member', async () => {
    const dist = installed('passport-jit', 'dist')
    for (const file of await publicDeclarations()) {
      expect(await readFile(join(dist, file), 'utf8')).not.toMatch(/unique symbol|\[\w+\]:/)
    }
  })
})

describe('the installed size', () => {
  interface Lock {
    packages: Record<string, { hasInstallScript?: true }>
  }
  const lock = (app: Consumer): Lock =>
    JSON.parse(readFileSync(join(app.folder, 'node_modules/.package-lock.json'), 'utf8')) as Lock

  async function weight(app: Consumer): Promise<{ packages: number; bytes: number }> {
    const files = await readdir(join(app.folder, 'node_modules'), { recursive: true, withFileTypes: true })
    const sizes = files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => statSync(join(parentPath, name)).size)
    return {
      packages: Object.keys(lock(app).packages).length,
      bytes: sizes.reduce((sum, size) => sum + size, 0),
    }
  }

  function expectAbout(stated: number, measured: number): void {
    expect(stated).toBeGreaterThan(0.8 * measured)
    expect(stated).toBeLessThan(1.2 * measured)
  }

  test('matches the README', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8').replaceAll(/\s+/g, ' ')
    const statement = /The package is ([\d.]+) MB unpacked.* it adds (\d+) packages, ([\d.]+) MB in all/
    expect(readme).toMatch(statement)
    const [unpacked, count, megabytes] = statement.exec(readme)!.slice(1).map(Number)
    const other = await makeConsumer({ dependencies: app })
    const whole = await weight(other)
    await other.run(['npm', 'uninstall', '--no-audit', 'passport-jit'])
    const rest = await weight(other)
    await other.close()
    expectAbout(unpacked!, tarball().unpackedBytes / 1e6)
    expectAbout(count!, whole.packages - rest.packages)
    expectAbout(megabytes!, (whole.bytes - rest.bytes) / 1e6)
  })

  test('runs no script on installation', () => {
    const entries = Object.entries(lock(consumer).packages)
    expect(entries.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([])
  })
})
