import { join } from 'node:path'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { type Consumer, type ConsumerSetup, makeConsumer } from './helpers/consumer'
import { type Outside, outside } from './helpers/outside'
import { root } from './helpers/pack'

const files = (folder: string): string => join(root, 'test/package/consumers', folder)
const types = join(root, 'test/types')

/**
 * For a describe block: a consumer, installed during the block's tests. Returns a function that runs a command there.
 */
function useConsumer(setup: ConsumerSetup): (...line: string[]) => Promise<string> {
  let app: Consumer
  let mongo: TestMongo
  let world: Outside
  beforeAll(async () => {
    mongo = await testMongo()
    world = await outside()
    app = await makeConsumer(setup)
  })
  afterAll(() => Promise.all([app?.close(), mongo?.close(), world?.close()]))
  return (...line) =>
    app.run(line, {
      MONGODB_URI: mongo.uri,
      SSO_SOURCES: JSON.stringify(world.sources),
      PERSON_URL: world.personUrl,
    })
}

const everyJestTest = /^Tests: +3 passed, 3 total$/m
const everyNodeTest = /^# pass 3$/m

describe('a CommonJS app with the oldest supported Express, Mongoose and Passport, and Jest', () => {
  const run = useConsumer({
    type: 'commonjs',
    files: [[files('commonjs'), '.']],
    dependencies: {
      express: '4.21.0',
      mongoose: '8.9.0',
      passport: '0.7.0',
      'express-session': '^1.18.0',
      jest: '^30.0.0',
    },
  })

  test('signs people in', async () => {
    expect(await run('npx', 'jest')).toMatch(everyJestTest)
  })
})

describe('an ES module app with Express 5, Mongoose 9 and node:test', () => {
  const run = useConsumer({
    type: 'module',
    files: [
      [files('esm'), '.'],
      [files('node-test'), '.'],
    ],
    dependencies: {
      express: '^5.0.0',
      mongoose: '^9.0.0',
      passport: '^0.7.0',
      'express-session': '^1.18.0',
    },
  })

  test('signs people in', async () => {
    expect(await run('node', '--test', '--test-reporter=tap')).toMatch(everyNodeTest)
  })
})

describe('a TypeScript 5 app in CommonJS with Express 4 and Mongoose 8', () => {
  const run = useConsumer({
    type: 'commonjs',
    files: [
      [files('typescript'), '.'],
      [files('node-test'), 'out'],
      [types, 'types'],
    ],
    dependencies: {
      express: '^4.21.0',
      mongoose: '^8.9.0',
      passport: '^0.7.0',
      'express-session': '^1.18.0',
      typescript: '~5.9.0',
      '@types/express': '^4.17.21',
      '@types/express-session': '^1.18.0',
      '@types/node': '^20.0.0',
      '@types/passport': '^1.0.16',
    },
  })

  test('compiles with the declarations of every library checked, and signs people in', async () => {
    await run('npx', 'tsc', '-p', 'tsconfig.nodenext.json')
    expect(await run('node', '--test', '--test-reporter=tap', 'out/app.test.mjs')).toMatch(everyNodeTest)
  })
})

// Installed like pnpm does: a package finds only what it declares.
describe('a TypeScript 7 app of ES modules with Express 5 and Mongoose 9, in isolated folders', () => {
  const run = useConsumer({
    type: 'module',
    files: [
      [files('typescript'), '.'],
      [files('node-test'), 'out'],
      [types, 'types'],
    ],
    dependencies: {
      express: '^5.0.0',
      mongoose: '^9.0.0',
      passport: '^0.7.0',
      'express-session': '^1.18.0',
      typescript: '^7.0.0',
      '@types/express': '^5.0.0',
      '@types/express-session': '^1.18.0',
      '@types/node': '^20.0.0',
      '@types/passport': '^1.0.16',
    },
    install: ['--install-strategy=linked'],
  })

  test('compiles with the declarations of every library checked, and signs people in', async () => {
    await run('npx', 'tsc', '-p', 'tsconfig.nodenext.json')
    expect(await run('node', '--test', '--test-reporter=tap', 'out/app.test.mjs')).toMatch(everyNodeTest)
  })

  test('compiles with the module resolution of bundlers', () =>
    run('npx', 'tsc', '-p', 'tsconfig.bundler.json'))
})
