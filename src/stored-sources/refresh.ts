import { brokenSource, type SourceEntry, type SourceRegistry } from '../sources/registry'
import type { RecordHead, SourceStore } from './source-store'

/** How long an edit of another instance may go unseen, in milliseconds, beside the time of one query. */
const POLL_MS = 2000

interface Setup {
  store: SourceStore
  registry: SourceRegistry
  /** Told of each broken source once, and once of a database that does not answer. */
  report: (error: unknown) => unknown
}

interface Known {
  stamp: string
  entry: SourceEntry
}

/**
 * Keeps the registry's snapshot of the sources in the database fresh, so that no sign-in asks the database for
 * its source. While the database does not answer the last snapshot stays in use.
 */
export class SourceRefresh {
  readonly #setup: Setup
  #known: ReadonlyMap<string, Known> = new Map()
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #failing = false

  constructor(setup: Setup) {
    this.#setup = setup
  }

  /** Starts to look for changes in the background. Safe to call again. */
  start(): void {
    if (!this.#timer) this.#schedule()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Looks for changes now. Rejects where the database does not answer. */
  refresh(): Promise<void> {
    // One after the other: what was asked earlier must not take the place of what was asked later.
    const refreshed = this.#last.then(() => this.#load())
    this.#last = refreshed.catch(() => undefined)
    return refreshed
  }

  #schedule(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => void this.#poll(), POLL_MS).unref()
  }

  async #poll(): Promise<void> {
    try {
      await this.refresh()
      this.#failing = false
    } catch (error) {
      if (!this.#failing && !this.#closed) this.#setup.report(error)
      this.#failing = true
    }
    this.#schedule()
  }

  async #load(): Promise<void> {
    const { store, registry, report } = this.#setup
    const heads = (await store.heads()).sort(byAge)
    const changed = heads.filter((head) => this.#known.get(head._id)?.stamp !== stampOf(head))
    const records = changed.length > 0 ? await store.read(changed.map(({ _id }) => _id)) : []
    const fresh = new Map(
      records.map((record): [string, Known] => {
        const entry = registry.entryOfRecord(record, store)
        if (entry.problems.length > 0) report(brokenSource(entry))
        return [record._id, { stamp: stampOf(record), entry }]
      }),
    )
    const gone = new Set(changed.map(({ _id }) => _id).filter((id) => !fresh.has(id)))
    const known = heads
      .filter(({ _id }) => !gone.has(_id))
      .map(({ _id }): [string, Known] => [_id, (fresh.get(_id) ?? this.#known.get(_id))!])
    this.#known = new Map(known)
    registry.setDatabase(known.map(([, { entry }]) => entry))
  }
}

/** The version alone would miss a source that was deleted and added again. */
function stampOf({ version, updatedAt }: RecordHead): string {
  return `${version} ${updatedAt?.getTime?.()}`
}

function byAge(a: RecordHead, b: RecordHead): number {
  return Number(a.createdAt) - Number(b.createdAt) || a._id.localeCompare(b._id)
}
