import { parseCollation, sameCollation } from './collation'
import type { Collection } from './collection'
import type { Command, Context } from './commands'
import { collectionOf } from './commands'
import { CommandError, notImplemented } from './errors'
import type { IndexSpec } from './indexes'
import { compileFilter } from './query'
import { filterOf } from './reads'
import { sameBytes } from './update'
import type { Doc } from './values'
import { isDoc, show } from './values'

const create: Command = {
  options: [],
  run(context) {
    context.store.make(context.db, collectionOf(context))
    return {}
  },
}

const drop: Command = {
  options: [],
  run(context) {
    const { store, db } = context
    const name = collectionOf(context)
    const collection = store.find(db, name)
    if (!collection) return {}
    store.drop(db, name)
    return { nIndexesWas: collection.indexes.size, ns: collection.namespace }
  },
}

const dropDatabase: Command = {
  options: [],
  run: ({ store, db }) => (store.databases.delete(db) ? { dropped: db } : {}),
}

const listDatabases: Command = {
  options: ['filter', 'nameOnly', 'authorizedDatabases'],
  run({ store, command }) {
    const wanted = compileFilter(filterOf(command.filter))
    const all = [...store.databases.keys()].sort().map((name) => ({ name, sizeOnDisk: 0, empty: false }))
    const databases = all.filter(wanted)
    return command.nameOnly === true
      ? { databases: databases.map(({ name }) => ({ name })) }
      : { databases, totalSize: 0, totalSizeMb: 0 }
  },
}

const listCollections: Command = {
  options: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run({ store, db, command }) {
    const wanted = compileFilter(filterOf(command.filter))
    const names = [...(store.databases.get(db)?.keys() ?? [])]
    const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' }
    const all = names.map((name) => ({
      name,
      type: 'collection',
      options: {},
      info: { readOnly: false },
      idIndex,
    }))
    const found = all.filter(wanted)
    const shown = command.nameOnly === true ? found.map(({ name, type }) => ({ name, type })) : found
    return { cursor: store.open(`${db}.$cmd.listCollections`, shown, batchSize(command)) }
  },
}

const listIndexes: Command = {
  options: ['cursor'],
  run(context) {
    const { store, db, command } = context
    const shown = [...existing(context).indexes.values()].map(({ spec }) => spec.shown)
    return { cursor: store.open(`${db}.${collectionOf(context)}`, shown, batchSize(command)) }
  },
}

function batchSize({ cursor }: Doc): number {
  return isDoc(cursor) && cursor.batchSize !== undefined ? Number(cursor.batchSize) : Infinity
}

const createIndexes: Command = {
  options: ['indexes', 'commitQuorum'],
  run(context) {
    const { store, db, command } = context
    const name = collectionOf(context)
    if (!Array.isArray(command.indexes) || command.indexes.length === 0)
      throw new CommandError(2, 'Must specify at least one index to create')
    const specs = command.indexes.map(readSpec)
    const createdCollectionAutomatically = !store.find(db, name)
    const collection = store.make(db, name)
    const numIndexesBefore = collection.indexes.size
    const added = specs.filter((spec) => !alreadyThere(collection, spec))
    for (const spec of added) collection.addIndex(spec)
    const note = added.length ? {} : { note: 'all indexes already exist' }
    return {
      numIndexesBefore,
      numIndexesAfter: collection.indexes.size,
      createdCollectionAutomatically,
      ...note,
    }
  },
}

const SPEC_FIELDS = [
  'key',
  'name',
  'v',
  'unique',
  'sparse',
  'partialFilterExpression',
  'expireAfterSeconds',
  'collation',
  'background',
]

