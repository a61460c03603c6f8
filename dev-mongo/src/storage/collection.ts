import type { Collation } from '../bson/collation'
import { type Doc, encode } from '../bson/document'
import { CommandError } from '../errors'
import { compileFilter } from '../query/filter'
import { candidatesAt } from '../query/paths'
import { type Entry, HashIndex, type IndexSpec } from './hash-index'
import { plan } from './plan'

const MAX_DOCUMENT = 16 * 1024 * 1024

/** How one search read a collection. */
export interface Reading {
  plan: 'IXSCAN' | 'COLLSCAN'
  docsExamined: number
}

/** The documents of one collection in their natural order, and its indexes. */
export class Collection {
  readonly indexes = new Map<string, HashIndex>()
  readonly #entries = new Set<Entry>()
  #seq = 0

  constructor(
    readonly namespace: string,
    private readonly report: (reading: Reading) => void,
  ) {
    const key = { _id: 1 }
    const spec = { name: '_id_', key, shown: { v: 2, key, name: '_id_' }, unique: true, sparse: false }
    this.indexes.set('_id_', new HashIndex(spec))
  }

  /** Finds the entries that match a filter, in natural order. Stops at the limit. */
  find(filter: Doc, collation?: Collation, limit = Infinity): Entry[] {
    const matches = compileFilter(filter, collation)
    const candidates = plan(filter, this.indexes.values(), collation)
    const entries: Entry[] = []
    let docsExamined = 0
    for (const entry of candidates ? [...candidates].sort((a, b) => a.seq - b.seq) : this.#entries) {
      if (entries.length >= limit) break
      docsExamined++
      if (matches(entry.doc)) entries.push(entry)
    }
    this.report({ plan: candidates ? 'IXSCAN' : 'COLLSCAN', docsExamined })
    return entries
  }

  /** Adds a document. Its first field is `_id`. */
  insert(doc: Doc): void {
    this.#check(doc)
    const entry = { doc, seq: this.#seq++ }
    this.#entries.add(entry)
    for (const index of this.indexes.values()) index.add(entry)
  }

  replace(entry: Entry, doc: Doc): void {
    this.#check(doc, entry)
    for (const index of this.indexes.values()) index.remove(entry)
    entry.doc = doc
    for (const index of this.indexes.values()) index.add(entry)
  }

  remove(entry: Entry): void {
    for (const index of this.indexes.values()) index.remove(entry)
    this.#entries.delete(entry)
  }

  /** Builds an index. If the documents violate it, nothing changes. */
  addIndex(spec: IndexSpec): void {
    const index = new HashIndex(spec)
    for (const entry of this.#entries) {
      index.check(entry.doc, this.namespace)
      index.add(entry)
    }
    this.indexes.set(spec.name, index)
  }

  /** Removes the documents that have expired by a TTL index. */
  expire(now: number): void {
    for (const { spec, paths } of this.indexes.values()) {
      const [path, seconds] = [paths[0], spec.expireAfterSeconds]
      if (path === undefined || seconds === undefined) continue
      for (const entry of [...this.#entries]) {
        const dates = candidatesAt(entry.doc, path).filter((value) => value instanceof Date)
        const first = Math.min(...dates.map(Number))
        if (first + seconds * 1000 <= now && (!spec.partial || spec.partial.test(entry.doc)))
          this.remove(entry)
      }
    }
  }

  #check(doc: Doc, except?: Entry): void {
    if (encode(doc).length > MAX_DOCUMENT) {
      throw new CommandError(except ? 17419 : 10334, `The document is larger than ${MAX_DOCUMENT} bytes`)
    }
    for (const index of this.indexes.values()) index.check(doc, this.namespace, except)
  }
}
