import { randomBytes } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { findMongo, type FoundMongo } from 'dev-mongo'

/** The database of one test. */
export interface TestMongo extends FoundMongo {
  /** Includes the name of a fresh database. */
  uri: string
  /** Drops the database, and stops the server if it was started for it. */
  close(): Promise<void>
}

/** Finds a server (see `findMongo`) and creates a fresh database on it. */
export async function testMongo(): Promise<TestMongo> {
  const found = await findMongo()
  const url = new URL(found.uri)
  url.pathname = `/test_${randomBytes(6).toString('hex')}`
  const uri = url.toString()
  const close = async () => {
    // What dev-mongo has ends with it.
    if (found.devMongo) return found.close()
    const client = await MongoClient.connect(uri)
    await client.db().dropDatabase()
    await client.close()
    await found.close()
  }
  return { ...found, uri, close }
}
