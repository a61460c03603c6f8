import type { Collation } from './collation'
import { sameCollation } from './collation'
import type { Entry, Index } from './indexes'
import { isCondition } from './query'
import type { Doc } from './values'
import { compareValues, isDoc, sameValue, typeOf } from './values'

/** One condition that has to hold: what stands behind a path, or one operator of it. */
interface Clause {
  path: string
  operator: string
  operand: unknown
  /** The `$elemMatch` it stands in, if any: only conditions of one and the same are about the same element. */
  scope?: Doc
}

/** A path that has to be equal to one of these values. */
interface Equality {
  values: unknown[]
  scope?: Doc
}

/**
 * The entries that a filter can match, found in the indexes; undefined if the whole collection has to be read.
 * As in mongod, a partial index serves a query only if one of its conditions implies the index's own, and strings
 * are looked up only in an index of the query's collation.
 */
export function plan(filter: Doc, indexes: Iterable<Index>, collation?: Collation): Set<Entry> | undefined {
  const usable = [...indexes]
  const clauses = clausesOf(filter)
  const equalities = equalitiesOf(clauses)
  const found = usable.flatMap((index) => {
    if (index.spec.partial && !implies(clauses, clausesOf(index.spec.partial.filter))) return []
    return lookUp(index, equalities, collation) ?? []
  })
  for (const branches of alternativesOf(filter)) {
    const sets = branches.map((branch) => plan(branch, usable, collation))
    if (sets.every((set) => set !== undefined)) found.push(new Set(sets.flatMap((set) => [...set])))
  }
  return found.sort((a, b) => a.size - b.size)[0]
}

function alternativesOf(filter: Doc): Doc[][] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === '$or') return [value as Doc[]]
    return key === '$and' ? (value as Doc[]).flatMap(alternativesOf) : []
  })
}

function clausesOf(filter: Doc, prefix = '', scope?: Doc): Clause[] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === '$and') return (value as Doc[]).flatMap((part) => clausesOf(part, prefix, scope))
    if (key.startsWith('$')) return []
    const path = prefix + key
    if (!isCondition(value)) return [{ path, operator: '$eq', operand: value, scope }]
    return Object.entries(value).flatMap(([operator, operand]) => {
      const clause = { path, operator, operand, scope }
      // What is in an $elemMatch within an $elemMatch is left to the comparison.
      const inner = operator === '$elemMatch' && !scope && isDoc(operand)
      return inner ? [clause, ...clausesOf(operand, `${path}.`, operand)] : [clause]
    })
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

/** null is also what is missing, an array may be an element of an array, and a regex is not a value. */
function canBeLookedUp(value: unknown): boolean {
  return value !== null && value !== undefined && !Array.isArray(value) && typeOf(value).name !== 'regex'
}

function lookUp(
  index: Index,
  equalities: Map<string, Equality[]>,
  collation?: Collation,
): Set<Entry> | undefined {
  let tuples: unknown[][] = [[]]
  let scope: Doc | undefined
  let elementChosen = false
  for (const [i, path] of index.paths.entries()) {
    const ofPath = (equalities.get(path) ?? []).filter(({ values }) =>
      values.every((value) => comparable(value)),
    )
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
    const collatable = typeof value === 'string' || isDoc(value)
    return !collatable || sameCollation(collation, index.spec.collation)
  }
}

/** Whether each of a partial index's conditions follows from one of the query's; mongod's rules, and no others. */
function implies(query: Clause[], wanted: Clause[]): boolean {
  return wanted.every((want) =>
    query.some((have) => !have.scope && have.path === want.path && follows(have, want)),
  )
}

function follows(have: Clause, want: Clause): boolean {
  if (have.operator === want.operator && sameValue(have.operand, want.operand)) return true
  if (have.operator === '$in' && Array.isArray(have.operand)) {
    return have.operand.every((operand) => follows({ ...have, operator: '$eq', operand }, want))
  }
  if (want.operator === '$exists') return want.operand === true && impliesExistence(have)
  if (typeOf(have.operand).order !== typeOf(want.operand).order) return false
  const order = compareValues(have.operand, want.operand)
  const downwards = ['$eq', '$lt', '$lte'].includes(have.operator)
  const upwards = ['$eq', '$gt', '$gte'].includes(have.operator)
  switch (want.operator) {
    case '$lt':
      return downwards && order < 0
    case '$lte':
      return downwards && order <= 0
    case '$gt':
      return upwards && order > 0
    case '$gte':
      return upwards && order >= 0
    default:
      return false
  }
}

function impliesExistence({ operator, operand }: Clause): boolean {
  if (['$eq', '$lt', '$lte', '$gt', '$gte'].includes(operator)) return operand !== null
  return ['$elemMatch', '$mod', '$regex', '$size', '$type'].includes(operator)
}
