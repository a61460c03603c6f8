import type { UserModel } from '../fields/plugin'
import type { Proxy } from '../outgoing/proxy'
import type { SourceConfig } from '../sources/config'
import { describeSource } from '../sources/describe-source'
import { isObject, mergePatch } from '../sources/merge-patch'
import type { SourceProblem } from '../sources/option-problems'
import { asJson } from '../sources/public-config'
import type { SourceEntry, SourceRegistry, Validate } from '../sources/registry'
import { type AdminSource, demandEditable, EditRefusal, type Saved } from './admin-source'
import { createProblems, patchProblems } from './edit-problems'
import { LinkedUsers } from './linked-users'
import { refusedAddresses } from './provider-addresses'
import { checkProvider } from './provider-check'
import { readMetadata, type ReadOptions, withoutSupplied } from './read-metadata'
import type { SourceRefresh } from './refresh'
import type { SourceStore } from './source-store'

type Database = { store: SourceStore; sync: SourceRefresh }

interface Setup extends Required<Parameters<typeof describeSource>[1]> {
  registry: SourceRegistry
  validate: Validate
  userModel: UserModel
  /** Undefined if every source is in code. */
  database: Database | undefined
  /** How requests to providers go out. Default: directly. */
  proxy?: Proxy
}

/**
 * Adds, edits and deletes sources, for the admin pages and the JSON API. `saml.metadata` or `saml.metadataUrl` may
 * replace the options that metadata supplies.
 */
export class Editor {
  readonly #setup: Setup
  readonly #linkedUsers: LinkedUsers

  constructor(setup: Setup) {
    this.#setup = setup
    this.#linkedUsers = new LinkedUsers(setup.userModel)
  }

  /** Whether there is a database to add sources to. */
  get canAdd(): boolean {
    return this.#setup.database !== undefined
  }

  /** Reads now what other instances have saved. Otherwise it takes up to three seconds. */
  async refresh(): Promise<void> {
    await this.#setup.database?.sync.refresh()
  }

  /** Every source, in code and in the database, in the order in which they are shown. */
  list(): AdminSource[] {
    return this.#setup.registry.entries().map((entry) => this.#describe(entry))
  }

  /** Throws JitError `unknown_source`. */
  get(id: string): AdminSource {
    return this.#describe(this.#setup.registry.entry(id))
  }

  /** Rejects with EditRefusal: `invalid`, `exists`, `no_database`. */
  async create(entered: unknown): Promise<Saved> {
    const { store, sync } = this.#database()
    const read = await readMetadata(asJson(entered), { proxy: this.#setup.proxy })
    const config = read.options as SourceConfig
    await this.#demandValid(config, read, createProblems(config))
    if (this.#setup.registry.isInCode(config.id) || !(await store.insert(config))) {
      throw new EditRefusal(
        'exists',
        `A source with the id '${config.id}' already exists. Choose another id.`,
      )
    }
    await sync.refresh()
    return this.#saved(config.id, read)
  }

  /**
   * Applies a JSON merge patch (RFC 7396): options that it leaves out stay, secrets too. `version`: the version that
   * was edited. Rejects with EditRefusal `invalid`, `stale` or `read_only`, or with JitError `unknown_source`.
   */
  async update(id: string, patch: unknown, version: number): Promise<Saved> {
    const { store, sync } = await this.#editable(id)
    if (!isObject(patch)) throw invalid([{ option: '', message: 'the changes must be an object' }])
    const record = await store.readOne(id)
    if (record?.version !== version) throw await this.#stale(id)
    const stored = store.open(record)
    const reading = { base: withoutSupplied, stored: stored.config, proxy: this.#setup.proxy }
    const read = await readMetadata(patch, reading)
    const config = asJson(mergePatch(stored.config, read.options)) as unknown as SourceConfig
    await this.#demandValid(config, read, patchProblems(stored, read.options, config))
    if (!(await store.replace(config, version))) throw await this.#stale(id)
    await sync.refresh()
    return this.#saved(id, read)
  }

  /**
   * Deletes a source. If users are linked to it, `confirm` must be its id. Rejects with EditRefusal `linked_users` or
   * `read_only`, or with JitError `unknown_source`.
   */
  async delete(id: string, confirm?: string): Promise<void> {
    const { store, sync } = await this.#editable(id)
    const linkedUsers = await this.#linkedUsers.now(id)
    if (linkedUsers > 0 && confirm !== id) {
      const message = `${linkedUsers} users are linked to this source. To delete it anyway, send its id.`
      throw new EditRefusal('linked_users', message, { linkedUsers })
    }
    await store.delete(id)
    this.#linkedUsers.forget(id)
    await sync.refresh()
  }

  /** What the metadata in these options of a SAML source supplies. Saves nothing. */
  readMetadata(saml: object): Promise<ReadOptions> {
    return readMetadata({ saml }, { base: withoutSupplied, proxy: this.#setup.proxy })
  }

  /** The number of users linked to each of these sources, by id, at most a minute old. One query. */
  linkedUsers(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#linkedUsers.of(ids)
  }

  /** Throws EditRefusal `invalid` with every problem. */
  async #demandValid(config: SourceConfig, read: ReadOptions, others: SourceProblem[]): Promise<void> {
    const { source, problems = [] } = this.#setup.validate(config)
    const first = [...read.problems, ...others]
    const explained = [...read.missing, ...first.map(({ option }) => option)]
    const all = [
      ...first,
      ...problems.filter(({ option }) => !explained.includes(option)),
      ...(source ? await refusedAddresses(source) : []),
    ]
    if (all.length > 0) throw invalid(all)
  }

  #database(): Database {
    const { database } = this.#setup
    if (database) return database
    throw new EditRefusal('no_database', 'All sources of this app are set in code, without mongoSources().')
  }

  async #editable(id: string): Promise<Database> {
    const { registry } = this.#setup
    // Another instance may have added it a moment ago.
    if (!registry.entries().some((entry) => entry.id === id)) await this.refresh()
    demandEditable(registry.entry(id))
    return this.#database()
  }

  /** The refusal of an edit of an older version. Throws JitError `unknown_source` if the source is gone. */
  async #stale(id: string): Promise<EditRefusal> {
    await this.refresh()
    const message = 'Someone else saved this source while you were editing it. Nothing was changed.'
    return new EditRefusal('stale', message, { current: this.get(id) })
  }

  async #saved(id: string, { warnings }: ReadOptions): Promise<Saved> {
    const source = this.get(id)
    const others = await checkProvider(this.#setup.registry.get(id))
    return { source, warnings: [...new Set([...warnings, ...others])] }
  }

  #describe({ source, ...entry }: SourceEntry): AdminSource {
    return { ...entry, ...(source && { details: describeSource(source, this.#setup) }) }
  }
}

function invalid(problems: SourceProblem[]): EditRefusal {
  const lines = problems.map(({ option, message }) => `${option}: ${message}`)
  const message = ['The source cannot be saved:', ...lines].join('\n- ')
  return new EditRefusal('invalid', message, { problems })
}
