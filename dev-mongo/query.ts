import { BSONRegExp } from 'bson'
import { Context, evalExpr } from 'mingo/core'
import * as expressionOperators from 'mingo/operators/expression'
import * as queryOperators from 'mingo/operators/query'
import { Query } from 'mingo/query'
import type { Options } from 'mingo/types'
import type { Collation } from './collation'
import { CommandError, notImplemented } from './errors'
import { candidatesAt, valuesAt } from './paths'
import type { Doc } from './values'
import { compareValues, computable, isDoc, sameValue, typeOf } from './values'

/** Whether a document is wanted. */
export type Predicate = (doc: Doc) => boolean
type Leaf = (path: string, operand: unknown) => Predicate

/**
 * Compiles a filter. mingo carries the language; the operators that look at values are ours, because mingo's know
 * neither BSON's types nor collations, take `{a, b}` for `{b, a}`, and find a path inside an empty array.
 */
export function compileFilter(filter: unknown, collation?: Collation): Predicate {
  if (!isDoc(filter)) throw new CommandError(14, 'the filter must be a document')
  const prepared = prepare(filter)
  if (Object.keys(prepared).length === 0) return () => true
  const context = Context.init({ query: operators(collation), expression: expressionOperators } as never)
  const query = refusingUnknown(() => new Query(prepared, { context, scriptEnabled: false }))
  return (doc) => refusingUnknown(() => query.test(doc))
}

/** Runs mingo, and gives what it refuses the code that mongod has for it. */
export function refusingUnknown<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error)) throw error
    throw new CommandError(2, error.message.replace(/unknown query operator/, 'unknown operator:'))
  }
}

const REFUSED = new Set([
  ...['$where', '$jsonSchema', '$text', '$near', '$nearSphere', '$geoWithin', '$geoIntersects'],
  ...['$bitsAllSet', '$bitsAllClear', '$bitsAnySet', '$bitsAnyClear'],
])

/** A filter in the form that mingo expects: without comments, and with the RegExp class of JavaScript. */
function prepare(filter: Doc): Doc {
  const prepared: Doc = {}
  for (const [key, value] of Object.entries(filter)) {
    if (REFUSED.has(key)) throw notImplemented(`the query operator ${key}`)
    if (key === '$comment') continue
    if (key === '$and' || key === '$or' || key === '$nor') {
      if (!Array.isArray(value) || value.length === 0 || !value.every(isDoc)) {
        throw new CommandError(2, '$and/$or/$nor must be a nonempty array of documents')
      }
      prepared[key] = value.map(prepare)
    } else if (key === '$expr') prepared[key] = value
    else if (key.startsWith('$')) throw new CommandError(2, `unknown top level operator: ${key}`)
    else prepared[key] = prepareCondition(value)
  }
  return prepared
}

function prepareCondition(value: unknown): unknown {
  if (value instanceof BSONRegExp) return { $regex: toRegExp(value.pattern, value.options) }
  if (!isCondition(value)) return { $eq: value }
  const prepared: Doc = {}
  for (const [key, operand] of Object.entries(value)) {
    if (REFUSED.has(key)) throw notImplemented(`the query operator ${key}`)
    if (key === '$options' && '$regex' in value) continue
    if (!(key in queryOperators)) throw new CommandError(2, `unknown operator: ${key}`)
    if (key === '$regex') prepared[key] = toRegExp(operand, value.$options)
    else if (key === '$not') prepared[key] = prepareNot(operand)
    else prepared[key] = operand
  }
  return prepared
}

function prepareNot(operand: unknown): unknown {
  if (!isCondition(operand) && !(operand instanceof BSONRegExp))
    throw new CommandError(2, '$not needs a regex or a document')
  return prepareCondition(operand)
}

/** Whether a value in a filter is a set of operators, and not a document to be equal to. */
export function isCondition(value: unknown): value is Doc {
  return isDoc(value) && (Object.keys(value)[0]?.startsWith('$') ?? false)
}

function toRegExp(given: unknown, options: unknown): RegExp {
  const pattern = given instanceof BSONRegExp ? given.pattern : given
  const flags = options ?? (given instanceof BSONRegExp ? given.options : '')
  if (typeof pattern !== 'string' || typeof flags !== 'string')
    throw new CommandError(2, '$regex has to be a string')
  const unknown = /[^ims]/.exec(flags)
  if (unknown) throw notImplemented(`the regex option ${unknown[0]}`)
  try {
    return new RegExp(pattern, flags)
  } catch (cause) {
    throw new CommandError(51091, `Regular expression is invalid: ${(cause as Error).message}`)
  }
}

