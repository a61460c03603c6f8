import { JitError } from '../errors'
import type { SecretOption } from '../stored-sources/admin-source'
import type { Source, SourceConfig } from './config'
import { publicConfig, separateSecrets } from './public-config'
import type { SourceRecord, SourceStore } from '../stored-sources/source-store'
import type { SourceProblem, Validated } from './validate'

/** Checks a source against the model's fields. */
export type Validate = (config: unknown) => Validated

/** A source, or what is known of it where it is broken. */
export interface SourceEntry {
  readonly id: string
  readonly origin: 'code' | 'database'
  readonly version?: number
  /** As it was entered, without secrets. */
  readonly config: SourceConfig
  readonly secrets: SecretOption[]
  /** Undefined where it is broken. */
  readonly source?: Source
  readonly problems: SourceProblem[]
}

/** The app's SSO sources, validated: those in code, and a snapshot of those in the database. */
export class SourceRegistry {
  readonly #validate: Validate
  readonly #code: readonly SourceEntry[]
  #database: readonly SourceEntry[] = []
  #byId: ReadonlyMap<string, SourceEntry>
  /** Everything that is wrong with the sources in code, each naming source, option and remedy. */
  readonly problems: readonly string[]

  constructor(configs: readonly unknown[], validate: Validate) {
    this.#validate = validate
    const all = configs.map((config) => this.#entryOfCode(config))
    this.#code = all.filter(({ id }, i) => all.findIndex((other) => other.id === id) === i)
    this.#byId = byId(this.#code)
    this.problems = [
      ...all.flatMap(problemsOf),
      ...all
        .filter((entry) => entry.id !== '' && !this.#code.includes(entry))
        .map(({ id }) => `source '${id}': id: another source has the same id; ids must be unique`),
    ]
  }

  /** Takes the place of all sources in the database. Where code has the same id, it wins. */
  setDatabase(entries: readonly SourceEntry[]): void {
    this.#database = entries
    this.#byId = byId([...this.#code, ...entries])
  }

  /** What a stored record makes: a source, or its problems. Never throws. */
  entryOfRecord(record: SourceRecord, store: SourceStore): SourceEntry {
    const { config, unopened } = store.open(record)
    const id = record._id
    const { source, problems = [] }: Validated =
      unopened.length > 0 ? { problems: unopened.map(unopenedProblem) } : this.#validate(config)
    const shadowed = this.#code.some((entry) => entry.id === id) ? [shadowedProblem] : []
    return {
      id,
      origin: 'database',
      version: record.version,
      config: publicConfig(config),
      secrets: [...separateSecrets(config).secrets.keys(), ...unopened],
      source: shadowed.length > 0 ? undefined : source,
      problems: [...shadowed, ...problems],
    }
  }

  /** Every source, broken or not: those in code first, in the order in which they were given or added. */
  entries(): readonly SourceEntry[] {
    return [...this.#code, ...this.#database]
  }

  /** Throws JitError `unknown_source`. */
  entry(id: string): SourceEntry {
    const entry = this.#byId.get(id)
    if (!entry) throw new JitError('unknown_source', 'There is no such SSO source.', { source: id })
    return entry
  }

  /** Every source that is not broken, enabled or not. */
  all(): Source[] {
    return [...this.#byId.values()].flatMap(({ source }) => source ?? [])
  }

  /** Undefined where there is none, or it is broken. */
  find(id: string): Source | undefined {
    return this.#byId.get(id)?.source
  }

  /** Throws JitError `unknown_source`, or `invalid_configuration` where it is broken. */
  get(id: string): Source {
    const entry = this.entry(id)
    if (!entry.source) throw brokenSource(entry)
    return entry.source
  }

  /** Throws JitError as `get` does, or `source_disabled`. */
  getEnabled(id: string): Source {
    const source = this.get(id)
    if (!source.enabled)
      throw new JitError('source_disabled', 'This SSO source is switched off.', { source: id })
    return source
  }

  #entryOfCode(given: unknown): SourceEntry {
    const { source, problems = [] } = this.#validate(given)
    const { id } = (given ?? {}) as { id?: unknown }
    return {
      id: typeof id === 'string' ? id : '',
      origin: 'code',
      config: publicConfig(given),
      secrets: [...separateSecrets(given).secrets.keys()],
      source,
      problems,
    }
  }
}

/** Tells what is wrong with a source, and that it alone does not work. */
export function brokenSource(entry: SourceEntry): JitError {
  const problems = problemsOf(entry)
  const message = ['This SSO source is not set up correctly:', ...problems].join('\n- ')
  return new JitError('invalid_configuration', message, { source: entry.id, details: { problems } })
}

/** What is wrong with a secret that no key opens. */
export function unopenedProblem(option: SecretOption): SourceProblem {
  const message =
    'none of the encryption keys opens it: encryptionKey is wrong, or the record was altered; ' +
    'add the key that it was saved with to the list, or enter it again'
  return { option, message }
}

const shadowedProblem: SourceProblem = {
  option: 'id',
  message: 'a source in code has the same id, and is the one that is used; remove one of the two',
}

function problemsOf({ id, problems }: SourceEntry): string[] {
  const name = id === '' ? 'a source without an id' : `source '${id}'`
  return problems.map(({ option, message }) => `${name}: ${option}: ${message}`)
}

function byId(entries: readonly SourceEntry[]): ReadonlyMap<string, SourceEntry> {
  const first = new Map<string, SourceEntry>()
  for (const entry of entries) if (!first.has(entry.id)) first.set(entry.id, entry)
  return first
}
