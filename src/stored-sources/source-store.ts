import type { Collection, Connection } from 'mongoose'
import { fromPrimary } from '../mongo/read-preference'
import type { SourceConfig } from '../sources/config'
import { secretOptions, type SecretOption } from '../sources/option-places'
import type { SourceProblem } from '../sources/option-problems'
import { joinSecrets, separateSecrets } from '../sources/public-config'
import { DomainClaims } from './domain-claims'
import type { Delegation } from '../sources/registry'
import type { SecretBox } from './secret-box'

/** The part of a record that shows whether it has changed. */
export interface RecordHead {
  /** The source's id. */
  _id: string
  /** Counts the edits, from 1. */
  version: number
  createdAt: Date
  updatedAt: Date
}

export interface SourceRecord extends RecordHead {
  delegation?: Delegation
  /** Without `id` and without secrets. */
  config: Omit<SourceConfig, 'id'>
  /** Encrypted. */
  secrets: { option: SecretOption; sealed: string }[]
}

/** A record with its secrets decrypted, and those that no key opens. */
export interface OpenedRecord {
  config: unknown
  unopened: SecretOption[]
  delegation?: Delegation
}

/** Until Mongoose is connected, its collections return a promise of a cursor, against their types. */
type Cursor = { toArray(): Promise<RecordHead[]> }

/** Reads and writes sources in the collection `jitSources`. Secrets are encrypted at rest. */
export class SourceStore {
  readonly #connection: Connection
  readonly #box: SecretBox
  readonly domains: DomainClaims
  /** A part of the filter of each query about one record. */
  readonly #scope: { 'config.organization'?: string }

  constructor(connection: Connection, box: SecretBox, organization?: string) {
    this.#connection = connection
    this.#box = box
    this.domains = new DomainClaims(connection, this)
    this.#scope = organization === undefined ? {} : { 'config.organization': organization }
  }

  /** A store that finds, replaces and deletes one organization's sources only. */
  within(organization: string): SourceStore {
    return new SourceStore(this.#connection, this.#box, organization)
  }

  async heads(): Promise<RecordHead[]> {
    const projection = { version: 1, createdAt: 1, updatedAt: 1 }
    const cursor = this.#collection().find({}, { projection, ...fromPrimary }) as unknown as
      Cursor | Promise<Cursor>
    const heads = await (await cursor).toArray()
    return heads.filter(({ _id }) => typeof _id === 'string')
  }

  read(ids: readonly string[]): Promise<SourceRecord[]> {
    const filter = { _id: { $in: [...ids] } }
    return this.#collection().find(filter, fromPrimary).toArray()
  }

  async readOne(id: string): Promise<SourceRecord | undefined> {
    return (await this.#collection().findOne({ _id: id, ...this.#scope }, fromPrimary)) ?? undefined
  }

  /** Resolves to false if the id is taken. */
  async insert(config: SourceConfig, delegation?: Delegation): Promise<boolean> {
    const now = new Date()
    const head = { _id: config.id, version: 1, createdAt: now, updatedAt: now }
    const record = { ...head, ...this.#seal(config), ...(delegation && { delegation }) }
    try {
      await this.#collection().insertOne(record)
      return true
    } catch (error) {
      if ((error as { code?: unknown }).code === 11000) return false
      throw error
    }
  }

  /** Atomic. Resolves to false if the stored version differs, or the record is gone. */
  async replace(config: SourceConfig, version: number, delegation?: Delegation): Promise<boolean> {
    const { matchedCount } = await this.#collection().updateOne(
      { _id: config.id, version, ...this.#scope },
      {
        $set: {
          ...{ version: version + 1, updatedAt: new Date() },
          ...this.#seal(config),
          ...(delegation && { delegation }),
        },
      },
    )
    return matchedCount === 1
  }

  /** Atomic. Resolves to false if the record has another version now, or is gone. Counts as an edit. */
  async setDelegation({ _id, version }: RecordHead, delegation: Delegation): Promise<boolean> {
    const { matchedCount } = await this.#collection().updateOne(
      { _id, version, ...this.#scope },
      { $set: { version: version + 1, updatedAt: new Date(), delegation } },
    )
    return matchedCount === 1
  }

  /** Inserts or replaces, without looking at the stored version. Counts as an edit. Its domains are the app's own word. */
  async put(config: SourceConfig): Promise<void> {
    const now = new Date()
    const change = {
      $set: { updatedAt: now, ...this.#seal(config) },
      $unset: { delegation: '' as const },
      $inc: { version: 1 },
    }
    const insertion = { $setOnInsert: { createdAt: now } }
    await this.#collection().updateOne({ _id: config.id }, { ...change, ...insertion }, { upsert: true })
  }

  async delete(id: string): Promise<void> {
    await this.#collection().deleteOne({ _id: id, ...this.#scope })
  }

  open({ _id, config, secrets, delegation }: SourceRecord): OpenedRecord {
    const stored = (Array.isArray(secrets) ? secrets : []).filter(isSecret)
    const opened = stored.map(({ option, sealed }) => [option, this.#box.open(_id, option, sealed)] as const)
    const readable = opened.filter(
      (entry): entry is readonly [SecretOption, string] => entry[1] !== undefined,
    )
    return {
      config: joinSecrets({ ...config, id: _id }, new Map(readable)),
      unopened: opened.filter(([, secret]) => secret === undefined).map(([option]) => option),
      ...(delegation && { delegation }),
    }
  }

  #seal(complete: SourceConfig): Pick<SourceRecord, 'config' | 'secrets'> {
    const { config, secrets } = separateSecrets(complete)
    const { id, ...rest } = config
    const sealed = [...secrets].map(([option, secret]) => ({
      option,
      sealed: this.#box.seal(id, option, secret),
    }))
    return { config: rest, secrets: sealed }
  }

  #collection(): Collection<SourceRecord> {
    return this.#connection.collection<SourceRecord>('jitSources')
  }
}

/** People may write records by hand. */
function isSecret(secret: { option?: unknown } | null): boolean {
  return secretOptions.includes(secret?.option as SecretOption)
}

export function unopenedProblem(option: SecretOption): SourceProblem {
  const message =
    'none of the encryption keys opens it: encryptionKey is wrong, or the record was altered; ' +
    'add the key that it was saved with to the list, or enter it again'
  return { option, message }
}

/** The stores behind what `mongoSources` returned. */
const stores = new WeakMap<object, SourceStore>()

/** Lets `createJit` find the store by the object that the app holds. */
export function registerStore(sources: object, store: SourceStore): void {
  stores.set(sources, store)
}

/** The store behind the return value of `mongoSources`; undefined for any other value. */
export function storeOf(source: unknown): SourceStore | undefined {
  return stores.get(source as object)
}
