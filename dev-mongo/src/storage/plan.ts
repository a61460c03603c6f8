import { type Collation, sameCollation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { typeOf } from '../bson/types'
import { type Clause, clausesOf, implies } from './clauses'
import type { Entry, HashIndex } from './hash-index'

/** A path that must equal one of these values. */
interface Equality {
  values: unknown[]
  scope?: Doc
}

/**
 * Finds the entries that may match a filter in the indexes. Returns undefined if the whole collection must be read.
 * As in mongod, a partial index serves a query only if the query implies the index's filter, and an index looks up
 * strings only for queries with its own collation.
 */
export function plan(
  filter: Doc,
  indexes: Iterable<HashIndex>,
  collation?: Collation,
): Set<Entry> | undefined {
  const usable = [...indexes]
  const clauses = clausesOf(filter)
  const equalities = equalitiesOf(clauses)
  const results = usable.flatMap((index) => {
    if (index.spec.partial && !implies(clauses, clausesOf(index.spec.partial.filter))) return []
    return lookUp(index, equalities, collation) ?? []
  })
  for (const branches of alternativesOf(filter)) {
    const sets = branches.map((branch) => plan(branch, usable, collation))
    if (sets.every((set) => set !== undefined)) results.push(new Set(sets.flatMap((set) => [...set])))
  }
  return results.sort((a, b) => a.size - b.size)[0]
}

function alternativesOf(filter: Doc): Doc[][] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === '$or') return [value as Doc[]]
    return key === '$and' ? (value as Doc[]).flatMap(alternativesOf) : []
  })
}

function equalitiesOf(clauses: Clause[]): Map<string, Equality[]> {
  const equalities = new Map<string, Equality[]>()
  for (const { path, operator, operand, scope } of clauses) {
    const values = operator === '$in' && Array.isArray(operand) ? (operand as unknown[]) : [operand]
    if ((operator !== '$eq' && operator !== '$in') || !values.every(canBeLookedUp)) continue
    equalities.set(path, [...(equalities.get(path) ?? []), { values, scope }])
  }
  return equalities
}

/** null also means missing, an array may be an element of an array, and a regex is not a value. */
function canBeLookedUp(value: unknown): boolean {
  return value !== null && value !== undefined && !Array.isArray(value) && typeOf(value).name !== 'regex'
}

function lookUp(
  index: HashIndex,
  equalities: Map<string, Equality[]>,
  collation?: Collation,
): Set<Entry> | undefined {
  let tuples: unknown[][] = [[]]
  let scope: Doc | undefined
  let elementChosen = false
  for (const [i, path] of index.paths.entries()) {
    const ofPath = (equalities.get(path) ?? []).filter(({ values }) => values.every(comparable))
    const equality: Equality | undefined = !index.multikey[i]
      ? ofPath[0]
      : elementChosen
        ? ofPath.find((candidate) => scope && candidate.scope === scope)
        : (ofPath.find((candidate) => candidate.scope) ?? ofPath[0])
    if (!equality) break
    if (index.multikey[i]) [elementChosen, scope] = [true, equality.scope]
    tuples = tuples.flatMap((tuple) => equality.values.map((value) => [...tuple, value]))
  }
  if (tuples[0]?.length === 0) return undefined
  const [first, ...others] = tuples.map((tuple) => index.find(tuple))
  return others.length ? new Set([first, ...others].flatMap((set) => [...(set ?? [])])) : (first ?? new Set())

  function comparable(value: unknown): boolean {
    const hasStrings = typeof value === 'string' || isDoc(value)
    return !hasStrings || sameCollation(collation, index.spec.collation)
  }
}
