import { MongoClient } from 'mongodb'
import { type DevMongo, startDevMongo } from '../src/server'
import { answerOf, readAnswers } from './answers'
import { groups } from './cases/groups'

// The fixtures hold the answers of an independent engine; record.ts records them. With COMPARE_MONGODB_URI each case
// also runs on that server, and fails if the fixture is out of date.
const compareUri = process.env.COMPARE_MONGODB_URI

let server: DevMongo
let devMongo: MongoClient
let other: MongoClient | undefined

beforeAll(async () => {
  server = await startDevMongo()
  devMongo = await MongoClient.connect(server.uri)
  if (compareUri) other = await MongoClient.connect(compareUri)
})
afterAll(async () => {
  await devMongo.close()
  await other?.close()
  await server.close()
})

describe.each(Object.entries(groups))('%s', (group, cases) => {
  const fixtures = readAnswers(group)

  test.each(Object.entries(cases))('%s', async (name, run) => {
    expect(fixtures).toHaveProperty([name])
    const fixture = fixtures[name]
    if (other) expect({ fixture }).toEqual({ fixture: await answerOf(other, run) })
    expect(await answerOf(devMongo, run)).toEqual(fixture)
  })
})
