import type { Field } from '../fields/catalog'
import type { Identity } from '../fields/identity'
import { didYouMean } from '../fields/near-miss'
import type { Source } from './config'
import { isSelected } from './selection'

/** For each field's path, ids of sources: the first source decides. */
export type AuthorityOrder = ReadonlyMap<string, readonly string[]>

/** `source` finds a validated source by id, enabled or not. */
export type Authority = { order: AuthorityOrder; source: (id: string) => Source | undefined }

/** A sign-in through `source` of a user who has these identities. */
type SignIn = { source: Source; identities: readonly Identity[] }

/**
 * The source that decides about a field instead of the sign-in's source: it comes earlier in the order, is enabled,
 * syncs the field, and the user has an identity there. Undefined if the sign-in's source may write the field.
 */
export function superior(
  { order, source: findSource }: Authority,
  { source, identities }: SignIn,
  field: Field,
): Source | undefined {
  const ids = order.get(field.path)
  if (!ids) return undefined
  const place = ids.indexOf(source.id)
  return ids
    .slice(0, place < 0 ? undefined : place)
    .filter((id) => identities.some((identity) => identity.source === id))
    .flatMap((id) => findSource(id) ?? [])
    .find((earlier) => earlier.enabled && isSelected(earlier, field, 'sync'))
}

/** The ids of the sources that sync a field, in its order of authority if it has one, and the source that decides. */
export function ranked(
  order: readonly string[] | undefined,
  ids: readonly string[],
): { sources: string[]; owner?: string } {
  if (!order) return { sources: [...ids] }
  const first = order.filter((id) => ids.includes(id))
  const sources = [...first, ...ids.filter((id) => !order.includes(id))]
  const owner = first[0] ?? (sources.length === 1 ? sources[0] : undefined)
  return { sources, ...(owner !== undefined && { owner }) }
}

/** Reads the app's `authority`, with every problem. `sources`: the ids of all sources; undefined if more may be added. */
export function readAuthority(
  authority: unknown,
  fields: readonly Field[],
  sources: readonly string[] | undefined,
): { order: AuthorityOrder; problems: string[] } {
  if (authority === undefined) return { order: new Map(), problems: [] }
  if (typeof authority !== 'object' || authority === null || Array.isArray(authority)) {
    const problem = 'authority: must be an object of lists of source ids, by field path'
    return { order: new Map(), problems: [problem] }
  }
  const entries = Object.entries(authority)
  const paths = fields.map(({ path }) => path)
  return {
    order: new Map(entries.filter((entry): entry is [string, string[]] => isListOfIds(entry[1]))),
    problems: entries.flatMap(([path, ids]) => [
      ...unknownNames('authority: there is no field', [path], paths),
      ...idProblems(`authority['${path}']`, ids, sources),
    ]),
  }
}

function idProblems(option: string, ids: unknown, sources: readonly string[] | undefined): string[] {
  return isListOfIds(ids)
    ? unknownNames(`${option}: there is no source`, ids, sources ?? ids)
    : [`${option}: must be a list of source ids, each once, the one that decides first`]
}

function isListOfIds(value: unknown): value is string[] {
  const isList = Array.isArray(value) && value.length > 0 && value.every((id) => typeof id === 'string')
  return isList && new Set(value).size === value.length
}

function unknownNames(what: string, names: readonly string[], known: readonly string[]): string[] {
  const unknown = names.filter((name) => !known.includes(name))
  return unknown.map((name) => {
    const remedy = didYouMean(name, known, ` (there are ${known.join(', ')})`)
    return `${what} '${name}'${remedy}`
  })
}