/** mingo's operators, with ours in the place of those that compare values. */
function operators(collation: Collation | undefined): Record<string, unknown> {
  const equal = (a: unknown, b: unknown) =>
    b === null ? a === null || a === undefined : sameValue(a, b, collation)
  const $eq: Leaf = (path, operand) => (doc) => candidatesAt(doc, path).some((value) => equal(value, operand))
  const $in: Leaf = (path, operand) => {
    const tests = listOf('$in', operand).map((item) =>
      item instanceof BSONRegExp ? $regex(path, toRegExp(item, undefined)) : $eq(path, item),
    )
    return (doc) => tests.some((test) => test(doc))
  }
  const $elemMatch: Leaf = (path, operand) => {
    const matches = elementTest(operand, collation)
    return (doc) => valuesAt(doc, path).some((value) => Array.isArray(value) && value.some(matches))
  }
  const $all: Leaf = (path, operand) => {
    const tests = listOf('$all', operand).map((item) => {
      if (item instanceof BSONRegExp) return $regex(path, toRegExp(item, undefined))
      return isCondition(item) && '$elemMatch' in item ? $elemMatch(path, item.$elemMatch) : $eq(path, item)
    })
    return (doc) => tests.length > 0 && tests.every((test) => test(doc))
  }
  const comparing =
    (wanted: (order: number) => boolean): Leaf =>
    (path, operand) => {
      if (operand === null && wanted(0)) return $eq(path, null)
      if (Number.isNaN(operand)) throw notImplemented('a comparison with NaN')
      const { order } = typeOf(operand)
      return (doc) =>
        candidatesAt(doc, path).some(
          (value) =>
            typeOf(value).order === order &&
            !Number.isNaN(value) &&
            wanted(compareValues(value, operand, collation)),
        )
    }
  return {
    ...queryOperators,
    $eq,
    $in,
    $elemMatch,
    $all,
    $regex,
    $exists,
    $type,
    $size,
    $mod,
    $expr,
    $ne: negated($eq),
    $nin: negated($in),
    $gt: comparing((order) => order > 0),
    $gte: comparing((order) => order >= 0),
    $lt: comparing((order) => order < 0),
    $lte: comparing((order) => order <= 0),
  }
}

const negated =
  (leaf: Leaf): Leaf =>
  (path, operand) => {
    const test = leaf(path, operand)
    return (doc) => !test(doc)
  }

const $regex: Leaf = (path, operand) => (doc) =>
  candidatesAt(doc, path).some((value) => typeof value === 'string' && (operand as RegExp).test(value))

const $exists: Leaf = (path, operand) => {
  const wanted = operand !== null && operand !== undefined && operand !== false && Number(operand) !== 0
  return (doc) => valuesAt(doc, path).some((value) => value !== undefined) === wanted
}

const $type: Leaf = (path, operand) => {
  const wanted = (Array.isArray(operand) ? operand : [operand]).map((type) =>
    typeof type === 'string' ? type : Number(type),
  )
  const unknown = wanted.find((type) => !TYPE_NAMES.has(type))
  if (unknown !== undefined) throw new CommandError(2, `Unknown type name alias: ${unknown}`)
  return (doc) =>
    candidatesAt(doc, path).some((value) => {
      const { name, number, order } = typeOf(value)
      return (
        value !== undefined &&
        wanted.some((type) => type === name || type === number || (type === 'number' && order === 10))
      )
    })
}

const TYPE_NAMES = new Set<string | number>([
  ...[
    'double',
    'string',
    'object',
    'array',
    'binData',
    'objectId',
    'bool',
    'date',
    'null',
    'regex',
    'javascript',
  ],
  ...['symbol', 'int', 'timestamp', 'long', 'decimal', 'minKey', 'maxKey', 'number'],
  ...[1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, -1, 127],
])

const $expr = (_path: string, expression: unknown, options: Options) => (doc: Doc) =>
  Boolean(evalExpr(computable(doc), expression, options))

const $mod: Leaf = (path, operand) => {
  const [divisor, remainder] = listOf('$mod', operand).map((number) => Math.trunc(Number(number)))
  if (!divisor || remainder === undefined)
    throw new CommandError(2, 'malformed mod: needs a divisor other than 0 and a remainder')
  const test = (value: unknown) =>
    typeOf(value).order === 10 && Math.trunc(Number(String(value))) % divisor === remainder
  return (doc) => candidatesAt(doc, path).some(test)
}

const $size: Leaf = (path, operand) => (doc) =>
  valuesAt(doc, path).some((value) => Array.isArray(value) && value.length === Number(operand))

/** What `$elemMatch` and `$pull` ask of one element: conditions on its fields, or operators on itself. */
export function elementTest(operand: unknown, collation?: Collation): (element: unknown) => boolean {
  if (!isDoc(operand)) throw new CommandError(2, '$elemMatch needs an Object')
  const first = Object.keys(operand)[0]
  if (isCondition(operand) && first !== '$and' && first !== '$or' && first !== '$nor') {
    // By its place, so that an element that is an array is taken as a whole.
    const test = compileFilter({ 'list.0': operand }, collation)
    return (element) => test({ list: [element] })
  }
  const test = compileFilter(operand, collation)
  return (element) => isDoc(element) && test(element)
}

function listOf(name: string, operand: unknown): unknown[] {
  if (!Array.isArray(operand)) throw new CommandError(2, `${name} needs an array`)
  return operand
}
