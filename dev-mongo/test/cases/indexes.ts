import type { CreateIndexesOptions, Document, IndexSpecification } from 'mongodb'
import { type Case, outcome, typed } from './types'

const unique = { unique: true }
const identities = (...subjects: string[]) => ({
  identities: subjects.map((subject) => ({ source: 'okta', subject })),
})

/** Creates an index, then inserts documents one by one. */
const inserting =
  (key: IndexSpecification, options: CreateIndexesOptions, ...docs: Document[]): Case =>
  async (db) => {
    await typed(db).createIndex(key, options)
    const outcomes: unknown[] = []
    for (const [i, doc] of docs.entries()) {
      outcomes.push(
        await outcome(
          typed(db)
            .insertOne({ _id: i, ...doc } as never)
            .then(() => 'inserted'),
        ),
      )
    }
    return outcomes
  }

/** Creates an index on existing documents. */
const building =
  (key: IndexSpecification, options: CreateIndexesOptions, ...docs: Document[]): Case =>
  async (db) => {
    await typed(db).insertMany(docs)
    const made = (await outcome(typed(db).createIndex(key, options))) as { code?: number } | string
    return [typeof made === 'string' ? made : made.code, (await typed(db).indexes()).length]
  }

/** Creates one index after another. */
const making =
  (...specs: [IndexSpecification, CreateIndexesOptions?][]): Case =>
  async (db) => {
    const outcomes: unknown[] = []
    for (const [key, options] of specs) outcomes.push(await outcome(typed(db).createIndex(key, options)))
    const listed = await outcome(db.collection('things').indexes())
    if (!Array.isArray(listed)) return [outcomes, listed]
    // Only the other engine has it.
    return [outcomes, listed.map(({ storageEngine: _, ...index }: Document) => index)]
  }

