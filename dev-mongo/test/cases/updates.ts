import { EJSON } from 'bson'
import { type Document, Double, Long } from 'mongodb'
import { type Case, outcome, typed } from './types'

type Step = [doc: Document | null, update: Document | Document[], options?: Document, filter?: Document]

const doc = {
  _id: 1,
  n: 5,
  s: 'text',
  list: [3, 1, 2],
  docs: [
    { k: 1, v: 'a' },
    { k: 2, v: 'b' },
  ],
  in: { a: { b: 1 } },
  nil: null,
}
const long = Long.fromString('9007199254740993')

const steps: Record<string, Step> = {
  $set: [doc, { $set: { s: 'new', 'in.a.c': 2, 'made.up.path': true } }],
  'the same value': [doc, { $set: { s: 'text' } }],
  'the same number as a double': [doc, { $set: { n: new Double(5) } }],
  'a document in another order': [{ _id: 1, d: { a: 1, b: 2 } }, { $set: { d: { b: 2, a: 1 } } }],
  'new fields in the order of their names': [{ _id: 1 }, { $set: { b: 1, a: 2, 'c.z': 1, 'c.y': 2 } }],
  'an array index': [doc, { $set: { 'list.1': 9, 'docs.0.v': 'z' } }],
  'an array index past the end': [doc, { $set: { 'list.5': 9 } }],
  'through a scalar': [doc, { $set: { 's.a': 1 } }],
  'through null': [doc, { $set: { 'nil.a': 1 } }],
  'through an array by name': [doc, { $set: { 'list.a': 1 } }],
  $unset: [doc, { $unset: { s: '', 'in.a.b': 1, 'list.0': 1, missing: 1, 's.x': 1 } }],
  '$inc of an int': [doc, { $inc: { n: 2, fresh: 3 } }],
  '$inc by a double': [doc, { $inc: { n: 0.5 } }],
  '$inc by an integral double': [doc, { $inc: { n: new Double(1) } }],
  '$inc by a long': [doc, { $inc: { n: Long.fromNumber(1) } }],
  '$inc of a long': [{ _id: 1, n: long }, { $inc: { n: 1 } }],
  '$inc past int32': [{ _id: 1, n: 2147483647 }, { $inc: { n: 1 } }],
  '$inc of a string': [doc, { $inc: { s: 1 } }],
  '$inc of null': [doc, { $inc: { nil: 1 } }],
  '$inc by a string': [doc, { $inc: { n: 'x' } }],
  $mul: [doc, { $mul: { n: 3, fresh: 2 } }],
  '$min and $max': [doc, { $min: { n: 3, a: 1 }, $max: { s: 'zzz', b: 2 } }],
  '$min that changes nothing': [doc, { $min: { n: 7 } }],
  $rename: [doc, { $rename: { s: 'in.s', missing: 'x' } }],
  $push: [doc, { $push: { list: 4, fresh: 'x' } }],
  '$push with modifiers': [doc, { $push: { list: { $each: [9, 8], $position: 1, $slice: 4 } } }],
  '$push sorted': [doc, { $push: { list: { $each: [0], $sort: -1, $slice: -3 } } }],
  '$push documents sorted': [doc, { $push: { docs: { $each: [{ k: 0 }], $sort: { k: -1 } } } }],
  '$push with $slice to a missing field': [doc, { $push: { fresh: { $each: [1, 2, 3], $slice: 2 } } }],
  '$push to a scalar': [doc, { $push: { s: 1 } }],
  '$push with an unknown modifier': [doc, { $push: { list: { $each: [1], $frob: 1 } } }],
  $addToSet: [doc, { $addToSet: { list: { $each: [1, 7, 7] }, docs: { v: 'a', k: 1 } } }],
  '$addToSet of an existing element': [doc, { $addToSet: { docs: { k: 1, v: 'a' } } }],
  '$addToSet to a scalar': [doc, { $addToSet: { n: 1 } }],
  '$pull of a value': [doc, { $pull: { list: 1 } }],
  '$pull by operators': [doc, { $pull: { list: { $gte: 2 } } }],
  '$pull by fields': [doc, { $pull: { docs: { k: 2 } } }],
  '$pull from a missing field': [doc, { $pull: { missing: 1 } }],
  '$pull from a scalar': [doc, { $pull: { n: 1 } }],
  $pullAll: [doc, { $pullAll: { list: [1, 3] } }],
  '$pop last': [doc, { $pop: { list: 1 } }],
  '$pop first': [doc, { $pop: { list: -1 } }],
  '$setOnInsert of an existing field': [doc, { $setOnInsert: { s: 'x' }, $set: { n: 1 } }],
  'the positional $': [doc, { $set: { 'docs.$.v': 'z' } }, {}, { 'docs.k': 2 }],
  'the positional $ by $elemMatch': [
    doc,
    { $inc: { 'docs.$.k': 10 } },
    {},
    { docs: { $elemMatch: { k: 2, v: 'b' } } },
  ],
  'the positional $ without a condition': [doc, { $set: { 'docs.$.v': 'z' } }, {}, { _id: 1 }],
  'all elements': [doc, { $inc: { 'list.$[]': 1, 'docs.$[].k': 1 } }],
  'filtered elements': [doc, { $set: { 'docs.$[d].v': 'z' } }, { arrayFilters: [{ 'd.k': { $gte: 2 } }] }],
  'filtered scalars': [doc, { $mul: { 'list.$[x]': 10 } }, { arrayFilters: [{ x: { $gt: 1 } }] }],
  'a missing filter': [doc, { $set: { 'docs.$[d].v': 'z' } }],
  'a pipeline': [doc, [{ $set: { sum: { $add: ['$n', 1] }, s: { $toUpper: '$s' } } }, { $unset: 'nil' }]],
  'a pipeline with a stage that is not for updates': [doc, [{ $group: { _id: 1 } }]],
  'a replacement': [doc, { _id: 1, z: 1, a: 2 }],
  'another _id': [doc, { $set: { _id: 2 } }],
  'the same _id': [doc, { $set: { _id: 1, n: 1 } }],
  'two operators for one path': [doc, { $set: { n: 1 }, $inc: { n: 1 } }],
  'a path and a part of it': [doc, { $set: { in: 1, 'in.a': 1 } }],
  'an unknown operator': [doc, { $frob: { n: 1 } }],
  'an empty operator': [doc, { $set: {} }],
  'nothing matched': [doc, { $set: { n: 1 } }, {}, { _id: 7 }],
  'an upsert': [
    null,
    { $set: { a: 1 }, $setOnInsert: { b: 2 }, $inc: { c: 1 } },
    { upsert: true },
    { _id: 7, k: { $gt: 1 }, 'x.y': 'z' },
  ],
  'an upsert with $and, $eq and $in': [
    null,
    { $set: { a: 1 } },
    { upsert: true },
    { $and: [{ _id: { $eq: 7 } }, { b: { $in: [4] } }] },
  ],
  'an upsert that pushes': [null, { $push: { list: 1 } }, { upsert: true }, { _id: 7 }],
  'an upsert with a pipeline': [null, [{ $set: { a: 1 } }], { upsert: true }, { _id: 7, k: 3 }],
}

