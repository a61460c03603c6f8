import { compareValues, sameValue } from '../bson/compare'
import { clone, type Doc, isDoc } from '../bson/document'
import { show } from '../bson/show'
import { typeOf } from '../bson/types'
import { CommandError } from '../errors'
import { compileElement } from '../query/filter'
import { compileSort } from '../query/sort'
import { findPlace, put, type Target, type UpdateOperator } from './target'

/** The update operators that change arrays. */
export const arrayOperators: Record<string, UpdateOperator> = {
  $push(target, operand) {
    const { $each, $position, $slice, $sort } = modifiers('$push', operand)
    const array = [...(arrayToAddTo(target) ?? [])]
    array.splice($position === undefined ? array.length : Number($position), 0, ...clone($each))
    if (isDoc($sort)) {
      const compare = compileSort($sort, target.collation)
      array.sort((a, b) => compare(a as Doc, b as Doc))
    } else if ($sort !== undefined)
      array.sort((a, b) => Number($sort) * compareValues(a, b, target.collation))
    const slice = $slice === undefined ? Infinity : Number($slice)
    put(target, slice < 0 ? array.slice(slice) : array.slice(0, slice))
  },
  $addToSet(target, operand) {
    const { $each } = modifiers('$addToSet', operand)
    const set = [...(arrayToAddTo(target) ?? [])]
    for (const item of $each)
      if (!set.some((member) => sameValue(member, item, target.collation))) set.push(clone(item))
    put(target, set)
  },
  $pop(target, operand) {
    const end = Number(operand)
    if (end !== 1 && end !== -1) throw new CommandError(9, `$pop expects 1 or -1, found: ${show(operand)}`)
    const array = arrayToTakeFrom(target, '$pop')
    if (array) put(target, end === 1 ? array.slice(0, -1) : array.slice(1))
  },
  $pull(target, operand) {
    const matches = compileElement(isDoc(operand) ? operand : { $in: [operand] }, target.collation)
    const array = arrayToTakeFrom(target, '$pull')
    if (array)
      put(
        target,
        array.filter((item) => !matches(item)),
      )
  },
  $pullAll(target, operand) {
    if (!Array.isArray(operand)) throw new CommandError(2, '$pullAll requires an array argument')
    const unwanted = (item: unknown) => operand.some((value) => sameValue(item, value, target.collation))
    const array = arrayToTakeFrom(target, '$pullAll')
    if (array)
      put(
        target,
        array.filter((item) => !unwanted(item)),
      )
  },
}

function arrayToAddTo(target: Target): unknown[] | undefined {
  const value = findPlace(target)?.value
  if (value === undefined || Array.isArray(value)) return value
  const type = typeOf(value).name
  const where = `{_id: ${show(target.doc._id)}} has the field '${target.path}' of type ${type}`
  throw new CommandError(
    2,
    `The field '${target.path}' must be an array but is of type ${type} in document ${where}`,
  )
}

function arrayToTakeFrom(target: Target, operator: string): unknown[] | undefined {
  const value = findPlace(target)?.value
  if (value === undefined || Array.isArray(value)) return value
  throw new CommandError(operator === '$pop' ? 14 : 2, `Cannot apply ${operator} to a non-array value`)
}

const MODIFIERS: Record<string, string[]> = {
  $push: ['$each', '$position', '$slice', '$sort'],
  $addToSet: ['$each'],
}

function modifiers(operator: string, operand: unknown): Doc & { $each: unknown[] } {
  if (!isDoc(operand) || !Object.keys(operand).some((key) => key.startsWith('$'))) return { $each: [operand] }
  const unknown = Object.keys(operand).find((key) => !MODIFIERS[operator]?.includes(key))
  if (unknown !== undefined) throw new CommandError(2, `Unrecognized clause in ${operator}: ${unknown}`)
  const { $each } = operand
  if (!Array.isArray($each))
    throw new CommandError(
      14,
      `The argument to $each in ${operator} must be an array but it was of type ${typeOf($each).name}`,
    )
  return { ...operand, $each }
}
