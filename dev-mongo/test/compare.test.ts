import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EJSON } from 'bson'
import { MongoClient } from 'mongodb'
import { type DevMongo, startDevMongo } from '../src/server'
import { aggregations } from './cases/aggregations'
import { indexes } from './cases/indexes'
import { queries } from './cases/queries'
import type { Case } from './cases/types'
import { updates } from './cases/updates'

// The fixtures hold what an independent engine answered. With COMPARE_MONGODB_URI each case runs there as well, and
// fails if the fixture is out of date; with UPDATE_FIXTURES=1 too, that engine's answers become the fixtures.
const compareUri = process.env.COMPARE_MONGODB_URI
const updating = process.env.UPDATE_FIXTURES === '1'

let server: DevMongo
let devMongo: MongoClient
let other: MongoClient | undefined

beforeAll(async () => {
  if (updating && !compareUri)
    throw new Error('UPDATE_FIXTURES needs COMPARE_MONGODB_URI, the engine to learn from')
  server = await startDevMongo()
  devMongo = await MongoClient.connect(server.uri)
  if (compareUri) other = await MongoClient.connect(compareUri)
})
afterAll(async () => {
  await devMongo.close()
  await other?.close()
  await server.close()
})

describe.each(Object.entries({ queries, updates, indexes, aggregations }))('%s', (group, cases) => {
  const file = join(__dirname, 'fixtures', `${group}.json`)
  const fixtures: Record<string, unknown> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  const learnt: Record<string, unknown> = {}

  test.each(Object.entries(cases))('%s', async (name, run) => {
    if (other) {
      const answer = await inFreshDatabase(other, run)
      if (updating) fixtures[name] = learnt[name] = answer
      else expect({ fixture: fixtures[name] }).toEqual({ fixture: answer })
    }
    expect(fixtures).toHaveProperty([name])
    expect(await inFreshDatabase(devMongo, run)).toEqual(fixtures[name])
  })

  afterAll(() => {
    if (updating) writeFileSync(file, `${JSON.stringify(learnt, null, 1)}\n`)
  })
})

async function inFreshDatabase(client: MongoClient, run: Case): Promise<unknown> {
  const db = client.db(`compare_${randomBytes(6).toString('hex')}`)
  try {
    const seen = EJSON.stringify({ result: await run(db) }, { relaxed: false })
    return (JSON.parse(seen.replaceAll(db.databaseName, 'DB')) as { result: unknown }).result
  } finally {
    await db.dropDatabase()
  }
}
