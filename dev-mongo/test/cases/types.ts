import { type Collection, type Db, type Document, MongoServerError } from 'mongodb'

/** One thing to do with an empty database, and what can be seen of it. */
export type Case = (db: Db) => Promise<unknown>

/** A collection whose documents come back with their BSON types. */
export function typed(db: Db): Collection<Document> {
  return db.collection('things', { promoteValues: false, bsonRegExp: true })
}

/** What a promise comes to: its value, or the refusal's code, and all there is of a duplicate key. */
export async function outcome(promise: Promise<unknown>): Promise<unknown> {
  try {
    return await promise
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error
    const duplicate = error.code === 11000 && {
      message: error.message,
      keyPattern: error.keyPattern,
      keyValue: error.keyValue,
    }
    return { code: error.code, ...duplicate }
  }
}
