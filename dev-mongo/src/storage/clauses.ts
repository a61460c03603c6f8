import { compareValues, sameValue } from '../bson/compare'
import { type Doc, isDoc } from '../bson/document'
import { typeOf } from '../bson/types'
import { isCondition } from '../query/prepare'

/** A condition that must hold: one operator at one path. */
export interface Clause {
  path: string
  operator: string
  operand: unknown
  /** The `$elemMatch` around it. Only the clauses of one `$elemMatch` are about the same element. */
  scope?: Doc
}

/** The conditions of a filter that all must hold. */
export function clausesOf(filter: Doc, prefix = '', scope?: Doc): Clause[] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === '$and') return (value as Doc[]).flatMap((part) => clausesOf(part, prefix, scope))
    if (key.startsWith('$')) return []
    const path = prefix + key
    if (!isCondition(value)) return [{ path, operator: '$eq', operand: value, scope }]
    return Object.entries(value).flatMap(([operator, operand]) => {
      const clause = { path, operator, operand, scope }
      // The planner does not look into an $elemMatch within an $elemMatch.
      const inner = operator === '$elemMatch' && !scope && isDoc(operand)
      return inner ? [clause, ...clausesOf(operand, `${path}.`, operand)] : [clause]
    })
  })
}

/** Whether a query implies each condition of a partial index. These are mongod's rules, and no others. */
export function implies(query: Clause[], partial: Clause[]): boolean {
  return partial.every((want) =>
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
