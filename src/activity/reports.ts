import { JitError } from '../errors'
import type { Listeners } from './listeners'
import type { SourceRegistry } from '../sources/registry'
import type { Activity } from './activity'
import { refusalEntry } from './record'

/** Tells the app's listeners of errors, and records those of a source in the activity. */
export class Reports {
  readonly #reported = new WeakSet<Error>()

  constructor(
    private readonly listeners: Listeners<unknown>,
    private readonly activity: Activity | undefined,
    private readonly registry: SourceRegistry,
  ) {}

  /** Reports each error once; resolves to the error. */
  async report(error: unknown): Promise<unknown> {
    if (!(error instanceof Error) || this.#reported.has(error)) return error
    this.#reported.add(error)
    if (error instanceof JitError) this.#nameOrganization(error)
    if (!(error instanceof JitError)) await this.listeners.tell('error', error)
    else {
      if (this.#hasSource(error.source)) this.activity?.record(refusalEntry(error))
      await this.listeners.tell(error.refused ? 'refused' : 'error', error)
    }
    return error
  }

  #nameOrganization(error: JitError): void {
    const { organization } = (error.source !== undefined && this.registry.find(error.source)) || {}
    if (organization !== undefined) error.organization = organization
  }

  /** An unknown source's id can be any text from an address, so no activity is kept for it. */
  #hasSource(id: string | undefined): boolean {
    return this.registry.entries().some((entry) => entry.id === id)
  }
}
