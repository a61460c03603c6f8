import type { Field } from '../fields/catalog'
import { didYouMean } from '../fields/near-miss'
import type { Identity } from '../fields/plugin'
import type { Source } from './config'
import { isSelected } from './selection'

/** For each field's path, the ids of the sources that decide about it, the most authoritative first. */
export type AuthorityOrder = ReadonlyMap<string, readonly string[]>

export interface Authority {
  order: AuthorityOrder
  /** A source that is not broken, enabled or not. */
  source: (id: string) => Source | undefined
}

/**
 * The source that decides about a field instead of the given source: it comes earlier in the order, is enabled, syncs
 * the field, and is among the user's own. Undefined if the given source may write the field.
 */
export function superior(
  { order, source }: Authority,
  given: Source,
  identities: readonly Identity[],
  field: Field,
): Source | undefined {
  const named = order.get(field.path)
  if (!named) return undefined
  const place = named.indexOf(given.id)
  return named
    .slice(0, place < 0 ? undefined : place)
    .filter((id) => identities.some((identity) => identity.source === id))
    .flatMap((id) => source(id) ?? [])
    .find((other) => other.enabled && isSelected(other, field, 'sync'))
}

/** The sources that sync a field, those in its order of authority first, and the source that decides. */
export function ranked(
  named: readonly string[] | undefined,
  ids: readonly string[],
): { sources: string[]; owner?: string } {
  if (!named) return { sources: [...ids] }
  const first = named.filter((id) => ids.includes(id))
  const sources = [...first, ...ids.filter((id) => !named.includes(id))]
  const owner = first[0] ?? (sources.length === 1 ? sources[0] : undefined)
  return { sources, ...(owner !== undefined && { owner }) }
}

/** Reads the app's `authority`. `sources`: the known ids; undefined if sources can be added later. */
export function readAuthority(
  given: unknown,
  fields: readonly Field[],
  sources: readonly string[] | undefined,
): { order: AuthorityOrder; problems: string[] } {
  if (given === undefined) return { order: new Map(), problems: [] }
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return {
      order: new Map(),
      problems: ['authority: must be an object of lists of source ids, by field path'],
    }
  }
  const entries = Object.entries(given)
  const paths = fields.map(({ path }) => path)
  return {
    order: new Map(entries.filter((entry): entry is [string, string[]] => isListOfIds(entry[1]))),
    problems: entries.flatMap(([path, ids]) => [
      ...unknown(`authority`, 'field', [path], paths),
      ...(isListOfIds(ids)
        ? unknown(`authority['${path}']`, 'source', ids, sources ?? ids)
        : [`authority['${path}']: must be a list of source ids, each once, the one that decides first`]),
    ]),
  }
}

function isListOfIds(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((id) => typeof id === 'string') &&
    new Set(value).size === value.length
  )
}

function unknown(option: string, what: string, names: readonly string[], known: readonly string[]): string[] {
  return names
    .filter((name) => !known.includes(name))
    .map((name) => {
      const remedy = didYouMean(name, known, ` (there are ${known.join(', ')})`)
      return `${option}: there is no ${what} '${name}'${remedy}`
    })
}
