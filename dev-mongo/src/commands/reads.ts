import { Long } from 'bson'
import { type Collation, parseCollation } from '../bson/collation'
import { keyOf, sameValue } from '../bson/compare'
import { type Doc, isDoc } from '../bson/document'
import { CommandError } from '../errors'
import { checkStages, runStages } from '../query/aggregate'
import { readFilter } from '../query/filter'
import { candidatesAt } from '../query/paths'
import { compileProjection } from '../query/projection'
import { compileSort } from '../query/sort'
import { collectionOf, type Command, type Context, searchedCollection } from './command'

const FIRST_BATCH = 101

const find: Command = {
  options: [
    ...['filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch', 'collation'],
    ...['allowDiskUse', 'noCursorTimeout', 'allowPartialResults'],
  ],
  run(context) {
    const { store, db, command } = context
    const collation = parseCollation(command.collation)
    const limit = count(command, 'limit')
    const docs = select(context, { ...command, collation })
    const project = compileProjection(command.projection, collation)
    const cursor = store.cursors.open({
      namespace: `${db}.${collectionOf(context)}`,
      docs: docs.map(project),
      batchSize: 'batchSize' in command ? count(command, 'batchSize') : FIRST_BATCH,
      singleBatch: command.singleBatch === true || limit < 0,
    })
    return { cursor }
  },
}

/** Which documents a command reads, in its own options. */
interface Selection {
  filter?: unknown
  collation?: Collation
  sort?: unknown
  skip?: unknown
  limit?: unknown
}

/** The selected documents, in the order and the range that the command asks for. */
function select(context: Context, selection: Selection): Doc[] {
  const { filter, collation, sort } = selection
  const skip = count(selection, 'skip')
  const limit = Math.abs(count(selection, 'limit')) || Infinity
  const sorted = isDoc(sort) && Object.keys(sort).length > 0
  const compare = sorted ? compileSort(sort, collation) : undefined
  const end = sorted ? Infinity : skip + limit
  const docs = searchedCollection(context)
    .find(readFilter(filter), collation, end)
    .map(({ doc }) => doc)
  if (compare) docs.sort(compare)
  return docs.slice(skip, skip + limit)
}

const getMore: Command = {
  options: ['collection', 'batchSize'],
  run({ store, db, command }) {
    const batchSize = count(command, 'batchSize') || Infinity
    const namespace = `${db}.${String(command.collection)}`
    return { cursor: store.cursors.more(String(command.getMore), namespace, batchSize) }
  },
}

const killCursors: Command = {
  options: ['cursors'],
  run({ store, command }) {
    const ids = (command.cursors as Long[]).map(String)
    const killed = ids.filter((id) => store.cursors.kill(id))
    const longs = (texts: string[]) => texts.map((text) => Long.fromString(text))
    const cursorsNotFound = longs(ids.filter((id) => !killed.includes(id)))
    return { cursorsKilled: longs(killed), cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  },
}

const countCommand: Command = {
  options: ['query', 'limit', 'skip', 'collation'],
  run(context) {
    const { query: filter, skip, limit, collation } = context.command
    return { n: select(context, { filter, skip, limit, collation: parseCollation(collation) }).length }
  },
}

const distinct: Command = {
  options: ['key', 'query', 'collation'],
  run(context) {
    const { key: path, query: filter } = context.command
    const collation = parseCollation(context.command.collation)
    if (typeof path !== 'string') throw new CommandError(14, "BSON field 'distinct.key' is the wrong type")
    const values: unknown[] = []
    const keys = new Set<string>()
    for (const value of select(context, { filter, collation }).flatMap((doc) => candidatesAt(doc, path))) {
      const key = keyOf(value)
      if (value === undefined || Array.isArray(value) || key === undefined || keys.has(key)) continue
      keys.add(key)
      if (!collation || !values.some((listed) => sameValue(listed, value, collation))) values.push(value)
    }
    return { values }
  },
}

const aggregate: Command = {
  options: ['pipeline', 'cursor', 'collation', 'allowDiskUse'],
  run(context) {
    const { store, db, command } = context
    const namespace = `${db}.${collectionOf(context)}`
    const collation = parseCollation(command.collation)
    const stages = checkStages(command.pipeline)
    if (!isDoc(command.cursor)) {
      throw new CommandError(
        9,
        "The 'cursor' option is required, except for aggregate with the explain argument",
      )
    }
    const readCollection = (name: string) =>
      store
        .look(db, name)
        .find({})
        .map(({ doc }) => doc)
    // The collection evaluates a $match in first place, so that it can use an index.
    const filter = stages[0]?.$match
    const selected = select(context, { filter, collation })
    const rest = filter === undefined ? stages : stages.slice(1)
    const docs = runStages(selected, rest, { collation, readCollection })
    const batchSize = 'batchSize' in command.cursor ? count(command.cursor, 'batchSize') : FIRST_BATCH
    return { cursor: store.cursors.open({ namespace, docs, batchSize }) }
  },
}

function count(options: object, name: 'skip' | 'limit' | 'batchSize'): number {
  const option = (options as Doc)[name]
  const value = Number(option ?? 0)
  if (!Number.isInteger(value) || (value < 0 && name !== 'limit')) {
    throw new CommandError(51024, `BSON field '${name}' value must be >= 0, actual value '${String(option)}'`)
  }
  return value
}

/** Commands that search, and that read on. */
export const commands: Record<string, Command> = {
  find,
  getMore,
  killCursors,
  count: countCommand,
  distinct,
  aggregate,
}
