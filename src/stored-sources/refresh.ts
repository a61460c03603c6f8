import { publicConfig, separateSecrets } from '../sources/public-config'
import { brokenSource, type SourceEntry, type SourceRegistry, type Validate } from '../sources/registry'
import type { Validated } from '../sources/validate'
import { delegated } from './delegation'
import { type RecordHead, type SourceRecord, type SourceStore, unopenedProblem } from './source-store'

/** How often to look for edits of other instances, in milliseconds. */
const POLL_MS = 2000

interface Setup {
  store: SourceStore
  registry: SourceRegistry
  validate: Validate
  /** Called once for each broken source, and once for a database that does not answer. */
  report: (error: unknown) => unknown
}

type StampedEntry = { stamp: string; entry: SourceEntry }

/**
 * Keeps the registry's snapshot of the sources in the database fresh, so that no sign-in asks the database for its
 * source. While the database does not answer, the last snapshot stays in use.
 */
export class SourceRefresh {
  readonly #setup: Setup
  #entries: ReadonlyMap<string, StampedEntry> = new Map()
  #last: Promise<unknown> = Promise.resolve()
  #timer: NodeJS.Timeout | undefined
  #closed = false
  #failing = false

  constructor(setup: Setup) {
    this.#setup = setup
  }

  /** Starts looking for changes in the background. Safe to call again. */
  start(): void {
    if (!this.#timer) this.#schedule()
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  /** Looks for changes now. Rejects if the database does not answer. */
  refresh(): Promise<void> {
    // One at a time, so that an earlier answer cannot replace a later one.
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
    const changed = heads.filter((head) => this.#entries.get(head._id)?.stamp !== stampOf(head))
    const records = changed.length > 0 ? await store.read(changed.map(({ _id }) => _id)) : []
    const fresh = new Map(
      records.map((record): [string, StampedEntry] => {
        const entry = entryOfRecord(record, this.#setup)
        if (entry.problems.length > 0) report(brokenSource(entry))
        return [record._id, { stamp: stampOf(record), entry }]
      }),
    )
    const gone = new Set(changed.map(({ _id }) => _id).filter((id) => !fresh.has(id)))
    const entries = heads
      .filter(({ _id }) => !gone.has(_id))
      .map(({ _id }): [string, StampedEntry] => [_id, (fresh.get(_id) ?? this.#entries.get(_id))!])
    this.#entries = new Map(entries)
    registry.setDatabase(entries.map(([, { entry }]) => entry))
  }
}

/** The source that a stored record makes, or its problems. Never throws. */
function entryOfRecord(record: SourceRecord, { store, registry, validate }: Setup): SourceEntry {
  const { config, unopened, delegation } = store.open(record)
  const { _id: id, version } = record
  const { source, problems = [] }: Validated =
    unopened.length > 0 ? { problems: unopened.map(unopenedProblem) } : validate(config)
  const isShadowed = registry.isInCode(id)
  return {
    id,
    origin: 'database',
    version,
    config: publicConfig(config),
    secrets: [...separateSecrets(config).secrets.keys(), ...unopened],
    source: isShadowed || !source ? undefined : delegated(source, delegation),
    ...(delegation && { delegation }),
    problems: [...(isShadowed ? [{ option: 'id', message: shadowed }] : []), ...problems],
  }
}

const shadowed = 'a source in code has the same id and is used instead; remove one of them'

/** The version alone would miss a source that was deleted and added again. */
function stampOf({ version, updatedAt }: RecordHead): string {
  return `${version} ${updatedAt?.getTime?.()}`
}

function byAge(a: RecordHead, b: RecordHead): number {
  return Number(a.createdAt) - Number(b.createdAt) || a._id.localeCompare(b._id)
}
