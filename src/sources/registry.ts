import type { Field } from '../fields/catalogue'
import { JitError } from '../login/errors'
import type { Source, SourceConfig } from './config'
import { validateSource } from './validate'

/** The app's SSO sources, validated. */
export class SourceRegistry {
  readonly #sources: ReadonlyMap<string, Source>
  /** Everything that is wrong with the sources, each naming source, option and remedy. */
  readonly problems: readonly string[]

  constructor(configs: readonly SourceConfig[], fields: readonly Field[], baseUrl: string) {
    const validated = configs.map((config) => validateSource(config, fields, baseUrl))
    const sources = validated.flatMap(({ source }) => source ?? [])
    this.#sources = new Map(sources.map((source) => [source.id, source]))
    this.problems = [
      ...validated.flatMap(({ problems = [] }, i) =>
        problems.map(({ option, message }) => `${nameOf(configs[i])}: ${option}: ${message}`),
      ),
      ...sources
        .filter((source) => this.#sources.get(source.id) !== source)
        .map(({ id }) => `source '${id}': id: another source has the same id; ids must be unique`),
    ]
  }

  /** Every source, enabled or not, in the order in which the app gave them. */
  all(): Source[] {
    return [...this.#sources.values()]
  }

  /** Throws JitError `unknown_source`. */
  get(id: string): Source {
    const source = this.#sources.get(id)
    if (!source) throw new JitError('unknown_source', 'There is no such SSO source.', { source: id })
    return source
  }

  /** Throws JitError `unknown_source` or `source_disabled`. */
  getEnabled(id: string): Source {
    const source = this.get(id)
    if (!source.enabled)
      throw new JitError('source_disabled', 'This SSO source is switched off.', { source: id })
    return source
  }
}

function nameOf(config: unknown): string {
  const id = (config as { id?: unknown } | null | undefined)?.id
  return typeof id === 'string' ? `source '${id}'` : 'a source without an id'
}