export const indexes: Record<string, Case> = {
  'the _id index': async (db) => {
    await typed(db).insertOne({ _id: 'a' as never })
    return outcome(typed(db).insertOne({ _id: 'a' as never }))
  },
  'unique: the same string': inserting({ email: 1 }, unique, { email: 'a' }, { email: 'a' }, { email: 'A' }),
  'unique: numbers of different types': inserting({ n: 1 }, unique, { n: 1 }, { n: 1 }, { n: 1.5 }),
  'unique: compound': inserting({ a: 1, b: -1 }, unique, { a: 1, b: 1 }, { a: 1, b: 2 }, { a: 1, b: 1 }),
  'unique: a path': inserting({ 'a.b': 1 }, unique, { a: { b: 'x' } }, { a: { b: 'y' } }, { a: { b: 'x' } }),
  'unique and sparse': inserting({ a: 1 }, { unique: true, sparse: true }, {}, {}, { a: 'x' }, { a: 'x' }),
  'unique and partial by $exists': inserting(
    { a: 1 },
    { unique: true, partialFilterExpression: { a: { $exists: true } } },
    {},
    {},
    { a: 'x' },
    { a: 'x' },
  ),
  'unique and partial by $type': inserting(
    { a: 1 },
    { unique: true, partialFilterExpression: { a: { $type: 'string' } } },
    { a: 1 },
    { a: 1 },
    { a: 'x' },
    { a: 'x' },
  ),
  'unique and partial by $gt': inserting(
    { a: 1 },
    { unique: true, partialFilterExpression: { a: { $gt: '' } } },
    { a: '' },
    { a: '' },
    { a: 'x' },
    { a: 'x' },
  ),
  'unique and partial by another field': inserting(
    { a: 1 },
    { unique: true, partialFilterExpression: { on: true, n: { $gte: 1 } } },
    { a: 'x', on: true, n: 0 },
    { a: 'x', on: false, n: 2 },
    { a: 'x', on: true, n: 2 },
    { a: 'x', on: true, n: 3 },
  ),
  'unique multikey: a document may repeat a key': inserting(
    { 'identities.subject': 1 },
    unique,
    identities('x', 'x'),
    identities('y'),
  ),
  'unique over an array: no element in two documents': async (db) => {
    await typed(db).createIndex({ list: 1 }, unique)
    await typed(db).insertOne({ list: [1, 2, 2] })
    const refused = (await outcome(typed(db).insertOne({ list: [5, 2] }))) as { code: number }
    return [
      refused.code,
      await outcome(
        typed(db)
          .insertOne({ list: [3] })
          .then(() => 'inserted'),
      ),
    ]
  },
  'an update into a duplicate': async (db) => {
    await typed(db).createIndex({ email: 1 }, unique)
    await typed(db).insertMany([
      { _id: 1, email: 'a' },
      { _id: 2, email: 'b' },
    ] as never)
    const refused = await outcome(typed(db).updateOne({ _id: 2 as never }, { $set: { email: 'a' } }))
    const same = await outcome(typed(db).updateOne({ _id: 1 as never }, { $set: { email: 'a', x: 1 } }))
    return [refused, same, await typed(db).find().sort({ _id: 1 }).toArray()]
  },
  'a freed key': async (db) => {
    await typed(db).createIndex({ email: 1 }, unique)
    await typed(db).insertMany([
      { _id: 1, email: 'a' },
      { _id: 2, email: 'b' },
    ] as never)
    await typed(db).updateOne({ _id: 1 as never }, { $set: { email: 'c' } })
    await typed(db).deleteOne({ _id: 2 as never })
    return outcome(
      typed(db)
        .insertMany([
          { _id: 3, email: 'a' },
          { _id: 4, email: 'b' },
        ] as never)
        .then((r) => r.insertedCount),
    )
  },
  'a unique index over duplicates': building({ a: 1 }, unique, { a: 1 }, { a: 1 }),
  'a unique index without duplicates': building({ a: 1 }, unique, { a: 1 }, { a: 2 }),
  'the same index again': making([{ a: 1 }], [{ a: 1 }]),
  'an index by another name': making([{ a: 1 }], [{ a: 1 }, { name: 'other' }]),
  'another key by the same name': making([{ a: 1 }, { name: 'x' }], [{ b: 1 }, { name: 'x' }]),
  'another expiry by the same name': making(
    [{ a: 1 }, { expireAfterSeconds: 10 }],
    [{ a: 1 }, { expireAfterSeconds: 20 }],
  ),
  'unique by the same name': making([{ a: 1 }], [{ a: 1 }, unique]),
  'two partial indexes with one key': making(
    [{ a: 1 }, { name: 'x', partialFilterExpression: { b: 1 } }],
    [{ a: 1 }, { name: 'y', partialFilterExpression: { b: 2 } }],
  ),
  'an index of _id': making([{ _id: 1 }]),
  'an expiry over two fields': making([{ a: 1, b: 1 }, { expireAfterSeconds: 10 }]),
  'a partial filter with $ne': making([{ a: 1 }, { partialFilterExpression: { a: { $ne: 1 } } }]),
  'an unknown option': async (db) =>
    outcome(
      db
        .command({ createIndexes: 'things', indexes: [{ key: { a: 1 }, name: 'a_1', frob: true }] })
        .then(() => 'made'),
    ),
  'drops indexes by name, by key, and all': async (db) => {
    const things = db.collection('things')
    await things.createIndexes([{ key: { a: 1 } }, { key: { b: 1 } }, { key: { c: 1 } }, { key: { d: 1 } }])
    const names = async () => (await things.indexes()).map(({ name }) => name as string)
    await things.dropIndex('a_1')
    const one = await names()
    await db.command({ dropIndexes: 'things', index: { b: 1 } })
    const two = await names()
    const refused = [await outcome(things.dropIndex('none')), await outcome(things.dropIndex('_id_'))].map(
      (r) => (r as { code: number }).code,
    )
    await things.dropIndexes()
    return [one, two, refused, await names()]
  },
  'the indexes of a missing collection': (db) => outcome(db.command({ listIndexes: 'none' })),
  'collections come and go': async (db) => {
    const names = async () =>
      (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort()
    await db.createCollection('one')
    await db.collection('two').insertOne({ a: 1 })
    const before = await names()
    const filtered = (await db.listCollections({ name: 'one' }).toArray()).map(({ name, type }) => ({
      name,
      type,
    }))
    await db.collection('one').drop()
    return [before, filtered, await names()]
  },
}
