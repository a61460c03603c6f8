import type { Connection } from 'mongoose'
import type { MongoSources, MongoSourcesOptions } from './options'
import { SecretBox } from './secret-box'
import { SourceStore } from './source-store'

/** The stores behind what `mongoSources` returned. */
const stores = new WeakMap<object, SourceStore>()

/**
 * Sources that admins add and edit at run time, in the collection `jitSources`. Every instance of the app sees the
 * edits of another within three seconds. Throws JitError `invalid_configuration` for an invalid key.
 */
export function mongoSources(connection: Connection, options: MongoSourcesOptions): MongoSources {
  const store = new SourceStore(connection, new SecretBox(options?.encryptionKey))
  const sources: MongoSources = { put: (config) => store.put(config) }
  stores.set(sources, store)
  return sources
}

/** The store behind the return value of `mongoSources`; undefined for any other value. */
export function storeOf(source: unknown): SourceStore | undefined {
  return stores.get(source as object)
}
