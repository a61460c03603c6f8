import type { Collation } from './collation'
import { CommandError } from './errors'
import { isIndex } from './paths'
import type { Predicate } from './query'
import type { Doc } from './values'
import { isDoc, keyOf, own, sameValue, show } from './values'

/** A place in a collection: an update replaces its document. */
export interface Entry {
  doc: Doc
  /** Its place in the natural order. */
  readonly seq: number
}

/** What `createIndexes` asked for, checked (see schema.ts). */
export interface IndexSpec {
  name: string
  key: Doc
  /** As `listIndexes` shows it. */
  shown: Doc
  unique: boolean
  sparse: boolean
  expireAfterSeconds?: number
  collation?: Collation
  partial?: { filter: Doc; test: Predicate }
}

const MISSING = Symbol('missing')

/**
 * A hash index. For each document it holds the keys of every prefix of its fields, so that equalities on the first
 * field, the first two and so on find their documents directly.
 */
export class Index {
  readonly paths: string[]
  /** For each field whether a document ever had an array on the way to it. */
  readonly multikey: boolean[]
  readonly #entries = new Map<string, Set<Entry>>()
  /** Entries with a string that cannot be folded (see `Collation.fold`). */
  readonly #unfolded = new Set<Entry>()

  constructor(readonly spec: IndexSpec) {
    this.paths = Object.keys(spec.key)
    this.multikey = this.paths.map(() => false)
  }

  add(entry: Entry): void {
    for (const tuple of this.#tuples(entry.doc)) {
      for (const key of this.#prefixKeys(tuple)) {
        const bucket = key === undefined ? this.#unfolded : this.#bucket(key)
        bucket.add(entry)
      }
    }
  }

  remove(entry: Entry): void {
    for (const tuple of this.#tuples(entry.doc)) {
      for (const key of this.#prefixKeys(tuple)) {
        if (key === undefined) this.#unfolded.delete(entry)
        else if (this.#entries.get(key)?.delete(entry) && this.#entries.get(key)?.size === 0)
          this.#entries.delete(key)
      }
    }
  }

  /** All entries that may hold these values in the first fields; each has still to be compared. */
  find(values: unknown[]): Set<Entry> {
    const key = this.#prefixKeys(values).at(-1)
    if (key === undefined)
      return new Set(
        [...this.#entries.values()].flatMap((entries) => [...entries]).concat([...this.#unfolded]),
      )
    const found = this.#entries.get(key) ?? new Set<Entry>()
    return this.#unfolded.size ? new Set([...found, ...this.#unfolded]) : found
  }

  /** Throws if the index cannot hold a document: E11000 if another document than the given entry's holds one of the document's keys. */
  check(doc: Doc, namespace: string, except?: Entry): void {
    const tuples = this.#tuples(doc)
    for (const tuple of this.spec.unique ? tuples : []) {
      for (const other of this.find(tuple)) {
        if (other !== except && this.#holds(other.doc, tuple)) throw this.#duplicate(tuple, namespace)
      }
    }
  }

  #holds(doc: Doc, tuple: unknown[]): boolean {
    const { collation } = this.spec
    return this.#tuples(doc).some((held) => held.every((value, i) => sameValue(value, tuple[i], collation)))
  }

  #duplicate(tuple: unknown[], namespace: string): CommandError {
    const { name, key, collation } = this.spec
    // With a collation mongod gives the key that ICU made of a string. Ours differs, but it is no string of the user's either.
    const value = (item: unknown) =>
      collation && typeof item === 'string'
        ? `0x${Buffer.from(collation.fold(item) ?? item).toString('hex')}`
        : item
    const keyValue = Object.fromEntries(this.paths.map((path, i) => [path, value(tuple[i])]))
    const suffix = collation ? ` collation: ${show(collation.spec)}` : ''
    const message = `E11000 duplicate key error collection: ${namespace} index: ${name}${suffix} dup key: ${show(keyValue)}`
    return new CommandError(11000, message, { keyPattern: key, keyValue })
  }

  #bucket(key: string): Set<Entry> {
    let bucket = this.#entries.get(key)
    if (!bucket) this.#entries.set(key, (bucket = new Set()))
    return bucket
  }

  #prefixKeys(tuple: unknown[]): (string | undefined)[] {
    let prefix: string | undefined = ''
    return tuple.map((value) => {
      const key = keyOf(value, this.spec.collation)
      prefix = prefix === undefined || key === undefined ? undefined : prefix + key
      return prefix
    })
  }

  /** The keys of a document: several where there is an array on the way to a field, none where the index leaves it out. */
  #tuples(doc: Doc): unknown[][] {
    const { partial, sparse } = this.spec
    if (partial && !partial.test(doc)) return []
    const tuples = this.#expand(this.paths.map((path) => ({ value: doc, rest: path.split('.') })))
    return tuples
      .filter((tuple) => !sparse || tuple.some((value) => value !== MISSING))
      .map((tuple) => tuple.map((value) => (value === MISSING ? null : value)))
  }

  #expand(starts: Step[]): unknown[][] {
    const steps = starts.map(descend)
    const arrays = steps.filter((step) => Array.isArray(step.value) && !step.whole)
    const array = arrays[0]?.value as unknown[] | undefined
    if (!array) return [steps.map((step) => step.value)]
    if (arrays.some((step) => step.value !== array))
      throw new CommandError(171, 'cannot index parallel arrays')
    steps.forEach((step, i) => (this.multikey[i] ||= step.value === array && !step.whole))
    const elements = array.length ? array : [EMPTY]
    return elements.flatMap((element) =>
      this.#expand(steps.map((step) => (step.value === array && !step.whole ? into(step, element) : step))),
    )
  }
}

interface Step {
  value: unknown
  rest: string[]
  /** The value is a key as it is, even if it is an array (an array within an array). */
  whole?: boolean
}

const EMPTY = Symbol('empty')

function into(step: Step, element: unknown): Step {
  // mongod indexes an empty array as undefined, and a field that is looked for inside of one as missing.
  if (element === EMPTY) return { value: step.rest.length ? MISSING : undefined, rest: [], whole: true }
  if (step.rest.length && !isDoc(element)) return { value: MISSING, rest: [], whole: true }
  return { value: element, rest: step.rest, whole: step.rest.length === 0 }
}

/** Follows a path to its end or to the first array on the way. */
function descend({ value, rest, whole }: Step): Step {
  let at = 0
  for (const part of rest) {
    if (Array.isArray(value)) {
      if (!isIndex(part) || Number(part) >= value.length) break
      value = (value as unknown[])[Number(part)]
    } else if (isDoc(value) && Object.hasOwn(value, part)) value = own(value, part)
    else return { value: MISSING, rest: [], whole: true }
    at++
  }
  return { value, rest: rest.slice(at), whole }
}
