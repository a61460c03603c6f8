import { parseCollation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { CommandError } from '../errors'
import { readFilter } from '../query/filter'
import { isReplacement, readUpdate } from '../update/statement'
import { type Command, type Context, refuseUnknown, searchedCollection, writtenCollection } from './command'
import { updateEntry, upsert, withId } from './write-document'

const insert: Command = {
  options: ['documents', 'ordered', 'bypassDocumentValidation'],
  run(context) {
    const collection = writtenCollection(context)
    let n = 0
    const writeErrors = eachStatement(context, 'documents', (doc) => {
      collection.insert(withId(doc))
      n++
    })
    return { n, ...writeErrors }
  },
}

const update: Command = {
  options: ['updates', 'ordered', 'bypassDocumentValidation'],
  run(context) {
    const result = { n: 0, nModified: 0 }
    const upserted: Doc[] = []
    const writeErrors = eachStatement(context, 'updates', (statement, index) => {
      refuseUnknown('update.updates', statement, ['q', 'u', 'upsert', 'multi', 'collation', 'arrayFilters'])
      const update = readUpdate(statement.q, statement.u, statement)
      const multi = statement.multi === true
      if (multi && isReplacement(update.change)) {
        throw new CommandError(9, 'multi update is not supported for replacement-style update')
      }
      // Each statement looks the collection up: the statement before may have created it.
      const collection = searchedCollection(context)
      const entries = collection.find(update.filter, update.collation, multi ? Infinity : 1)
      for (const entry of entries) {
        result.nModified += Number(updateEntry(collection, entry, update))
        result.n++
      }
      if (entries.length === 0 && statement.upsert === true) {
        upserted.push({ index, _id: upsert(context, update)._id })
        result.n++
      }
    })
    return { ...result, ...(upserted.length ? { upserted } : {}), ...writeErrors }
  },
}

const remove: Command = {
  options: ['deletes', 'ordered'],
  run(context) {
    const collection = searchedCollection(context)
    let n = 0
    const writeErrors = eachStatement(context, 'deletes', (statement) => {
      refuseUnknown('delete.deletes', statement, ['q', 'limit', 'collation'])
      const limit = Number(statement.limit)
      if (limit !== 0 && limit !== 1)
        throw new CommandError(9, `The limit field in delete objects must be 0 or 1. Got ${limit}`)
      const collation = parseCollation(statement.collation)
      const entries = collection.find(readFilter(statement.q), collation, limit || Infinity)
      for (const entry of entries) collection.remove(entry)
      n += entries.length
    })
    return { n, ...writeErrors }
  },
}

/** Runs each statement. An error becomes one of the write errors, and ends an ordered command. */
function eachStatement(
  { command }: Context,
  list: string,
  run: (statement: Doc, index: number) => void,
): Doc {
  const statements = command[list]
  if (!Array.isArray(statements) || !statements.every(isDoc))
    throw new CommandError(14, `'${list}' must be an array of documents`)
  const writeErrors: Doc[] = []
  for (const [index, statement] of statements.entries()) {
    try {
      run(statement, index)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      writeErrors.push({ index, code: error.code, ...error.extra, errmsg: error.message })
      if (command.ordered !== false) break
    }
  }
  return writeErrors.length ? { writeErrors } : {}
}

/** Commands that change documents. */
export const commands: Record<string, Command> = { insert, update, delete: remove }
