import type { SourceConfig } from '../sources/config'

/** 32 bytes, as they are or in base64. In a list, the first key encrypts and any key decrypts. */
export type EncryptionKey = Uint8Array | string | readonly (Uint8Array | string)[]

/** Sources in MongoDB, for the `sources` of `createJit`. */
export interface MongoSources {
  /**
   * Stores a source, or replaces the stored source with the same id. For moving sources from code to the database.
   * Problems with the source are reported when it is loaded.
   */
  put(config: SourceConfig): Promise<void>
}

/** Options of `mongoSources()`. */
export interface MongoSourcesOptions {
  /**
   * Encrypts client secrets and private keys (AES-256-GCM): 32 bytes, as a Buffer or in base64. In a list, the first
   * key encrypts and any key decrypts. To change the key, put the new one first, and remove the old one once every
   * source has been saved again.
   */
  encryptionKey: EncryptionKey
}
