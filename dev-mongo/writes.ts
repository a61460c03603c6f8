import { ObjectId } from 'bson'
import { parseCollation } from './collation'
import type { Entry } from './indexes'
import type { Collection } from './collection'
import type { Command, Context } from './commands'
import { collectionOf, refuseUnknown } from './commands'
import { CommandError } from './errors'
import { compileSort } from './ordering'
import { compileProjection } from './projection'
import { isCondition } from './query'
import { filterOf } from './reads'
import type { Update } from './update'
import { applyUpdate, isReplacement, sameBytes } from './update'
import type { Doc } from './values'
import { clone, isDoc, own, typeOf } from './values'

const insert: Command = {
  options: ['documents', 'ordered', 'bypassDocumentValidation'],
  run(context) {
    const collection = context.store.make(context.db, collectionOf(context))
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
      // Looked up anew: the statement before may have made it.
      const collection = context.store.look(context.db, collectionOf(context))
      const multi = statement.multi === true
      if (multi && isReplacement(update.change)) {
        throw new CommandError(9, 'multi update is not supported for replacement-style update')
      }
      const entries = collection.find(update.filter, update.collation, multi ? Infinity : 1)
      for (const entry of entries) {
        result.nModified += Number(change(collection, entry, update))
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
    const collection = context.store.look(context.db, collectionOf(context))
    let n = 0
    const writeErrors = eachStatement(context, 'deletes', (statement) => {
      refuseUnknown('delete.deletes', statement, ['q', 'limit', 'collation'])
      const limit = Number(statement.limit)
      if (limit !== 0 && limit !== 1)
        throw new CommandError(9, `The limit field in delete objects must be 0 or 1. Got ${limit}`)
      const entries = collection.find(
        filterOf(statement.q),
        parseCollation(statement.collation),
        limit || Infinity,
      )
      for (const entry of entries) collection.remove(entry)
      n += entries.length
    })
    return { n, ...writeErrors }
  },
}

const findAndModify: Command = {
  options: [
    ...['query', 'update', 'remove', 'new', 'upsert', 'sort', 'fields', 'collation', 'arrayFilters'],
    'bypassDocumentValidation',
  ],
  run(context) {
    const { command } = context
    const removing = command.remove === true
    if (removing === (command.update !== undefined))
      throw new CommandError(9, 'Either an update or remove=true must be specified')
    const collection = context.store.look(context.db, collectionOf(context))
    const collation = parseCollation(command.collation)
    const filter = filterOf(command.query)
    const project = compileProjection(command.fields, collation)
    const sorted = isDoc(command.sort) ? compileSort(command.sort, collation) : undefined
    const found = collection.find(filter, collation, sorted ? Infinity : 1)
    const entry = sorted ? found.sort((a, b) => sorted(a.doc, b.doc))[0] : found[0]
    const value = (doc?: Doc) => (doc ? project(doc) : null)
    const before = entry?.doc
    if (removing) {
      if (entry) collection.remove(entry)
      return { lastErrorObject: { n: entry ? 1 : 0 }, value: value(before) }
    }
    const update = readUpdate(filter, command.update, command)
    if (entry) {
      change(collection, entry, update)
      const doc = command.new === true ? entry.doc : before
      return { lastErrorObject: { n: 1, updatedExisting: true }, value: value(doc) }
    }
    if (command.upsert !== true) return { lastErrorObject: { n: 0, updatedExisting: false }, value: null }
    const doc = upsert(context, update)
    const lastErrorObject = { n: 1, updatedExisting: false, upserted: doc._id }
    return { lastErrorObject, value: value(command.new === true ? doc : undefined) }
  },
}

/** Runs each statement; one that is refused becomes a write error, and ends the command if it is ordered. */
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

function withId(doc: Doc): Doc {
  const { _id = new ObjectId(), ...rest } = doc
  const { name } = typeOf(_id)
  if (name === 'array' || name === 'regex' || name === 'undefined') {
    throw new CommandError(53, `The '_id' value cannot be of type ${name}`)
  }
  return { _id, ...rest }
}

function readUpdate(q: unknown, u: unknown, options: Doc): Update {
  if (!isDoc(u) && !(Array.isArray(u) && u.every(isDoc)))
    throw new CommandError(9, 'Update argument must be either an object or an array')
  const arrayFilters = (options.arrayFilters ?? []) as Doc[]
  if (arrayFilters.length && isReplacement(u))
    throw new CommandError(9, 'Cannot specify arrayFilters and a replacement')
  return { change: u, filter: filterOf(q), arrayFilters, collation: parseCollation(options.collation) }
}

/** Whether the document is another than before. */
function change(collection: Collection, entry: Entry, update: Update): boolean {
  const doc = applyUpdate(entry.doc, update)
  if (sameBytes(doc, entry.doc)) return false
  collection.replace(entry, doc)
  return true
}

function upsert(context: Context, update: Update): Doc {
  const replacing = isReplacement(update.change)
  const seed = seedOf(update.filter)
  const start = replacing ? ('_id' in seed ? { _id: seed._id } : {}) : seed
  const doc = withId(applyUpdate(start, { ...update, inserting: true }))
  context.store.make(context.db, collectionOf(context)).insert(doc)
  return doc
}

/** What the equalities of a filter say of the document that an upsert makes. */
function seedOf(filter: Doc): Doc {
  const sets: Doc = {}
  collect(filter)
  return applyUpdate({}, { change: { $set: sets }, filter: {}, arrayFilters: [] })

  function collect(conditions: Doc): void {
    for (const [key, value] of Object.entries(conditions)) {
      if (key === '$and' || (key === '$or' && (value as Doc[]).length === 1))
        (value as Doc[]).forEach(collect)
      else if (key.startsWith('$') || typeOf(value).name === 'regex') continue
      else if (!isCondition(value)) sets[key] = clone(value)
      else if (own(value, '$eq') !== undefined) sets[key] = clone(value.$eq)
      else if (Array.isArray(value.$in) && value.$in.length === 1) sets[key] = clone(value.$in[0] as unknown)
    }
  }
}

/** What changes documents. */
export const commands: Record<string, Command> = {
  insert,
  update,
  delete: remove,
  findAndModify,
  findandmodify: findAndModify,
}
