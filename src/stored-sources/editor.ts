import type { Field } from '../fields/catalog'
import type { UserModel } from '../fields/plugin'
import type { AuthorityOrder } from '../sources/authority'
import { type AdminSource, demandEditable, EditRefusal, type Saved, type SourceEditor } from './admin-source'
import type { SourceConfig } from '../sources/config'
import type { SourceRefresh } from './refresh'
import { describeSource } from '../sources/details'
import { LinkedUsers } from './linked-users'
import { mergePatch } from './merge-patch'
import { asJson, separateSecrets } from '../sources/public-config'
import { type SourceEntry, type SourceRegistry, unopenedProblem, type Validate } from '../sources/registry'
import type { OpenedRecord, SourceStore } from './source-store'
import type { SourceProblem } from '../sources/validate'

interface Setup {
  registry: SourceRegistry
  validate: Validate
  userModel: UserModel
  fields: readonly Field[]
  baseUrl: string
  authority: AuthorityOrder
  /** Undefined where every source is in code. */
  database: { store: SourceStore; sync: SourceRefresh } | undefined
}

/** The rules of editing, over the registry's snapshot and the store. */
export class Editor implements SourceEditor {
  readonly #setup: Setup
  readonly #linkedUsers: LinkedUsers

  constructor(setup: Setup) {
    this.#setup = setup
    this.#linkedUsers = new LinkedUsers(setup.userModel)
  }

  async refresh(): Promise<void> {
    await this.#setup.database?.sync.refresh()
  }

  list(): AdminSource[] {
    return this.#setup.registry.entries().map((entry) => this.#describe(entry))
  }

  get(id: string): AdminSource {
    return this.#describe(this.#setup.registry.entry(id))
  }

  async edited(id: string, version: number): Promise<AdminSource> {
    await this.#editable(id)
    if (this.get(id).version !== version) await this.refresh()
    const stored = this.get(id)
    if (stored.version !== version) throw await this.#stale(id)
    return stored
  }

  async create(given: unknown): Promise<Saved> {
    const { store, sync } = this.#database()
    const config = asJson(given) as unknown as SourceConfig
    const problems = this.#problemsOf(config)
    if (problems.length > 0) throw invalid(problems)
    const inCode = this.#setup.registry
      .entries()
      .some(({ id, origin }) => id === config.id && origin === 'code')
    if (inCode || !(await store.insert(config))) {
      throw new EditRefusal('exists', `There is a source with the id '${config.id}' already; choose another.`)
    }
    await sync.refresh()
    return this.#saved(config.id)
  }

  async update(id: string, patch: unknown, version: number): Promise<Saved> {
    const { store, sync } = await this.#editable(id)
    const record = await store.readOne(id)
    if (record?.version !== version) throw await this.#stale(id)
    const opened = store.open(record)
    const config = asJson(mergePatch(opened.config, patch)) as unknown as SourceConfig
    const problems = [
      ...patchProblems(opened, patch, config),
      ...this.#problemsOf(config).filter(({ option }) => !permanent.includes(option)),
    ]
    if (problems.length > 0) throw invalid(problems)
    if (!(await store.replace(config, version))) throw await this.#stale(id)
    await sync.refresh()
    return this.#saved(id)
  }

  async delete(id: string, confirm?: string): Promise<void> {
    const { store, sync } = await this.#editable(id)
    const linkedUsers = await this.#linkedUsers.now(id)
    if (linkedUsers > 0 && confirm !== id) {
      const message = `${linkedUsers} users are linked to this source; give its id to delete it nevertheless.`
      throw new EditRefusal('linked_users', message, { linkedUsers })
    }
    await store.delete(id)
    this.#linkedUsers.forget(id)
    await sync.refresh()
  }

  linkedUsers(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#linkedUsers.of(ids)
  }

  #problemsOf(config: SourceConfig): SourceProblem[] {
    const { problems = [] } = this.#setup.validate(config)
    return config.attributes === undefined ? problems : [...problems, attributesProblem]
  }

  #database(): { store: SourceStore; sync: SourceRefresh } {
    const { database } = this.#setup
    if (database) return database
    throw new EditRefusal('no_database', 'Every source of this app is in code; it has no mongoSources().')
  }

  async #editable(id: string): Promise<{ store: SourceStore; sync: SourceRefresh }> {
    const { registry } = this.#setup
    // Another instance may have added it a moment ago.
    if (!registry.entries().some((entry) => entry.id === id)) await this.refresh()
    demandEditable(registry.entry(id))
    return this.#database()
  }

  /** What refuses an edit of something older than what is stored; JitError where nothing is stored any more. */
  async #stale(id: string): Promise<EditRefusal> {
    await this.refresh()
    const message = 'Somebody else has saved this source in the meantime; nothing was changed.'
    return new EditRefusal('stale', message, { current: this.get(id) })
  }

  #saved(id: string): Saved {
    return { source: this.get(id), warnings: [] }
  }

  #describe({ source, ...entry }: SourceEntry): AdminSource {
    const { fields, baseUrl, authority } = this.#setup
    return { ...entry, ...(source && { details: describeSource(source, fields, baseUrl, authority) }) }
  }
}

const permanent = ['id', 'protocol']

const attributesProblem: SourceProblem = {
  option: 'attributes',
  message:
    'attribute names can be set in code only; the identity provider must send the names that are shown',
}

/** What no validation of the patched source can tell. */
function patchProblems(
  { config, unopened }: OpenedRecord,
  patch: unknown,
  patched: SourceConfig,
): SourceProblem[] {
  const before = config as SourceConfig
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) {
    return [{ option: '', message: 'the changes must be an object' }]
  }
  const given = separateSecrets(patch).secrets
  return [
    ...unopened.filter((option) => !given.has(option)).map(unopenedProblem),
    ...(patched.id === before.id
      ? []
      : [{ option: 'id', message: 'it is permanent, since identities carry it' }]),
    ...(patched.protocol === before.protocol
      ? []
      : [{ option: 'protocol', message: 'it cannot be changed; add another source' }]),
    ...(given.has('oidc.clientSecret') || !takesSecretElsewhere(before, patched) ? [] : [secretProblem]),
  ]
}

const secretProblem: SourceProblem = {
  option: 'oidc.clientSecret',
  message: 'enter it again, since it would be sent to another server than before',
}

/** Who edits a source need not know its secret, and would learn it from a token endpoint of their own. */
function takesSecretElsewhere({ oidc: before }: SourceConfig, { oidc: after }: SourceConfig): boolean {
  if (!before || after?.clientSecret === undefined) return false
  const known = [before.issuer, before.tokenURL].map(originOf)
  const [issuer, token] = [after.issuer, after.tokenURL].map(originOf)
  return (issuer !== undefined && issuer !== known[0]) || (token !== undefined && !known.includes(token))
}

function originOf(address: unknown): string | undefined {
  return typeof address === 'string' && URL.canParse(address) ? new URL(address).origin : undefined
}

function invalid(problems: SourceProblem[]): EditRefusal {
  const message = ['The source cannot be saved:', ...problems.map((one) => `${one.option}: ${one.message}`)]
  return new EditRefusal('invalid', message.join('\n- '), { problems })
}
