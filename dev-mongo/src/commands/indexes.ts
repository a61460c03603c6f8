import { isDoc, sameBytes } from '../bson/document'
import { show } from '../bson/show'
import { CommandError } from '../errors'
import type { Collection } from '../storage/collection'
import type { IndexSpec } from '../storage/hash-index'
import { batchSizeOf } from './collections'
import { collectionOf, type Command, type Context, writtenCollection } from './command'
import { alreadyExists, readSpec } from './index-spec'

const listIndexes: Command = {
  options: ['cursor'],
  run(context) {
    const { store, db, command } = context
    const docs = specsOf(existingCollection(context)).map(({ shown }) => shown)
    const namespace = `${db}.${collectionOf(context)}`
    return { cursor: store.cursors.open({ namespace, docs, batchSize: batchSizeOf(command) }) }
  },
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
    const collection = writtenCollection(context)
    const numIndexesBefore = collection.indexes.size
    const added = specs.filter((spec) => !alreadyExists(specsOf(collection), spec))
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

const dropIndexes: Command = {
  options: ['index'],
  run(context) {
    const collection = existingCollection(context)
    const nIndexesWas = collection.indexes.size
    for (const name of namesToDrop(context.command.index, specsOf(collection)))
      collection.indexes.delete(name)
    return { nIndexesWas }
  },
}

function namesToDrop(index: unknown, specs: IndexSpec[]): string[] {
  if (index === '*') return specs.map(({ name }) => name).filter((name) => name !== '_id_')
  return (Array.isArray(index) ? (index as unknown[]) : [index]).map((wanted) => {
    const spec = specs.find(({ key, name }) => (isDoc(wanted) ? sameBytes(key, wanted) : name === wanted))
    if (!spec) {
      throw new CommandError(
        27,
        isDoc(wanted)
          ? `can't find index with key: ${show(wanted)}`
          : `index not found with name [${String(wanted)}]`,
      )
    }
    if (spec.name === '_id_') throw new CommandError(72, 'cannot drop _id index')
    return spec.name
  })
}

function specsOf({ indexes }: Collection): IndexSpec[] {
  return [...indexes.values()].map(({ spec }) => spec)
}

function existingCollection(context: Context): Collection {
  const collection = context.store.find(context.db, collectionOf(context))
  if (!collection) throw new CommandError(26, `ns does not exist: ${context.db}.${collectionOf(context)}`)
  return collection
}

/** Commands that create, list and drop indexes. */
export const commands: Record<string, Command> = { listIndexes, createIndexes, dropIndexes }
