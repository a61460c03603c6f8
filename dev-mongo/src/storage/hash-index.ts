import type { Collation } from '../bson/collation'
import { keyOf, sameValue } from '../bson/compare'
import type { Doc } from '../bson/document'
import { show } from '../bson/show'
import { CommandError } from '../errors'
import type { Predicate } from '../query/operators'
import { indexValues } from './index-values'

/** A document's place in a collection. An update replaces the document. */
export interface Entry {
  doc: Doc
  /** The entry's rank in the natural order. */
  readonly seq: number
}

/** A checked specification from `createIndexes`. */
export interface IndexSpec {
  name: string
  key: Doc
  /** The specification as `listIndexes` shows it. */
  shown: Doc
  unique: boolean
  sparse: boolean
  expireAfterSeconds?: number
  collation?: Collation
  partial?: { filter: Doc; test: Predicate }
}

/**
 * A hash index. For each document it holds the keys of every prefix of its fields, so that equalities on the first
 * field, on the first two and so on find their documents directly.
 */
export class HashIndex {
  readonly paths: string[]
  /** For each field whether a document ever had an array on the way to it. */
  readonly multikey: boolean[]
  readonly #buckets = new Map<string, Set<Entry>>()
  /** Entries with a string that cannot be folded (see `Collation.fold`). */
  readonly #unfolded = new Set<Entry>()

  constructor(readonly spec: IndexSpec) {
    this.paths = Object.keys(spec.key)
    this.multikey = this.paths.map(() => false)
  }

  add(entry: Entry): void {
    for (const key of this.#keysOf(entry.doc)) {
      if (key === undefined) this.#unfolded.add(entry)
      else this.#bucket(key).add(entry)
    }
  }

  remove(entry: Entry): void {
    for (const key of this.#keysOf(entry.doc)) {
      if (key === undefined) this.#unfolded.delete(entry)
      else if (this.#buckets.get(key)?.delete(entry) && this.#buckets.get(key)?.size === 0)
        this.#buckets.delete(key)
    }
  }

  /** Finds all entries that may hold these values in the first fields. The caller compares each. */
  find(values: unknown[]): Set<Entry> {
    const key = this.#prefixKeys(values).at(-1)
    if (key === undefined)
      return new Set([...this.#buckets.values()].flatMap((bucket) => [...bucket]).concat([...this.#unfolded]))
    const bucket = this.#buckets.get(key) ?? new Set<Entry>()
    return this.#unfolded.size ? new Set([...bucket, ...this.#unfolded]) : bucket
  }

  /**
   * Throws if the index cannot hold a document: E11000 if an entry holds one of the document's keys. `except` is the
   * document's own entry.
   */
  check(doc: Doc, namespace: string, except?: Entry): void {
    const lists = this.#valuesOf(doc)
    for (const values of this.spec.unique ? lists : []) {
      for (const other of this.find(values)) {
        if (other !== except && this.#holds(other.doc, values)) throw this.#duplicate(values, namespace)
      }
    }
  }

  #holds(doc: Doc, values: unknown[]): boolean {
    const { collation } = this.spec
    return this.#valuesOf(doc).some((held) =>
      held.every((value, i) => sameValue(value, values[i], collation)),
    )
  }

  #duplicate(values: unknown[], namespace: string): CommandError {
    const { name, key, collation } = this.spec
    // With a collation mongod shows the sort key that ICU made of a string. Ours differs from it, but also hides the string.
    const printable = (value: unknown) =>
      collation && typeof value === 'string'
        ? `0x${Buffer.from(collation.fold(value) ?? value).toString('hex')}`
        : value
    const keyValue = Object.fromEntries(this.paths.map((path, i) => [path, printable(values[i])]))
    const suffix = collation ? ` collation: ${show(collation.spec)}` : ''
    const message = `E11000 duplicate key error collection: ${namespace} index: ${name}${suffix} dup key: ${show(keyValue)}`
    return new CommandError(11000, message, { keyPattern: key, keyValue })
  }

  #bucket(key: string): Set<Entry> {
    let bucket = this.#buckets.get(key)
    if (!bucket) this.#buckets.set(key, (bucket = new Set()))
    return bucket
  }

  #keysOf(doc: Doc): (string | undefined)[] {
    return this.#valuesOf(doc).flatMap((values) => this.#prefixKeys(values))
  }

  #prefixKeys(values: unknown[]): (string | undefined)[] {
    let prefix: string | undefined = ''
    return values.map((value) => {
      const key = keyOf(value, this.spec.collation)
      prefix = prefix === undefined || key === undefined ? undefined : prefix + key
      return prefix
    })
  }

  #valuesOf(doc: Doc): unknown[][] {
    const { partial, sparse } = this.spec
    if (partial && !partial.test(doc)) return []
    const { lists, multikey } = indexValues(doc, this.paths, sparse)
    multikey.forEach((isMultikey, i) => (this.multikey[i] ||= isMultikey))
    return lists
  }
}
