import type { Connection } from 'mongoose'
import type { SourceConfig } from '../sources/config'
import { type EncryptionKey, SecretBox } from './secret-box'
import { SourceStore } from './source-store'

const store: unique symbol = Symbol('passport-jit source store')

/** Sources in MongoDB, to be put among the `sources` of `createJit`. */
export interface MongoSources {
  /**
   * Stores a source, in place of the one of its id if there is one: to move sources from code to the database.
   * What is wrong with it is told where it is loaded.
   */
  put(config: SourceConfig): Promise<void>
  readonly [store]: SourceStore
}

export interface MongoSourcesOptions {
  /**
   * What client secrets and private keys are encrypted with (AES-256-GCM): 32 bytes, as a Buffer or in base64. Of
   * a list the first encrypts and any decrypts: to change the key put the new one first, and take the old one
   * out when every source has been saved again.
   */
  encryptionKey: EncryptionKey
}

/**
 * Sources that admins add and edit at run time, in the collection `jitSources`. Every instance of the app picks
 * up what another one has saved within three seconds. Throws JitError `invalid_configuration` for a key that
 * is none.
 */
export function mongoSources(connection: Connection, options: MongoSourcesOptions): MongoSources {
  const sources = new SourceStore(connection, new SecretBox(options?.encryptionKey))
  return { [store]: sources, put: (config) => sources.put(config) }
}

/** The store behind what `mongoSources` returned; undefined for all else. */
export function storeOf(source: unknown): SourceStore | undefined {
  return typeof source === 'object' && source !== null ? (source as Partial<MongoSources>)[store] : undefined
}
