import { JitError } from '../errors'
import type { Source, SourceConfig } from './config'
import { publicConfig, separateSecrets } from './public-config'
import type { SecretOption } from './option-places'
import type { SourceProblem } from './option-problems'
import type { Validated } from './validate'

/** Checks a source against the model's fields. */
export type Validate = (config: unknown) => Validated

/** A source, or what is known of a broken one. */
export interface SourceEntry {
  readonly id: string
  readonly origin: 'code' | 'database'
  readonly version?: number
  /** As it was entered, without secrets. */
  readonly config: SourceConfig
  readonly secrets: SecretOption[]
  /** Undefined if it is broken. */
  readonly source?: Source
  readonly problems: SourceProblem[]
}

/** The app's SSO sources, validated: those in code, and a snapshot of those in the database. */
export class SourceRegistry {
  readonly #code: readonly SourceEntry[]
  #database: readonly SourceEntry[] = []
  #byId: ReadonlyMap<string, SourceEntry>
  /** Every problem with the sources in code, each with source, option and remedy. */
  readonly problems: readonly string[]

  constructor(configs: readonly unknown[], validate: Validate) {
    const all = configs.map((config) => entryOfCode(config, validate))
    this.#code = all.filter(({ id }, i) => all.findIndex((other) => other.id === id) === i)
    this.#byId = byId(this.#code)
    this.problems = [
      ...all.flatMap(problemsOf),
      ...all
        .filter((entry) => entry.id !== '' && !this.#code.includes(entry))
        .map(({ id }) => `source '${id}': id: another source has the same id; ids must be unique`),
    ]
  }

  /** Replaces all sources in the database. A source in code wins over one of the same id. */
  setDatabase(entries: readonly SourceEntry[]): void {
    this.#database = entries
    this.#byId = byId([...this.#code, ...entries])
  }

  /** Every source, broken or not, in the order in which it was added. Those in code come first. */
  entries(): readonly SourceEntry[] {
    return [...this.#code, ...this.#database]
  }

  /** Whether a source in code has this id. */
  isInCode(id: string): boolean {
    return this.#code.some((entry) => entry.id === id)
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

  /** Undefined if there is none, or it is broken. */
  find(id: string): Source | undefined {
    return this.#byId.get(id)?.source
  }

  /** Throws JitError `unknown_source`, or `invalid_configuration` if it is broken. */
  get(id: string): Source {
    const entry = this.entry(id)
    if (entry.source) return entry.source
    throw brokenSource(entry)
  }

  /** Throws JitError as `get` does, or `source_disabled`. */
  getEnabled(id: string): Source {
    const source = this.get(id)
    if (source.enabled) return source
    throw new JitError('source_disabled', 'This SSO source is switched off.', { source: id })
  }
}

function entryOfCode(config: unknown, validate: Validate): SourceEntry {
  const { source, problems = [] } = validate(config)
  const { id } = (config ?? {}) as { id?: unknown }
  return {
    id: typeof id === 'string' ? id : '',
    origin: 'code',
    config: publicConfig(config),
    secrets: [...separateSecrets(config).secrets.keys()],
    source,
    problems,
  }
}

/** The error about a broken source. Only this source doesn't work. */
export function brokenSource(entry: SourceEntry): JitError {
  const problems = problemsOf(entry)
  const message = ['This SSO source is not set up correctly:', ...problems].join('\n- ')
  return new JitError('invalid_configuration', message, { source: entry.id, details: { problems } })
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
