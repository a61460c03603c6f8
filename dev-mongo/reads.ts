import { Long } from 'bson'
import { checkStages, computeStages } from './aggregate'
import type { Collation } from './collation'
import { parseCollation } from './collation'
import type { Command, Context } from './commands'
import { collectionOf } from './commands'
import { CommandError } from './errors'
import { compileSort } from './ordering'
import { candidatesAt } from './paths'
import { compileProjection } from './projection'
import type { Doc } from './values'
import { isDoc, keyOf, sameValue } from './values'

const FIRST_BATCH = 101

const find: Command = {
  options: [
    ...['filter', 'sort', 'projection', 'skip', 'limit', 'batchSize', 'singleBatch', 'collation'],
    ...['allowDiskUse', 'noCursorTimeout', 'allowPartialResults'],
  ],
  run(context) {
    const { store, db, command } = context
    const name = collectionOf(context)
    const collation = parseCollation(command.collation)
    const filter = filterOf(command.filter)
    const limit = count(command, 'limit')
    const found = select(context, filter, { ...command, limit: Math.abs(limit) }, collation)
    const project = compileProjection(command.projection, collation)
    const batchSize = 'batchSize' in command ? count(command, 'batchSize') : FIRST_BATCH
    const single = command.singleBatch === true || limit < 0
    return { cursor: store.open(`${db}.${name}`, found.map(project), batchSize, single) }
  },
}

/** The documents that a filter matches, in the order and the range that are asked for. */
function select(context: Context, filter: Doc, asked: Doc, collation?: Collation): Doc[] {
  const skip = count(asked, 'skip')
  const limit = count(asked, 'limit') || Infinity
  const sorted = isDoc(asked.sort) && Object.keys(asked.sort).length > 0
  const compare = sorted ? compileSort(asked.sort, collation) : undefined
  const collection = context.store.look(context.db, collectionOf(context))
  const found = collection.find(filter, collation, sorted ? Infinity : skip + limit)
  const docs = found.map(({ doc }) => doc)
  if (compare) docs.sort(compare)
  return docs.slice(skip, skip + limit)
}

const getMore: Command = {
  options: ['collection', 'batchSize'],
  run({ store, db, command }) {
    const batchSize = count(command, 'batchSize') || Infinity
    return { cursor: store.more(String(command.getMore), `${db}.${String(command.collection)}`, batchSize) }
  },
}

const killCursors: Command = {
  options: ['cursors'],
  run({ store, command }) {
    const ids = (command.cursors as Long[]).map(String)
    const cursorsKilled = ids.filter((id) => store.kill(id))
    const longs = (some: string[]) => some.map((id) => Long.fromString(id))
    const cursorsNotFound = longs(ids.filter((id) => !cursorsKilled.includes(id)))
    return { cursorsKilled: longs(cursorsKilled), cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] }
  },
}

const countCommand: Command = {
  options: ['query', 'limit', 'skip', 'collation'],
  run(context) {
    const { command } = context
    const asked = { ...command, limit: Math.abs(count(command, 'limit')) }
    return { n: select(context, filterOf(command.query), asked, parseCollation(command.collation)).length }
  },
}

const distinct: Command = {
  options: ['key', 'query', 'collation'],
  run(context) {
    const { command } = context
    const collation = parseCollation(command.collation)
    if (typeof command.key !== 'string')
      throw new CommandError(14, "BSON field 'distinct.key' is the wrong type")
    const path = command.key
    const values: unknown[] = []
    const keys = new Set<string>()
    for (const doc of select(context, filterOf(command.query), {}, collation)) {
      for (const value of candidatesAt(doc, path)) {
        const key = keyOf(value)
        if (value === undefined || Array.isArray(value) || key === undefined || keys.has(key)) continue
        keys.add(key)
        if (!collation || !values.some((held) => sameValue(held, value, collation))) values.push(value)
      }
    }
    return { values }
  },
}

const aggregate: Command = {
  options: ['pipeline', 'cursor', 'collation', 'allowDiskUse'],
  run(context) {
    const { store, db, command } = context
    const name = collectionOf(context)
    const collation = parseCollation(command.collation)
    const stages = checkStages(command.pipeline)
    if (!isDoc(command.cursor)) {
      throw new CommandError(
        9,
        "The 'cursor' option is required, except for aggregate with the explain argument",
      )
    }
    const filter = stages[0]?.$match
    const docs = select(context, filterOf(filter), {}, collation)
    const resolve = (other: string) =>
      store
        .look(db, other)
        .find({})
        .map(({ doc }) => doc)
    const results = computeStages(docs, filter === undefined ? stages : stages.slice(1), collation, resolve)
    const batchSize = 'batchSize' in command.cursor ? count(command.cursor, 'batchSize') : FIRST_BATCH
    return { cursor: store.open(`${db}.${name}`, results, batchSize) }
  },
}

/** A filter as it was given, or the one that matches all. */
export function filterOf(given: unknown): Doc {
  if (given === undefined || given === null) return {}
  if (!isDoc(given)) throw new CommandError(14, 'the filter must be a document')
  return given
}

function count(command: Doc, option: string): number {
  const value = Number(command[option] ?? 0)
  if (!Number.isInteger(value) || (value < 0 && option !== 'limit')) {
    throw new CommandError(
      51024,
      `BSON field '${option}' value must be >= 0, actual value '${String(command[option])}'`,
    )
  }
  return value
}

/** What searches, and reads on. */
export const commands: Record<string, Command> = {
  find,
  getMore,
  killCursors,
  count: countCommand,
  distinct,
  aggregate,
}
