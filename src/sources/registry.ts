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
  /** Set if an admin of one organization added it, or changed its connection or domains. */
  readonly delegation?: Delegation
}

/** What is known of a source that an admin of one organization set up. */
export interface Delegation {
  /** The domains that only such an admin claims. They have no effect. */
  unproven: readonly string[]
}

/** The sources that an admin may see. */
export type SourceView = Pick<SourceRegistry, 'entries' | 'entry' | 'find' | 'get' | 'has' | 'isInCode'>

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

  has(id: string): boolean {
    return this.#byId.has(id)
  }

  /** Whether a source in code has this id. */
  isInCode(id: string): boolean {
    return this.#code.some((entry) => entry.id === id)
  }

  /** Throws JitError `unknown_source`. */
  entry(id: string): SourceEntry {
    return demandEntry(this.#byId.get(id), id)
  }

  /** A view of one organization's sources. For every other source it does what it does where there is none. */
  within(organization: string): SourceView {
    const visible = (id: string): SourceEntry | undefined => {
      const entry = this.#byId.get(id)
      return entry && belongsTo(entry, organization) ? entry : undefined
    }
    return {
      entries: () => this.entries().filter((entry) => visible(entry.id) && belongsTo(entry, organization)),
      entry: (id) => demandEntry(visible(id), id),
      find: (id) => visible(id)?.source,
      has: (id) => visible(id) !== undefined,
      get: (id) => demandSource(demandEntry(visible(id), id)),
      isInCode: (id) => this.isInCode(id),
    }
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
    return demandSource(this.entry(id))
  }

  /** Throws JitError as `get` does, or `source_disabled`. */
  getEnabled(id: string): Source {
    const source = this.get(id)
    if (source.enabled) return source
    throw new JitError('source_disabled', 'This SSO source is switched off.', { source: id })
  }
}

function demandEntry(entry: SourceEntry | undefined, id: string): SourceEntry {
  if (entry) return entry
  throw new JitError('unknown_source', 'There is no such SSO source.', { source: id })
}

function demandSource(entry: SourceEntry): Source {
  if (entry.source) return entry.source
  throw brokenSource(entry)
}

/** A broken source too has the organization that was entered. */
function belongsTo({ source, config }: SourceEntry, organization: string): boolean {
  return (source ?? config).organization === organization
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
