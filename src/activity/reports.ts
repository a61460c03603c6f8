import { JitError } from '../errors'
import type { Listeners } from './listeners'
import type { SourceRegistry } from '../sources/registry'
import type { Activity } from './activity'
import { refusalEntry } from './record'

/** Tells the app's listeners of errors, and the activity of a source about its own. */
export class Reports {
  readonly #reported = new WeakSet<Error>()
  readonly #listeners: Listeners<unknown>
  readonly #activity: Activity | undefined
  readonly #registry: SourceRegistry

  constructor(to: {
    listeners: Listeners<unknown>
    activity: Activity | undefined
    registry: SourceRegistry
  }) {
    this.#listeners = to.listeners
    this.#activity = to.activity
    this.#registry = to.registry
  }

  /** Reports an error once, however often it is passed here; resolves to the error. */
  async report(error: unknown): Promise<unknown> {
    if (!(error instanceof Error) || this.#reported.has(error)) return error
    this.#reported.add(error)
    if (!(error instanceof JitError)) await this.#listeners.tell('error', error)
    else {
      if (this.#hasSource(error.source)) this.#activity?.record(refusalEntry(error))
      await this.#listeners.tell(error.refused ? 'refused' : 'error', error)
    }
    return error
  }

  /** The id of an unknown source is whatever text was in an address; no activity is kept for it. */
  #hasSource(id: string | undefined): boolean {
    return this.#registry.entries().some((entry) => entry.id === id)
  }
}
