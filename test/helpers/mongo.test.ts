import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { findMongo, startDevMongo } from 'dev-mongo'
import { testMongo } from './mongo'

const { MONGODB_URI, PATH } = process.env
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'path-'))
  delete process.env.MONGODB_URI
  process.env.PATH = folder
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  process.env.PATH = PATH
  if (MONGODB_URI !== undefined) process.env.MONGODB_URI = MONGODB_URI
  else delete process.env.MONGODB_URI
})

function mongodOnPath(script: string): void {
  writeFileSync(join(folder, 'mongod'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, 'mongod'), 0o755)
}

async function serves(uri: string): Promise<string> {
  const client = await MongoClient.connect(uri)
  await client.db().collection('things').insertOne({})
  await client.close()
  return client.db().databaseName
}

test('prefers MONGODB_URI, and leaves its server running without the test database', async () => {
  mongodOnPath('exit 1')
  const server = await startDevMongo()
  process.env.MONGODB_URI = `${server.uri}/?retryWrites=false`
  const mongo = await testMongo()
  expect(mongo).toMatchObject({ engine: 'external' })
  expect(mongo.uri).toMatch(/\/test_[0-9a-f]{12}\?retryWrites=false$/)
  await serves(mongo.uri)
  await mongo.close()
  const client = await MongoClient.connect(server.uri)
  expect((await client.db().admin().listDatabases()).databases).toEqual([])
  await client.close()
  await server.close()
})

test('starts a mongod on the PATH, and stops it', async () => {
  const main = join(__dirname, '../../dev-mongo/src/main.ts')
  mongodOnPath(
    `cd '${join(__dirname, '../..')}' && exec '${process.execPath}' --import tsx '${main}' --port "$4"`,
  )
  const mongo = await testMongo()
  expect(mongo.engine).toBe('mongod')
  await serves(mongo.uri)
  await mongo.close()
  await expect(MongoClient.connect(mongo.uri, { serverSelectionTimeoutMS: 200 })).rejects.toThrow()
})

test('reports a mongod that does not start, and uses dev-mongo', async () => {
  mongodOnPath('exit 62')
  const lines: string[] = []
  const found = await findMongo({ log: (line) => lines.push(line) })
  expect(found.engine).toBe('dev-mongo')
  expect(lines).toEqual([expect.stringContaining('code 62'), `MongoDB: dev-mongo at ${found.uri}`])
  await found.close()
})

test('uses a separate dev-mongo and database for each call without any of them', async () => {
  const [one, two] = [await testMongo(), await testMongo()]
  expect([one.engine, two.engine]).toEqual(['dev-mongo', 'dev-mongo'])
  expect(one.devMongo).toBeDefined()
  expect(await serves(one.uri)).not.toBe(await serves(two.uri))
  await one.close()
  await two.close()
})
