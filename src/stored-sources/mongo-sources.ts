import type { Connection } from 'mongoose'
import type { SourceConfig } from '../sources/config'
import { type EncryptionKey, SecretBox } from './secret-box'
import { SourceStore } from './source-store'

const store: unique symbol = Symbol('passport-jit source store')

/** Sources in MongoDB, for the `sources` of `createJit`. */
export interface MongoSources {
  /**
   * Stores a source, or replaces the stored source with the same id. For moving sources from code to the database.
   * Problems with the source are reported when it is loaded.
   */
  put(config: SourceConfig): Promise<void>
  readonly [store]: SourceStore
}

export interface MongoSourcesOptions {
  /**
   * Encrypts client secrets and private keys (AES-256-GCM): 32 bytes, as a Buffer or in base64. In a list, the first
   * key encrypts and any key decrypts. To change the key, put the new one first, and remove the old one once every
   * source has been saved again.
   */
  encryptionKey: EncryptionKey
}

/**
 * Sources that admins add and edit at run time, in the collection `jitSources`. Every instance of the app sees the
 * edits of another within three seconds. Throws JitError `invalid_configuration` for an invalid key.
 */
export function mongoSources(connection: Connection, options: MongoSourcesOptions): MongoSources {
  const sources = new SourceStore(connection, new SecretBox(options?.encryptionKey))
  return { [store]: sources, put: (config) => sources.put(config) }
}

/** The store behind the return value of `mongoSources`; undefined for any other value. */
export function storeOf(source: unknown): SourceStore | undefined {
  return typeof source === 'object' && source !== null ? (source as Partial<MongoSources>)[store] : undefined
}
