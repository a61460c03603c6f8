import { parseCollation, sameCollation } from '../bson/collation'
import { type Doc, isDoc, sameBytes } from '../bson/document'
import { show } from '../bson/show'
import { CommandError, notImplemented } from '../errors'
import { compileFilter } from '../query/filter'
import type { IndexSpec } from '../storage/hash-index'

const FIELDS = [
  ...['key', 'name', 'v', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'],
  ...['collation', 'background'],
]

/** Checks the specification of an index. */
export function readSpec(spec: unknown): IndexSpec {
  if (!isDoc(spec) || !isDoc(spec.key) || typeof spec.name !== 'string')
    throw new CommandError(9, "The 'key' and 'name' of an index are required")
  refuseUnknownFields(spec)
  const { key, name, partialFilterExpression: filter, expireAfterSeconds: seconds } = spec
  checkKey(key)
  if (filter !== undefined) checkPartialFilter(filter)
  const collation = parseCollation(spec.collation)
  const options = {
    ...(spec.unique === true && { unique: true }),
    ...(spec.sparse === true && { sparse: true }),
    ...(filter !== undefined && { partialFilterExpression: filter }),
    ...(seconds !== undefined && { expireAfterSeconds: seconds }),
    ...(collation && { collation: collation.spec }),
  }
  return {
    name,
    key,
    shown: { v: 2, key, name, ...options },
    unique: spec.unique === true,
    sparse: spec.sparse === true,
    expireAfterSeconds: seconds === undefined ? undefined : checkSeconds(seconds, key),
    collation,
    partial:
      filter === undefined ? undefined : { filter: filter as Doc, test: compileFilter(filter, collation) },
  }
}

function refuseUnknownFields(spec: Doc): void {
  for (const [field, value] of Object.entries(spec)) {
    if (FIELDS.includes(field) || value === false) continue
    if (field === 'hidden') throw notImplemented('hidden indexes')
    throw new CommandError(
      197,
      `The field '${field}' is not valid for an index specification. Specification: ${show(spec)}`,
    )
  }
}

function checkKey(key: Doc): void {
  for (const [path, kind] of Object.entries(key)) {
    if (typeof kind === 'string') throw notImplemented(`the index type '${kind}'`)
    if (path.includes('$') || path === '' || !Number(kind))
      throw new CommandError(67, `Values in v:2 index key pattern cannot be of this kind: ${show(key)}`)
  }
}

function checkSeconds(seconds: unknown, key: Doc): number {
  if (Object.keys(key).length > 1)
    throw new CommandError(67, 'TTL indexes are single-field indexes, compound indexes do not support TTL')
  const value = Number(seconds)
  if (!(value >= 0 && value < 2 ** 31))
    throw new CommandError(
      67,
      `TTL index 'expireAfterSeconds' option must be within an acceptable range: ${value}`,
    )
  return value
}

function checkPartialFilter(filter: unknown): void {
  if (!isDoc(filter)) throw new CommandError(67, 'partialFilterExpression must be a document')
  for (const [key, value] of Object.entries(filter)) {
    if (key === '$and') (value as unknown[]).forEach(checkPartialFilter)
    else if (key.startsWith('$'))
      throw new CommandError(67, `Expression not supported in partial index: ${key}`)
    else if (isDoc(value)) checkPartialCondition(key, value)
  }
}

const PARTIAL_OPERATORS = ['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type']

function checkPartialCondition(path: string, condition: Doc): void {
  for (const [operator, operand] of Object.entries(condition)) {
    if (!operator.startsWith('$')) continue
    const existing = operand === true || Number(operand) === 1
    if (PARTIAL_OPERATORS.includes(operator) && (operator !== '$exists' || existing)) continue
    throw new CommandError(
      67,
      `Expression not supported in partial index: ${path} ${operator} ${show(operand)}`,
    )
  }
}

/** Whether an index with this specification exists. Throws 85 or 86, as mongod does, if another conflicts with it. */
export function alreadyExists(existing: IndexSpec[], spec: IndexSpec): boolean {
  const same = existing.find((other) => sameIdentity(other, spec))
  const namesake = existing.find(({ name }) => name === spec.name)
  const pair = (other: IndexSpec) =>
    `Requested index: ${show(spec.shown)}, existing index: ${show(other.shown)}`
  if (namesake && namesake !== same) {
    throw new CommandError(
      86,
      'An existing index has the same name as the requested index. When index names are not specified, they are ' +
        `auto generated and can cause conflicts. Please refer to our documentation. ${pair(namesake)}`,
    )
  }
  if (!same) return false
  const sameOptions = same.expireAfterSeconds === spec.expireAfterSeconds
  // The _id index keeps its own name. A request for it under another name succeeds.
  if (sameOptions && (namesake || same.name === '_id_')) return true
  throw new CommandError(
    85,
    sameOptions
      ? `Index already exists with a different name: ${same.name}`
      : `An equivalent index already exists with ${namesake ? 'the same name but different' : 'a different name and'} options. ${pair(same)}`,
  )
}

/** Whether two indexes are the same. Since mongod 5.0, indexes that differ in one of these can exist together. */
function sameIdentity(a: IndexSpec, b: IndexSpec): boolean {
  const unique = (spec: IndexSpec) => spec.unique || spec.name === '_id_' || sameBytes(spec.key, { _id: 1 })
  return (
    sameBytes(a.key, b.key) &&
    sameBytes(a.partial?.filter, b.partial?.filter) &&
    sameCollation(a.collation, b.collation) &&
    unique(a) === unique(b) &&
    a.sparse === b.sparse
  )
}