function readSpec(given: unknown): IndexSpec {
  if (!isDoc(given) || !isDoc(given.key) || typeof given.name !== 'string')
    throw new CommandError(9, "The 'key' and 'name' of an index are required")
  const { key, name, partialFilterExpression: partial, expireAfterSeconds: seconds } = given
  for (const [field, value] of Object.entries(given)) {
    if (SPEC_FIELDS.includes(field) || value === false) continue
    if (field === 'hidden') throw notImplemented('hidden indexes')
    throw new CommandError(
      197,
      `The field '${field}' is not valid for an index specification. Specification: ${show(given)}`,
    )
  }
  for (const [path, kind] of Object.entries(key)) {
    if (typeof kind === 'string') throw notImplemented(`the index type '${kind}'`)
    if (path.includes('$') || path === '' || !Number(kind))
      throw new CommandError(67, `Values in v:2 index key pattern cannot be of this kind: ${show(key)}`)
  }
  if (partial !== undefined) checkPartial(partial)
  const collation = parseCollation(given.collation)
  const options = {
    ...(given.unique === true && { unique: true }),
    ...(given.sparse === true && { sparse: true }),
    ...(partial !== undefined && { partialFilterExpression: partial }),
    ...(seconds !== undefined && { expireAfterSeconds: seconds }),
    ...(collation && { collation: collation.spec }),
  }
  return {
    name,
    key,
    shown: { v: 2, key, name, ...options },
    unique: given.unique === true,
    sparse: given.sparse === true,
    expireAfterSeconds: seconds === undefined ? undefined : checkSeconds(seconds, key),
    collation,
    partial:
      partial === undefined ? undefined : { filter: partial as Doc, test: compileFilter(partial, collation) },
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

const PARTIAL_OPERATORS = ['$eq', '$exists', '$gt', '$gte', '$lt', '$lte', '$type']

function checkPartial(filter: unknown): void {
  if (!isDoc(filter)) throw new CommandError(67, 'partialFilterExpression must be a document')
  for (const [key, value] of Object.entries(filter)) {
    if (key === '$and') (value as unknown[]).forEach(checkPartial)
    else if (key.startsWith('$'))
      throw new CommandError(67, `Expression not supported in partial index: ${key}`)
    else if (isDoc(value)) {
      const refused = Object.entries(value).find(
        ([operator, operand]) =>
          operator.startsWith('$') &&
          (!PARTIAL_OPERATORS.includes(operator) ||
            (operator === '$exists' && operand !== true && Number(operand) !== 1)),
      )
      if (refused)
        throw new CommandError(
          67,
          `Expression not supported in partial index: ${key} ${refused[0]} ${show(refused[1])}`,
        )
    }
  }
}

/** Whether the index exists; throws 85 or 86, as mongod does, where another stands in its way. */
function alreadyThere(collection: Collection, wanted: IndexSpec): boolean {
  const same = [...collection.indexes.values()]
    .map(({ spec }) => spec)
    .find((spec) => sameIdentity(spec, wanted))
  const pair = (held: IndexSpec) =>
    `Requested index: ${show(wanted.shown)}, existing index: ${show(held.shown)}`
  const namesake = collection.indexes.get(wanted.name)?.spec
  if (namesake && namesake !== same) {
    throw new CommandError(
      86,
      'An existing index has the same name as the requested index. When index names are not specified, they are ' +
        `auto generated and can cause conflicts. Please refer to our documentation. ${pair(namesake)}`,
    )
  }
  if (!same) return false
  const sameOptions = same.expireAfterSeconds === wanted.expireAfterSeconds
  // The _id index is there under its own name, whatever it is asked for by.
  if (sameOptions && (namesake || same.name === '_id_')) return true
  throw new CommandError(
    85,
    sameOptions
      ? `Index already exists with a different name: ${same.name}`
      : `An equivalent index already exists with ${namesake ? 'the same name but different' : 'a different name and'} options. ${pair(same)}`,
  )
}

/** Since 5.0 these make two indexes different: they may stand side by side. */
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

const dropIndexes: Command = {
  options: ['index'],
  run(context) {
    const { indexes } = existing(context)
    const nIndexesWas = indexes.size
    for (const name of namesToDrop(context.command.index, existing(context))) indexes.delete(name)
    return { nIndexesWas }
  },
}

function namesToDrop(wanted: unknown, { indexes }: Collection): string[] {
  if (wanted === '*') return [...indexes.keys()].filter((name) => name !== '_id_')
  const names = (Array.isArray(wanted) ? wanted : [wanted]) as unknown[]
  return names.map((one) => {
    const found = [...indexes.values()].find(({ spec }) =>
      isDoc(one) ? sameBytes(spec.key, one) : spec.name === one,
    )
    if (!found) {
      throw new CommandError(
        27,
        isDoc(one) ? `can't find index with key: ${show(one)}` : `index not found with name [${String(one)}]`,
      )
    }
    if (found.spec.name === '_id_') throw new CommandError(72, 'cannot drop _id index')
    return found.spec.name
  })
}

function existing(context: Context): Collection {
  const collection = context.store.find(context.db, collectionOf(context))
  if (!collection) throw new CommandError(26, `ns does not exist: ${context.db}.${collectionOf(context)}`)
  return collection
}

/** What makes, lists and drops databases, collections and indexes. */
export const commands: Record<string, Command> = {
  create,
  drop,
  dropDatabase,
  listDatabases,
  listCollections,
  listIndexes,
  createIndexes,
  dropIndexes,
}
