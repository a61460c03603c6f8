import { Long } from 'bson'
import type { Reading } from './collection'
import { Collection } from './collection'
import { CommandError } from './errors'
import type { Doc } from './values'
import { encode } from './values'

const MAX_BATCH_BYTES = 16 * 1024 * 1024

/** All databases, and the cursors that are open. */
export class Store {
  readonly databases = new Map<string, Map<string, Collection>>()
  readonly #cursors = new Map<string, { namespace: string; rest: Doc[] }>()
  #nextCursor = 1
  #readings: Reading[] = []

  /** Collects what is read from now on. */
  startReading(): Reading[] {
    return (this.#readings = [])
  }

  find(db: string, name: string): Collection | undefined {
    return this.databases.get(db)?.get(name)
  }

  /** The collection, or an empty one that is not kept: what a search looks into. */
  look(db: string, name: string): Collection {
    return this.find(db, name) ?? new Collection(`${db}.${name}`, () => {})
  }

  /** The collection, made if it is not there, as a write makes it in mongod. */
  make(db: string, name: string): Collection {
    if (name === '' || name.includes('$') || name.includes('\0')) {
      throw new CommandError(73, `Invalid collection name: ${name}`)
    }
    const collections = this.databases.get(db) ?? new Map<string, Collection>()
    this.databases.set(db, collections)
    const collection =
      collections.get(name) ?? new Collection(`${db}.${name}`, (reading) => this.#readings.push(reading))
    collections.set(name, collection)
    return collection
  }

  drop(db: string, name: string): boolean {
    const collections = this.databases.get(db)
    const dropped = collections?.delete(name) ?? false
    if (collections?.size === 0) this.databases.delete(db)
    return dropped
  }

  expire(now: number): void {
    for (const collections of this.databases.values()) for (const one of collections.values()) one.expire(now)
  }

  /** A first batch, and a cursor for what does not fit. */
  open(namespace: string, docs: Doc[], batchSize: number, single = false): Doc {
    const { batch, rest } = cut(docs, batchSize)
    const keep = rest.length > 0 && !single
    const id = keep ? this.#nextCursor++ : 0
    if (keep) this.#cursors.set(String(id), { namespace, rest })
    return { firstBatch: batch, id: Long.fromNumber(id), ns: namespace }
  }

  more(id: string, namespace: string, batchSize: number): Doc {
    const cursor = this.#cursors.get(id)
    if (!cursor) throw new CommandError(43, `cursor id ${id} not found`)
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        13,
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      )
    }
    const { batch, rest } = cut(cursor.rest, batchSize)
    cursor.rest = rest
    if (rest.length === 0) this.#cursors.delete(id)
    return { nextBatch: batch, id: Long.fromString(rest.length ? id : '0'), ns: namespace }
  }

  kill(id: string): boolean {
    return this.#cursors.delete(id)
  }
}

function cut(docs: Doc[], batchSize: number): { batch: Doc[]; rest: Doc[] } {
  let bytes = 0
  let count = 0
  for (const doc of docs.slice(0, batchSize)) {
    bytes += encode(doc).length
    if (count > 0 && bytes > MAX_BATCH_BYTES) break
    count++
  }
  return { batch: docs.slice(0, count), rest: docs.slice(count) }
}
