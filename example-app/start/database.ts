import MongoStore from 'connect-mongo'
import mongoose from 'mongoose'
import { findMongo } from 'dev-mongo'
import type { Shutdown } from './shutdown'

/** The example's own database, on a server that no team gave. */
const DATABASE = 'passport_jit_example'

/**
 * Connects Mongoose to the team's database (MONGODB_URI), or to a server that is found or started here, and
 * keeps sessions in the same place.
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
