import { Context } from 'mingo/core'
import * as expressionOperators from 'mingo/operators/expression'
import * as queryOperators from 'mingo/operators/query'
import { Query } from 'mingo/query'
import type { Collation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { CommandError } from '../errors'
import { runMingo } from './mingo'
import { type Predicate, valueOperators } from './operators'
import { isCondition, prepareFilter } from './prepare'

/** Reads the filter of a command. A missing one matches every document. */
export function readFilter(filter: unknown): Doc {
  if (filter === undefined || filter === null) return {}
  if (!isDoc(filter)) throw new CommandError(14, 'the filter must be a document')
  return filter
}

/** Compiles a filter. mingo reads the language; the operators that look at values are ours. */
export function compileFilter(filter: unknown, collation?: Collation): Predicate {
  if (!isDoc(filter)) throw new CommandError(14, 'the filter must be a document')
  const prepared = prepareFilter(filter)
  if (Object.keys(prepared).length === 0) return () => true
  const query = {
    ...queryOperators,
    ...valueOperators(collation, (operand) => compileElement(operand, collation)),
  }
  const context = Context.init({ query, expression: expressionOperators })
  const compiled = runMingo(() => new Query(prepared, { context, scriptEnabled: false }))
  return (doc) => runMingo(() => compiled.test(doc))
}

/** Compiles what `$elemMatch` and `$pull` ask of one element: conditions on its fields, or operators on itself. */
export function compileElement(operand: unknown, collation?: Collation): (element: unknown) => boolean {
  if (!isDoc(operand)) throw new CommandError(2, '$elemMatch needs an Object')
  const first = Object.keys(operand)[0] ?? ''
  if (isCondition(operand) && !['$and', '$or', '$nor'].includes(first)) {
    // The path names a place in an array, so that an element that is an array is not taken apart.
    const test = compileFilter({ 'list.0': operand }, collation)
    return (element) => test({ list: [element] })
  }
  const test = compileFilter(operand, collation)
  return (element) => isDoc(element) && test(element)
}
