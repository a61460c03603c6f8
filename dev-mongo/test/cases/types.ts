import { type Collection, type Db, type Document, MongoServerError } from 'mongodb'

/** Does one thing with an empty database. Returns what a client sees of it. */
export type Case = (db: Db) => Promise<unknown>

/** A collection that returns documents with their BSON types. */
export function typed(db: Db): Collection<Document> {
  return db.collection('things', { promoteValues: false, bsonRegExp: true })
}

/** The value of a promise, or the server's error: its code, and the details of a duplicate key. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error
    const duplicate = Number(error.code) === 11000 && {
      message: error.message,
      keyPattern: error.keyPattern,
      keyValue: error.keyValue,
    }
    return { code: error.code, ...duplicate }
  }
}
