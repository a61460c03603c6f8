import { Double, Long, Timestamp } from 'bson'
import type { Collation } from './collation'
import { CommandError, notImplemented } from './errors'
import { compileSort } from './ordering'
import { isIndex } from './paths'
import { elementTest } from './query'
import type { Doc } from './values'
import { clone, compareValues, isDoc, isInt32, own, sameValue, show, typeOf } from './values'

type Operator = (doc: Doc, path: string, operand: unknown, collation?: Collation) => void

/** What each update operator does to the value at one path; `$` and its kin are already places in arrays. */
export const OPERATORS: Record<string, Operator> = {
  $set: (doc, path, operand) => put(doc, path, clone(operand)),
  $setOnInsert: (doc, path, operand) => put(doc, path, clone(operand)),
  $unset: (doc, path) => take(doc, path),
  $inc: (doc, path, operand) =>
    calculate(doc, path, operand, { name: '$inc', verb: 'increment', ...addition }),
  $mul: (doc, path, operand) =>
    calculate(doc, path, operand, { name: '$mul', verb: 'multiply', ...multiplication }),
  $min: (doc, path, operand, collation) => keep(doc, path, operand, (order) => order < 0, collation),
  $max: (doc, path, operand, collation) => keep(doc, path, operand, (order) => order > 0, collation),
  $currentDate: (doc, path, operand) => put(doc, path, currentDate(operand)),
  $rename: rename,
  $push: push,
  $addToSet: addToSet,
  $pop: (doc, path, operand) => {
    if (Number(operand) !== 1 && Number(operand) !== -1)
      throw new CommandError(9, `$pop expects 1 or -1, found: ${show(operand)}`)
    const array = arrayAt(doc, path, '$pop')
    if (array) put(doc, path, Number(operand) === 1 ? array.slice(0, -1) : array.slice(1))
  },
  $pull: (doc, path, operand, collation) => {
    const matches = elementTest(isDoc(operand) ? operand : { $in: [operand] }, collation)
    filterArray(doc, path, '$pull', (item) => !matches(item))
  },
  $pullAll: (doc, path, operand, collation) => {
    if (!Array.isArray(operand)) throw new CommandError(2, '$pullAll requires an array argument')
    filterArray(
      doc,
      path,
      '$pullAll',
      (item) => !operand.some((unwanted) => sameValue(item, unwanted, collation)),
    )
  },
  $bit: () => {
    throw notImplemented('the update operator $bit')
  },
}

type Place = { parent: Doc | unknown[]; key: string; value: unknown }
const MAX_PADDING = 1_500_000

/** Where a path leads. With `create` the documents on the way are made; else undefined where there are none. */
function placeOf(doc: Doc, path: string, create: boolean): Place | undefined {
  const parts = path.split('.')
  const last = parts.pop() ?? ''
  let parent: unknown = doc
  let name = ''
  for (const part of [...parts, undefined]) {
    const key = part ?? last
    if (Array.isArray(parent) ? !isIndex(key) : !isDoc(parent)) {
      if (!create) return undefined
      throw new CommandError(28, `Cannot create field '${key}' in element {${name}: ${show(parent)}}`)
    }
    const value = own(parent, key)
    if (part === undefined) return { parent: parent as Doc, key, value }
    if (value === undefined) {
      if (!create) return undefined
      store({ parent: parent as Doc, key, value }, {})
    }
    name = key
    parent = own(parent, key)
  }
  return undefined
}

function store({ parent, key }: Place, value: unknown): void {
  if (!Array.isArray(parent)) {
    parent[key] = value
    return
  }
  if (Number(key) - parent.length > MAX_PADDING)
    throw new CommandError(2, `can't backfill more than ${MAX_PADDING} elements`)
  while (parent.length < Number(key)) parent.push(null)
  parent[Number(key)] = value
}

function put(doc: Doc, path: string, value: unknown): void {
  const place = placeOf(doc, path, true)
  if (place) store(place, value)
}

function take(doc: Doc, path: string): void {
  const place = placeOf(doc, path, false)
  if (!place || place.value === undefined) return
  if (Array.isArray(place.parent)) place.parent[Number(place.key)] = null
  else delete place.parent[place.key]
}

