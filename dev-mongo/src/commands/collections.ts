import { type Doc, isDoc } from '../bson/document'
import { compileFilter, readFilter } from '../query/filter'
import { collectionOf, type Command, writtenCollection } from './command'

const create: Command = {
  options: [],
  run(context) {
    writtenCollection(context)
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
    const databases = [...store.databases.keys()]
      .sort()
      .map((name) => ({ name, sizeOnDisk: 0, empty: false }))
      .filter(compileFilter(readFilter(command.filter)))
    return command.nameOnly === true
      ? { databases: databases.map(({ name }) => ({ name })) }
      : { databases, totalSize: 0, totalSizeMb: 0 }
  },
}

const listCollections: Command = {
  options: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'],
  run({ store, db, command }) {
    const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' }
    const rest = { type: 'collection', options: {}, info: { readOnly: false }, idIndex }
    const collections = [...(store.databases.get(db)?.keys() ?? [])]
      .map((name) => ({ name, ...rest }))
      .filter(compileFilter(readFilter(command.filter)))
    const docs =
      command.nameOnly === true ? collections.map(({ name, type }) => ({ name, type })) : collections
    const namespace = `${db}.$cmd.listCollections`
    return { cursor: store.cursors.open({ namespace, docs, batchSize: batchSizeOf(command) }) }
  },
}

/** The batch size of a command that lists; without one, all fit into the first batch. */
export function batchSizeOf({ cursor }: Doc): number {
  return isDoc(cursor) && cursor.batchSize !== undefined ? Number(cursor.batchSize) : Infinity
}

/** Commands that create, list and drop databases and collections. */
export const commands: Record<string, Command> = {
  create,
  drop,
  dropDatabase,
  listDatabases,
  listCollections,
}
