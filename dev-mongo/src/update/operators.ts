import { Timestamp } from 'bson'
import { compareValues } from '../bson/compare'
import { clone, isDoc } from '../bson/document'
import { show } from '../bson/show'
import { CommandError, notImplemented } from '../errors'
import { arithmetic } from './arithmetic'
import { arrayOperators } from './array-operators'
import { findPlace, makePlace, put, store, take, type UpdateOperator } from './target'

/** All update operators. */
export const OPERATORS: Record<string, UpdateOperator> = {
  ...arithmetic,
  ...arrayOperators,
  $set: (target, operand) => put(target, clone(operand)),
  $setOnInsert: (target, operand) => put(target, clone(operand)),
  $unset: (target) => take(target),
  $min: keeping((order) => order < 0),
  $max: keeping((order) => order > 0),
  $currentDate: (target, operand) => put(target, currentDate(operand)),
  $rename(target, operand) {
    if (typeof operand !== 'string')
      throw new CommandError(2, `The 'to' field for $rename must be a string: ${target.path}`)
    const value = findPlace(target)?.value
    if (value === undefined) return
    take(target)
    put({ ...target, path: operand }, value)
  },
  $bit() {
    throw notImplemented('the update operator $bit')
  },
}

function keeping(wins: (order: number) => boolean): UpdateOperator {
  return (target, operand) => {
    const place = makePlace(target)
    if (place.value === undefined || wins(compareValues(operand, place.value, target.collation)))
      store(place, clone(operand))
  }
}

function currentDate(operand: unknown): unknown {
  const type = isDoc(operand) ? operand.$type : operand === true ? 'date' : undefined
  if (type === 'date') return new Date()
  if (type === 'timestamp') return new Timestamp({ t: Math.floor(Date.now() / 1000), i: 1 })
  throw new CommandError(
    2,
    `${show(operand)} is not valid type for $currentDate. Please use a boolean ('true') or a $type expression ({$type: 'timestamp/date'}).`,
  )
}
