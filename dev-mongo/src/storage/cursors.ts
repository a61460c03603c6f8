import { Long } from 'bson'
import { type Doc, encode } from '../bson/document'
import { CommandError } from '../errors'

const MAX_BATCH_BYTES = 16 * 1024 * 1024

/** The documents that a cursor returns. */
export interface Results {
  namespace: string
  docs: Doc[]
  batchSize: number
  /** Returns the first batch only, and keeps no cursor. */
  singleBatch?: boolean
}

/** The open cursors. */
export class Cursors {
  readonly #open = new Map<string, { namespace: string; rest: Doc[] }>()
  #nextId = 1

  /** Returns the first batch, and keeps a cursor for the other documents. */
  open({ namespace, docs, batchSize, singleBatch = false }: Results): Doc {
    const { batch, rest } = cut(docs, batchSize)
    const keep = rest.length > 0 && !singleBatch
    const id = keep ? this.#nextId++ : 0
    if (keep) this.#open.set(String(id), { namespace, rest })
    return { firstBatch: batch, id: Long.fromNumber(id), ns: namespace }
  }

  more(id: string, namespace: string, batchSize: number): Doc {
    const cursor = this.#open.get(id)
    if (!cursor) throw new CommandError(43, `cursor id ${id} not found`)
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        13,
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      )
    }
    const { batch, rest } = cut(cursor.rest, batchSize)
    cursor.rest = rest
    if (rest.length === 0) this.#open.delete(id)
    return { nextBatch: batch, id: Long.fromString(rest.length ? id : '0'), ns: namespace }
  }

  kill(id: string): boolean {
    return this.#open.delete(id)
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
