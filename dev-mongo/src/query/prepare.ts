import { BSONRegExp } from 'bson'
import * as queryOperators from 'mingo/operators/query'
import { type Doc, isDoc } from '../bson/document'
import { CommandError, notImplemented } from '../errors'

const REFUSED = new Set([
  ...['$where', '$jsonSchema', '$text', '$near', '$nearSphere', '$geoWithin', '$geoIntersects'],
  ...['$bitsAllSet', '$bitsAllClear', '$bitsAnySet', '$bitsAnyClear'],
])

/** Checks a filter and gives it the form that mingo expects: no comments, and JavaScript's RegExp. */
export function prepareFilter(filter: Doc): Doc {
  const prepared: Doc = {}
  for (const [key, value] of Object.entries(filter)) {
    if (REFUSED.has(key)) throw notImplemented(`the query operator ${key}`)
    if (key === '$comment') continue
    if (key === '$and' || key === '$or' || key === '$nor') {
      if (!Array.isArray(value) || value.length === 0 || !value.every(isDoc)) {
        throw new CommandError(2, '$and/$or/$nor must be a nonempty array of documents')
      }
      prepared[key] = value.map(prepareFilter)
    } else if (key === '$expr') prepared[key] = value
    else if (key.startsWith('$')) throw new CommandError(2, `unknown top level operator: ${key}`)
    else prepared[key] = prepareCondition(value)
  }
  return prepared
}

function prepareCondition(value: unknown): unknown {
  if (value instanceof BSONRegExp) return { $regex: toRegExp(value) }
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

/** Whether a value in a filter is a document of operators, not a value to compare with. */
export function isCondition(value: unknown): value is Doc {
  return isDoc(value) && (Object.keys(value)[0]?.startsWith('$') ?? false)
}

/** Compiles a regular expression as mongod takes it: a BSON regex, or a pattern with options. */
export function toRegExp(regex: unknown, options?: unknown): RegExp {
  const pattern = regex instanceof BSONRegExp ? regex.pattern : regex
  const flags = options ?? (regex instanceof BSONRegExp ? regex.options : '')
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