function keep(
  doc: Doc,
  path: string,
  operand: unknown,
  wins: (order: number) => boolean,
  collation?: Collation,
): void {
  const value = placeOf(doc, path, true)?.value
  if (value === undefined || wins(compareValues(operand, value, collation))) put(doc, path, clone(operand))
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

function rename(doc: Doc, path: string, operand: unknown): void {
  if (typeof operand !== 'string')
    throw new CommandError(2, `The 'to' field for $rename must be a string: ${path}`)
  const value = placeOf(doc, path, false)?.value
  if (value === undefined) return
  take(doc, path)
  put(doc, operand, value)
}

interface Arithmetic {
  name: string
  verb: string
  floating: (a: number, b: number) => number
  integral: (a: bigint, b: bigint) => bigint
}

const addition = { floating: (a: number, b: number) => a + b, integral: (a: bigint, b: bigint) => a + b }
const multiplication = {
  floating: (a: number, b: number) => a * b,
  integral: (a: bigint, b: bigint) => a * b,
}

function calculate(
  doc: Doc,
  path: string,
  operand: unknown,
  { name, verb, floating, integral }: Arithmetic,
): void {
  if (typeOf(operand).order !== 10) {
    throw new CommandError(14, `Cannot ${verb} with non-numeric argument: {${path}: ${show(operand)}}`)
  }
  const place = placeOf(doc, path, true)
  if (!place) return
  const { value = 0, key } = place
  const types = [typeOf(value), typeOf(operand)].map((type) => type.name)
  if (typeOf(value).order !== 10) {
    const where = `{_id: ${show(doc._id)}} has the field '${key}' of non-numeric type ${types[0]}`
    throw new CommandError(14, `Cannot apply ${name} to a value of non-numeric type. ${where}`)
  }
  if (types.includes('decimal')) throw notImplemented(`${name} with Decimal128`)
  if (types.includes('double')) {
    const result = floating(Number(value), Number(operand))
    return store(place, isInt32(result) ? new Double(result) : result)
  }
  const result = integral(BigInt(String(value)), BigInt(String(operand)))
  if (result !== BigInt.asIntN(64, result))
    throw new CommandError(2, `Failed to apply ${name} operations to current value`)
  store(place, types.includes('long') || !isInt32(Number(result)) ? Long.fromBigInt(result) : Number(result))
}

function arrayAt(doc: Doc, path: string, name: string): unknown[] | undefined {
  const value = placeOf(doc, path, false)?.value
  if (value === undefined || Array.isArray(value)) return value
  if (name === '$push' || name === '$addToSet') {
    const where = `{_id: ${show(doc._id)}} has the field '${path}' of type ${typeOf(value).name}`
    throw new CommandError(
      2,
      `The field '${path}' must be an array but is of type ${typeOf(value).name} in document ${where}`,
    )
  }
  throw new CommandError(name === '$pop' ? 14 : 2, `Cannot apply ${name} to a non-array value`)
}

function filterArray(doc: Doc, path: string, name: string, wanted: (item: unknown) => boolean): void {
  const array = arrayAt(doc, path, name)
  if (array) put(doc, path, array.filter(wanted))
}

function addToSet(doc: Doc, path: string, operand: unknown, collation?: Collation): void {
  const { $each } = modifiers(operand, ['$each'], '$addToSet')
  const set = [...(arrayAt(doc, path, '$addToSet') ?? [])]
  for (const item of $each) if (!set.some((held) => sameValue(held, item, collation))) set.push(clone(item))
  put(doc, path, set)
}

function push(doc: Doc, path: string, operand: unknown, collation?: Collation): void {
  const { $each, $position, $slice, $sort } = modifiers(
    operand,
    ['$each', '$position', '$slice', '$sort'],
    '$push',
  )
  const array = [...(arrayAt(doc, path, '$push') ?? [])]
  array.splice($position === undefined ? array.length : Number($position), 0, ...clone($each))
  if (isDoc($sort)) {
    const compare = compileSort($sort, collation)
    array.sort((a, b) => compare(a as Doc, b as Doc))
  } else if ($sort !== undefined) array.sort((a, b) => Number($sort) * compareValues(a, b, collation))
  const slice = $slice === undefined ? Infinity : Number($slice)
  put(doc, path, slice < 0 ? array.slice(slice) : array.slice(0, slice))
}

function modifiers(operand: unknown, allowed: string[], name: string): Doc & { $each: unknown[] } {
  if (!isDoc(operand) || !Object.keys(operand).some((key) => key.startsWith('$'))) return { $each: [operand] }
  const unknown = Object.keys(operand).find((key) => !allowed.includes(key))
  if (unknown !== undefined) throw new CommandError(2, `Unrecognized clause in ${name}: ${unknown}`)
  const { $each } = operand
  if (!Array.isArray($each))
    throw new CommandError(
      14,
      `The argument to $each in ${name} must be an array but it was of type ${typeOf($each).name}`,
    )
  return { ...operand, $each }
}
