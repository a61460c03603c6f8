import { BSONRegExp } from 'bson'
import { evalExpr } from 'mingo/core'
import type { Options } from 'mingo/types'
import type { Collation } from '../bson/collation'
import { compareValues, sameValue } from '../bson/compare'
import type { Doc } from '../bson/document'
import { isNumeric, typeOf, typeTest } from '../bson/types'
import { CommandError, notImplemented } from '../errors'
import { computable } from './mingo'
import { candidatesAt, valuesAt } from './paths'
import { isCondition, toRegExp } from './prepare'

/** Whether a document matches. */
export type Predicate = (doc: Doc) => boolean

/** Compiles the operand of `$elemMatch` to a test of one array element. */
export type ElementCompiler = (operand: unknown) => (element: unknown) => boolean

type Operator = (path: string, operand: unknown) => Predicate

/**
 * The query operators that look at values. They replace mingo's, which know neither BSON's types nor collations, take
 * `{a, b}` and `{b, a}` as equal, and find a path inside an empty array.
 */
export function valueOperators(
  collation: Collation | undefined,
  compileElement: ElementCompiler,
): Record<string, unknown> {
  const $eq: Operator = (path, operand) => (doc) =>
    candidatesAt(doc, path).some((value) => equals(value, operand, collation))
  const equalOrMatching: Operator = (path, item) =>
    item instanceof BSONRegExp ? $regex(path, toRegExp(item)) : $eq(path, item)
  const $in: Operator = (path, operand) => {
    const tests = listOf('$in', operand).map((item) => equalOrMatching(path, item))
    return (doc) => tests.some((test) => test(doc))
  }
  const $elemMatch: Operator = (path, operand) => {
    const matches = compileElement(operand)
    return (doc) => valuesAt(doc, path).some((value) => Array.isArray(value) && value.some(matches))
  }
  const $all: Operator = (path, operand) => {
    const tests = listOf('$all', operand).map((item) =>
      isCondition(item) && '$elemMatch' in item
        ? $elemMatch(path, item.$elemMatch)
        : equalOrMatching(path, item),
    )
    return (doc) => tests.length > 0 && tests.every((test) => test(doc))
  }
  const equality = { $eq, $in, $ne: negated($eq), $nin: negated($in), $elemMatch, $all }
  return { ...equality, ...comparisons($eq, collation), $regex, $exists, $type, $size, $mod, $expr }
}

function equals(value: unknown, operand: unknown, collation?: Collation): boolean {
  return operand === null ? value === null || value === undefined : sameValue(value, operand, collation)
}

function negated(operator: Operator): Operator {
  return (path, operand) => {
    const test = operator(path, operand)
    return (doc) => !test(doc)
  }
}

function comparisons($eq: Operator, collation?: Collation): Record<string, Operator> {
  return {
    $gt: comparing((order) => order > 0),
    $gte: comparing((order) => order >= 0),
    $lt: comparing((order) => order < 0),
    $lte: comparing((order) => order <= 0),
  }

  function comparing(accepts: (order: number) => boolean): Operator {
    return (path, operand) => {
      if (operand === null && accepts(0)) return $eq(path, null)
      if (Number.isNaN(operand)) throw notImplemented('a comparison with NaN')
      const { order } = typeOf(operand)
      const test = (value: unknown) =>
        typeOf(value).order === order &&
        !Number.isNaN(value) &&
        accepts(compareValues(value, operand, collation))
      return (doc) => candidatesAt(doc, path).some(test)
    }
  }
}

const $regex: Operator = (path, operand) => (doc) =>
  candidatesAt(doc, path).some((value) => typeof value === 'string' && (operand as RegExp).test(value))

const $exists: Operator = (path, operand) => {
  const expected = operand !== null && operand !== undefined && operand !== false && Number(operand) !== 0
  return (doc) => valuesAt(doc, path).some((value) => value !== undefined) === expected
}

const $type: Operator = (path, operand) => {
  const tests = (Array.isArray(operand) ? operand : [operand]).map((type) => {
    const alias = typeof type === 'string' ? type : Number(type)
    const test = typeTest(alias)
    if (!test) throw new CommandError(2, `Unknown type name alias: ${alias}`)
    return test
  })
  return (doc) => candidatesAt(doc, path).some((value) => tests.some((test) => test(value)))
}

const $expr = (_path: string, expression: unknown, options: Options) => (doc: Doc) =>
  Boolean(evalExpr(computable(doc), expression, options))

const $mod: Operator = (path, operand) => {
  const [divisor, remainder] = listOf('$mod', operand).map((number) => Math.trunc(Number(number)))
  if (!divisor || remainder === undefined)
    throw new CommandError(2, 'malformed mod: needs a divisor other than 0 and a remainder')
  const test = (value: unknown) =>
    isNumeric(value) && Math.trunc(Number(String(value))) % divisor === remainder
  return (doc) => candidatesAt(doc, path).some(test)
}

const $size: Operator = (path, operand) => (doc) =>
  valuesAt(doc, path).some((value) => Array.isArray(value) && value.length === Number(operand))

function listOf(name: string, operand: unknown): unknown[] {
  if (!Array.isArray(operand)) throw new CommandError(2, `${name} needs an array`)
  return operand
}