const textOf = (doc: unknown) => EJSON.stringify(doc, { relaxed: false })

/** Runs an update both as `update` and as `findAndModify`, which must agree. */
const both =
  ([before, update, options = {}, filter = { _id: 1 }]: Step): Case =>
  async (db) => {
    const things = typed(db)
    const raw = { q: filter, u: update, ...options }
    const run = async (command: Document) => {
      await things.deleteMany({})
      if (before) await things.insertOne(before)
      const reply = await outcome(db.command(command))
      return { reply, docs: await things.find().toArray() }
    }
    const first = await run({ update: 'things', updates: [raw] })
    const { n, nModified, upserted, writeErrors } = first.reply as Document
    const second = await run({ findAndModify: 'things', query: filter, update, new: true, ...options })
    const { lastErrorObject, value, code } = second.reply as Document
    return {
      update: { n, nModified, upserted, error: (writeErrors as Document[] | undefined)?.[0]?.code },
      docs: first.docs,
      findAndModify: {
        // The other engine reports no match for an update that changes nothing; see mongod.test.ts.
        lastErrorObject: nModified === 0 ? undefined : lastErrorObject,
        value: textOf(value) === textOf(first.docs[0]) ? 'as stored' : (value as unknown),
        code,
      },
      agree: JSON.stringify(first.docs) === JSON.stringify(second.docs),
    }
  }

