import type { Connection } from 'mongoose'
import type { MongoSources, MongoSourcesOptions } from './options'
import { SecretBox } from './secret-box'
import { registerStore, SourceStore } from './source-store'

/**
 * Sources that admins add and edit at run time, in the collection `jitSources`. Every instance of the app sees the
 * edits of another within three seconds. Throws JitError `invalid_configuration` for an invalid key.
 */
export function mongoSources(connection: Connection, options: MongoSourcesOptions): MongoSources {
  const store = new SourceStore(connection, new SecretBox(options?.encryptionKey))
  const sources: MongoSources = { put: (config) => store.put(config) }
  registerStore(sources, store)
  return sources
}
