import { parseCollation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { CommandError } from '../errors'
import { readFilter } from '../query/filter'
import { compileProjection } from '../query/projection'
import { compileSort } from '../query/sort'
import type { Collection } from '../storage/collection'
import type { Entry } from '../storage/hash-index'
import { readUpdate } from '../update/statement'
import { type Command, searchedCollection } from './command'
import { updateEntry, upsert } from './write-document'

/** The document that the command changes or removes. */
function target(collection: Collection, command: Doc): Entry | undefined {
  const collation = parseCollation(command.collation)
  const filter = readFilter(command.query)
  if (!isDoc(command.sort)) return collection.find(filter, collation, 1)[0]
  const compare = compileSort(command.sort, collation)
  return collection.find(filter, collation).sort((a, b) => compare(a.doc, b.doc))[0]
}

/** Changes or removes one document and returns it. */
export const findAndModify: Command = {
  options: [
    ...['query', 'update', 'remove', 'new', 'upsert', 'sort', 'fields', 'collation', 'arrayFilters'],
    'bypassDocumentValidation',
  ],
  run(context) {
    const { command } = context
    const removing = command.remove === true
    if (removing === (command.update !== undefined))
      throw new CommandError(9, 'Either an update or remove=true must be specified')
    const collection = searchedCollection(context)
    const project = compileProjection(command.fields, parseCollation(command.collation))
    const entry = target(collection, command)
    const shown = (doc?: Doc) => (doc ? project(doc) : null)
    const before = entry?.doc
    if (removing) {
      if (entry) collection.remove(entry)
      return { lastErrorObject: { n: entry ? 1 : 0 }, value: shown(before) }
    }
    const update = readUpdate(command.query, command.update, command)
    if (entry) {
      updateEntry(collection, entry, update)
      const doc = command.new === true ? entry.doc : before
      return { lastErrorObject: { n: 1, updatedExisting: true }, value: shown(doc) }
    }
    if (command.upsert !== true) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null }
    const doc = upsert(context, update)
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: doc._id }
    return { lastErrorObject, value: shown(command.new === true ? doc : undefined) }
  },
}