export const updates: Record<string, Case> = {
  ...Object.fromEntries(Object.entries(steps).map(([name, step]) => [`updates: ${name}`, both(step)])),
  'replaces a document, and keeps its _id first': async (db) => {
    await typed(db).insertOne(doc as never)
    const result = await typed(db).replaceOne({ _id: 1 as never }, { z: 1, a: 2 })
    return [result, await typed(db).find().toArray()]
  },
  'upserts a replacement': async (db) => {
    const result = await typed(db).replaceOne({ _id: 9 as never, k: 1 }, { z: 1 }, { upsert: true })
    return [result, await typed(db).find().toArray()]
  },
  'refuses a replacement with another _id': async (db) => {
    await typed(db).insertOne(doc as never)
    return outcome(
      db
        .command({ update: 'things', updates: [{ q: { _id: 1 }, u: { _id: 2, a: 1 } }] })
        .then((reply) => ({ code: (reply.writeErrors as Document[])[0]?.code as number })),
    )
  },
  'updates many': async (db) => {
    await typed(db).insertMany([1, 2, 3].map((_id) => ({ _id, n: _id })) as never)
    const result = await typed(db).updateMany({ n: { $gte: 2 } }, { $set: { n: 2 } })
    return [result, await typed(db).find().sort({ _id: 1 }).toArray()]
  },
  'deletes one and many': async (db) => {
    await typed(db).insertMany([1, 2, 3, 4].map((_id) => ({ _id, n: _id })) as never)
    const one = await typed(db).deleteOne({ n: { $gte: 2 } })
    const many = await typed(db).deleteMany({ n: { $gte: 3 } })
    return [one, many, await typed(db).find().sort({ _id: 1 }).toArray()]
  },
  'findOneAndDelete takes the first of the order': async (db) => {
    await typed(db).insertMany([1, 2, 3].map((_id) => ({ _id, n: -_id })) as never)
    const gone = await typed(db).findOneAndDelete({}, { sort: { n: 1 }, projection: { n: 1, _id: 0 } })
    return [gone, await typed(db).countDocuments()]
  },
  'findOneAndUpdate gives what was before': async (db) => {
    await typed(db).insertOne(doc as never)
    return typed(db).findOneAndUpdate({ _id: 1 as never }, { $inc: { n: 1 } }, { projection: { n: 1 } })
  },
  'an ordered bulk ends at its first error': async (db) => bulk(db, true),
  'an unordered bulk goes on': async (db) => bulk(db, false),
}

async function bulk(db: Parameters<Case>[0], ordered: boolean): Promise<unknown> {
  const reply = await db.command({
    insert: 'things',
    documents: [{ _id: 1 }, { _id: 1 }, { _id: 2 }, { _id: 2 }],
    ordered,
  })
  const errors = (reply.writeErrors as Document[]).map(({ index, code, keyPattern, keyValue }) => ({
    index,
    code,
    keyPattern,
    keyValue,
  }))
  return { n: reply.n as number, errors, docs: await typed(db).find().sort({ _id: 1 }).toArray() }
}
