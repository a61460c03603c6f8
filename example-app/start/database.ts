import MongoStore from 'connect-mongo'
import mongoose from 'mongoose'
import { findMongo } from 'dev-mongo'
import type { Shutdown } from './shutdown'

/** The database name, unless MONGODB_URI names one. */
const DATABASE = 'passport_jit_example'

/**
 * Connects Mongoose to the database at MONGODB_URI, or to a server that is found or started. Sessions go to the same
 * database.
 */
export async function startDatabase(shutdown: Shutdown): Promise<MongoStore> {
  const found = await findMongo({ log: console.log })
  shutdown.add(() => found.close())
  const dbName = found.engine === 'external' ? undefined : DATABASE
  await mongoose.connect(found.uri, { dbName })
  shutdown.add(() => mongoose.disconnect())
  const sessions = MongoStore.create({ mongoUrl: found.uri, dbName })
  shutdown.add(() => sessions.close())
  return sessions
}
