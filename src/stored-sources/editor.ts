import type { SourceConfig } from '../sources/config'
import { isObject, mergePatch } from '../sources/merge-patch'
import { asJson } from '../sources/public-config'
import { type AdminSource, demandEditable, EditRefusal, type Saved } from './admin-source'
import { delegated } from './delegation'
import { createProblems, patchProblems } from './edit-problems'
import { invalid } from './demand-valid'
import { adminSource, type Database, type Scope, type Setup } from './editor-scope'
import { Fence } from './fence'
import { LinkedUsers } from './linked-users'
import { checkProvider } from './provider-check'
import { readMetadata, type ReadOptions, withoutSupplied } from './read-metadata'
import { saveChange, saveWithDomains, type Write } from './save-source'
import { unseenUsers } from './unseen-users'

/** An editor of every source, or of one organization's. */
export type SourceEditor = Omit<Editor, 'within' | 'acceptDomains'>

/**
 * Adds, edits and deletes sources, for the admin pages and the JSON API. `saml.metadata` or `saml.metadataUrl` may
 * replace the options that metadata supplies.
 */
export class Editor {
  readonly #setup: Setup
  readonly #scope: Scope

  constructor(setup: Setup, scope?: Scope) {
    this.#setup = setup
    this.#scope = scope ?? { ...setup, linkedUsers: new LinkedUsers(setup.userModel) }
  }

  /** The editor of one organization's sources. To it, no other source exists. */
  within(organization: string): SourceEditor {
    const { registry, database, baseUrl } = this.#setup
    return new Editor(this.#setup, {
      registry: registry.within(organization),
      database: database && { ...database, store: database.store.within(organization) },
      linkedUsers: this.#scope.linkedUsers,
      fence: new Fence(organization, baseUrl),
    })
  }

  /** Whose sources these are; undefined for those of everybody. */
  get organization(): string | undefined {
    return this.#scope.fence?.organization
  }

  /** Whether there is a database to add sources to. */
  get canAdd(): boolean {
    return this.#scope.database !== undefined
  }

  /** Reads now what other instances have saved. Otherwise it takes up to three seconds. */
  async refresh(): Promise<void> {
    await this.#scope.database?.sync.refresh()
  }

  /** Every source, in code and in the database, in the order in which they are shown. */
  list(): AdminSource[] {
    return this.#scope.registry.entries().map((entry) => adminSource(entry, this.#setup, this.#scope))
  }

  has(id: string): boolean {
    return this.#scope.registry.has(id)
  }

  /** Throws JitError `unknown_source`. */
  get(id: string): AdminSource {
    return adminSource(this.#scope.registry.entry(id), this.#setup, this.#scope)
  }

  /** Rejects with EditRefusal: `invalid`, `exists`, `no_database`. */
  async create(entered: unknown): Promise<Saved> {
    const { store, sync } = this.#database()
    const read = await readMetadata(asJson(entered), { proxy: this.#setup.proxy })
    const { fence, registry } = this.#scope
    const own = read.options as SourceConfig
    const { before, config } = fence ? fence.newSource(own) : { config: own }
    const change = { config, read, problems: createProblems(config), before }
    const insert: Write = async (source, delegation) =>
      !registry.isInCode(source.id) && store.insert(source, delegation)
    if (!(await saveChange(change, insert, this.#editing(store)))) {
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
    const before = stored.config as SourceConfig
    const problems = patchProblems(stored, read.options, config)
    const change = { config, read, problems, before, stored }
    const replace: Write = (source, delegation) => store.replace(source, version, delegation)
    if (!(await saveChange(change, replace, this.#editing(store)))) throw await this.#stale(id)
    await sync.refresh()
    return this.#saved(id, read)
  }

  /** Lets the domains that an admin of an organization claims take effect. */
  async acceptDomains(id: string, domains: readonly string[]): Promise<void> {
    const { store, sync } = await this.#editable(id)
    const record = await store.readOne(id)
    if (!record?.delegation) return
    const unproven = record.delegation.unproven.filter((domain) => !domains.includes(domain))
    const accept = (): Promise<boolean> => store.setDelegation(record, { unproven })
    const { source } = this.#setup.validate(store.open(record).config)
    const accepted = source
      ? await saveWithDomains(delegated(source, { unproven }), accept, this.#editing(store))
      : await accept()
    if (!accepted) throw await this.#stale(id)
    await sync.refresh()
  }

  /**
   * Deletes a source. If users are linked to it, `confirm` must be its id. Rejects with EditRefusal `linked_users` or
   * `read_only`, or with JitError `unknown_source`.
   */
  async delete(id: string, confirm?: string): Promise<void> {
    const { store, sync } = await this.#editable(id)
    const linkedUsers = await this.#scope.linkedUsers.now(id)
    if (linkedUsers > 0 && confirm !== id) {
      const message = `${linkedUsers} users are linked to this source. To delete it anyway, send its id.`
      throw new EditRefusal('linked_users', message, { linkedUsers })
    }
    await store.delete(id)
    await store.domains.settle(id)
    this.#scope.linkedUsers.forget(id)
    await sync.refresh()
  }

  /** What the metadata in these options of a SAML source supplies. Saves nothing. */
  readMetadata(saml: object): Promise<ReadOptions> {
    return readMetadata({ saml }, { base: withoutSupplied, proxy: this.#setup.proxy })
  }

  /** The number of users linked to each of these sources, by id, at most a minute old. One query. */
  linkedUsers(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { linkedUsers, registry, fence } = this.#scope
    return linkedUsers.of(fence ? ids.filter((id) => registry.has(id)) : ids)
  }

  /** See `unseenUsers`; undefined for a broken source too. */
  async unseenUsers(id: string): Promise<number | undefined> {
    const source = this.#scope.registry.find(id)
    return source && unseenUsers(this.#setup, source)
  }

  #editing(store: Database['store']) {
    return { setup: this.#setup, scope: this.#scope, store }
  }

  #database(): Database {
    const { database } = this.#scope
    if (database) return database
    throw new EditRefusal('no_database', 'All sources of this app are set in code, without mongoSources().')
  }

  async #editable(id: string): Promise<Database> {
    const { registry } = this.#scope
    // Another instance may have added it a moment ago.
    if (!registry.has(id)) await this.refresh()
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
    const others = await checkProvider(this.#scope.registry.get(id))
    return { source, warnings: [...new Set([...warnings, ...others])] }
  }
}
