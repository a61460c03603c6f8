import { type Collection, type Db, Decimal128, type Document, Long, MongoClient } from 'mongodb'
import { type CommandInfo, type DevMongo, startDevMongo } from '../src/server'
import { outcome } from './cases/types'

// What the engine of compare.test.ts lacks or does differently. These expectations come from mongod's own source,
// documentation and messages.

let server: DevMongo
let client: MongoClient
let db: Db
let things: Collection<Document>
const seen: CommandInfo[] = []

beforeAll(async () => {
  server = await startDevMongo()
  // The driver's own commands go to the database `admin`.
  server.on('command', (info) => info.db === 'mongod' && seen.push(info))
  client = await MongoClient.connect(server.uri)
})
afterAll(async () => {
  await client.close()
  await server.close()
})
beforeEach(async () => {
  db = client.db('mongod')
  await db.dropDatabase()
  things = db.collection('things')
  seen.length = 0
})

const blind = { locale: 'en', strength: 2 }

describe('a unique index with a collation', () => {
  beforeEach(() => things.createIndex({ email: 1 }, { unique: true, collation: blind }))

  test.each([
    ['another case', 'Ada@Example.com', 'ada@example.COM', 11000],
    ['another letter', 'ada@example.com', 'adb@example.com', undefined],
    ['ß and ss, which are the same at strength 1 only', 'strasse', 'straße', undefined],
    ['the Kelvin sign and k', 'k', '\u212a', 11000],
    ['an accent', 'rene', 'ren\u00e9', undefined],
    ['an accent written in two ways', 'ren\u00e9', 'rene\u0301', 11000],
    ['a character that collations ignore', 'ab', 'a\u0001b', 11000],
  ])('%s', async (_, first, second, code) => {
    await things.insertOne({ email: first })
    expect(
      await outcome(things.insertOne({ email: second }).then(() => ({ code: undefined }))),
    ).toMatchObject({ code })
  })

  test('names the collation in E11000, and not the value', async () => {
    await things.insertOne({ email: 'Ada' })
    await expect(things.insertOne({ email: 'ADA' })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { email: 1 },
      message: expect.stringMatching(
        /^E11000 duplicate key error collection: mongod\.things index: email_1 collation: \{ locale: "en", caseLevel: false, caseFirst: "off", strength: 2, numericOrdering: false, alternate: "non-ignorable", maxVariable: "punct", normalization: false, backwards: false, version: "57\.1" \} dup key: \{ email: "0x[0-9a-f]+" \}$/,
      ),
    })
  })

  test('looks up strings only for queries with the same collation', async () => {
    await things.insertMany([{ email: 'Ada' }, { email: 'Bob' }, { email: 'B\u00f6b' }])
    seen.length = 0
    expect(await things.findOne({ email: 'ADA' }, { collation: blind })).toMatchObject({ email: 'Ada' })
    expect(await things.findOne({ email: 'B\u00d6B' }, { collation: blind })).toMatchObject({
      email: 'B\u00f6b',
    })
    expect(await things.findOne({ email: 'ADA' })).toBeNull()
    expect(await things.findOne({ email: 'ADA' }, { collation: { ...blind, strength: 1 } })).not.toBeNull()
    expect(await things.findOne({ email: 5 })).toBeNull()
    expect(seen.map(({ plan }) => plan)).toEqual(['IXSCAN', 'IXSCAN', 'COLLSCAN', 'COLLSCAN', 'IXSCAN'])
  })
})

describe('the index chosen for a query', () => {
  const partial = { unique: true, partialFilterExpression: { 'ids.subject': { $exists: true } } }
  const planOf = async (filter: Document, options: Document = {}) => {
    seen.length = 0
    await things.find(filter, options).toArray()
    return [seen[0]?.plan, seen[0]?.docsExamined]
  }
  beforeEach(async () => {
    await things.createIndex({ 'ids.subject': 1, 'ids.source': 1 }, partial)
    await things.createIndex({ email: 1 }, { partialFilterExpression: { email: { $type: 'string' } } })
    await things.createIndex({ name: 1 }, { partialFilterExpression: { name: { $gt: '' } } })
    await things.createIndex({ list: 1 })
    await things.insertMany(
      Array.from({ length: 50 }, (_, i) => ({
        _id: i as never,
        email: `e${i}`,
        name: `n${i}`,
        list: [i, i + 100],
        ids: [
          { source: 'okta', subject: `s${i}` },
          { source: 'adfs', subject: `t${i}` },
        ],
      })),
    )
  })

  test.each<[string, Document, unknown[]]>([
    ['_id', { _id: 7 }, ['IXSCAN', 1]],
    ['several _ids', { _id: { $in: [7, 8, 99] } }, ['IXSCAN', 2]],
    ['an element of an array', { list: 107 }, ['IXSCAN', 1]],
    ['a path into an array', { 'ids.subject': 's7' }, ['IXSCAN', 1]],
    [
      'an equality next to $elemMatch',
      { 'ids.subject': 's7', ids: { $elemMatch: { subject: 's7', source: 'okta' } } },
      ['IXSCAN', 1],
    ],
    ['all branches of $or', { $or: [{ 'ids.subject': 's7' }, { _id: 8 }] }, ['IXSCAN', 2]],
    [
      'one branch of $or without an index',
      { $or: [{ 'ids.subject': 's7' }, { other: 8 }] },
      ['COLLSCAN', 50],
    ],
    ['a condition next to one without an index', { _id: 7, other: 1 }, ['IXSCAN', 1]],
    ['inside $and', { $and: [{ _id: 7 }, { other: { $ne: 1 } }] }, ['IXSCAN', 1]],
    ['null, which may be missing', { 'ids.subject': null }, ['COLLSCAN', 50]],
    ['no condition', {}, ['COLLSCAN', 50]],
    // $elemMatch is a condition on `ids`. mongod's planner does not derive one on `ids.subject` from it.
    [
      'only $elemMatch on a partial index',
      { ids: { $elemMatch: { subject: 's7', source: 'okta' } } },
      ['COLLSCAN', 50],
    ],
    // An equality does not imply a $type.
    ['an equality on an index partial by $type', { email: 'e7' }, ['COLLSCAN', 50]],
    ['the same next to that $type', { email: { $eq: 'e7', $type: 'string' } }, ['IXSCAN', 1]],
    ['an equality on an index partial by $gt', { name: 'n7' }, ['IXSCAN', 1]],
    ['a value outside the index', { name: '' }, ['COLLSCAN', 50]],
  ])('%s', async (_, filter, expected) => {
    expect(await planOf(filter)).toEqual(expected)
  })

  test('matches two paths into one array against different elements', async () => {
    const found = await things.find({ 'ids.subject': 's7', 'ids.source': 'adfs' }).toArray()
    expect(found).toHaveLength(1)
    expect(seen.at(-1)).toMatchObject({ plan: 'IXSCAN', docsExamined: 1 })
  })

  test('follows updates and deletes', async () => {
    await things.updateOne({ _id: 7 as never }, { $set: { 'ids.0.subject': 'new' } })
    expect(await things.countDocuments({ 'ids.subject': 's7' })).toBe(0)
    expect(await things.countDocuments({ 'ids.subject': 'new' })).toBe(1)
    await things.deleteOne({ 'ids.subject': 'new' })
    expect(await things.countDocuments({ 'ids.subject': 't7' })).toBe(0)
  })

  test('uses a sparse index for an equality query', async () => {
    await things.createIndex({ phone: 1 }, { sparse: true })
    await things.insertOne({ phone: '1' })
    expect(await planOf({ phone: '1' })).toEqual(['IXSCAN', 1])
  })
})

describe('refuses by name', () => {
  test.each<[string, Document, number, RegExp]>([
    ['an option', { find: 'things', frob: 1 }, 40415, /find\.frob/],
    ['a hint', { find: 'things', hint: { a: 1 } }, 40415, /find\.hint/],
    ['a command', { mapReduce: 'things' }, 59, /mapReduce/],
    ['an explanation', { explain: { find: 'things' } }, 59, /explain/],
    ['$where', { find: 'things', filter: { $where: '1' } }, 238, /\$where/],
    ['a text search', { find: 'things', filter: { $text: { $search: 'x' } } }, 238, /\$text/],
    ['$jsonSchema', { find: 'things', filter: { $jsonSchema: {} } }, 238, /\$jsonSchema/],
    ['$near within $not', { find: 'things', filter: { a: { $not: { $near: [1, 2] } } } }, 238, /\$near/],
    [
      'a regex option',
      { find: 'things', filter: { a: { $regex: 'a', $options: 'x' } } },
      238,
      /regex option x/,
    ],
    ['an invalid regex', { find: 'things', filter: { a: { $regex: '(' } } }, 51091, /Regular expression/],
    ['a positional projection', { find: 'things', projection: { 'a.$': 1 } }, 238, /a\.\$/],
    ['a computed projection', { find: 'things', projection: { a: { $add: [1, 2] } } }, 238, /\$add/],
    ['exclusion in an inclusion', { find: 'things', projection: { a: 1, b: 0 } }, 31254, /field b/],
    ['inclusion in an exclusion', { find: 'things', projection: { a: 0, b: 1 } }, 31253, /field b/],
    ['colliding paths', { find: 'things', projection: { a: 1, 'a.b': 1 } }, 31249, /a\.b/],
    ['a sort direction', { find: 'things', sort: { a: 7 } }, 15975, /a/],
    ['a locale', { find: 'things', collation: { locale: 'sv' } }, 238, /sv/],
    [
      'a collation option',
      { find: 'things', collation: { ...blind, numericOrdering: true } },
      238,
      /numericOrdering/,
    ],
    [
      'an unknown collation option',
      { find: 'things', collation: { ...blind, frob: 1 } },
      40415,
      /collation\.frob/,
    ],
    [
      'two stages in one',
      { aggregate: 'things', pipeline: [{ $match: {}, $limit: 1 }], cursor: {} },
      40323,
      /exactly one/,
    ],
    ['$out', { aggregate: 'things', pipeline: [{ $out: 'x' }], cursor: {} }, 238, /\$out/],
    [
      '$merge within $facet',
      { aggregate: 'things', pipeline: [{ $facet: { a: [{ $merge: 'x' }] } }], cursor: {} },
      238,
      /\$merge/,
    ],
    [
      'an expression',
      { aggregate: 'things', pipeline: [{ $project: { a: { $frob: 1 } } }], cursor: {} },
      2,
      /\$frob/,
    ],
    ['a text index', { createIndexes: 'things', indexes: [{ key: { a: 'text' }, name: 'x' }] }, 238, /text/],
    [
      'a wildcard index',
      { createIndexes: 'things', indexes: [{ key: { '$**': 1 }, name: 'x' }] },
      67,
      /\$\*\*/,
    ],
    [
      'a hidden index',
      { createIndexes: 'things', indexes: [{ key: { a: 1 }, name: 'x', hidden: true }] },
      238,
      /hidden/,
    ],
    [
      'an index option',
      { createIndexes: 'things', indexes: [{ key: { a: 1 }, name: 'x', frob: 1 }] },
      197,
      /frob/,
    ],
    ['a capped collection', { create: 'things', capped: true }, 40415, /capped/],
    ['a validator', { create: 'things', validator: { a: 1 } }, 40415, /validator/],
  ])('%s', async (_, command, code, message) => {
    await db.collection('things').insertOne({ a: 1 })
    await expect(db.command(command)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })

  test.each<[string, Document, number]>([
    ['an option of a statement', { q: {}, u: { $set: { a: 1 } }, hint: 'x' }, 40415],
    ['$bit', { q: {}, u: { $bit: { a: { and: 1 } } } }, 238],
    ['an operator', { q: {}, u: { $frob: { a: 1 } } }, 9],
    ['a replacement of many', { q: {}, u: { a: 1 }, multi: true }, 9],
    ['all elements of a scalar', { q: {}, u: { $set: { 'a.$[]': 1 } } }, 2],
    ['an empty field name', { q: {}, u: { $set: { 'a..b': 1 } } }, 56],
    ['a path to a prototype', { q: {}, u: { $set: { '__proto__.x': 1 } } }, 238],
    ['parallel arrays in an index', { q: {}, u: { $set: { x: [1], y: [2] } } }, 171],
    ['too long a leap in an array', { q: {}, u: { $set: { 'l.9999999': 1 } } }, 2],
    [
      'a positional $ that two conditions put in two places',
      { q: { 'd.k': 1, d: { $elemMatch: { k: 2 } } }, u: { $set: { 'd.$.v': 1 } } },
      238,
    ],
    ['arithmetic with Decimal128', { q: {}, u: { $inc: { dec: 1 } } }, 238],
  ])('%s in an update', async (_, statement, code) => {
    await things.createIndex({ x: 1, y: 1 })
    await things.insertOne({ a: 1, l: [1], d: [{ k: 1 }, { k: 2 }], dec: Decimal128.fromString('1') })
    const before = await things.findOne()
    const reply = await db
      .command({ update: 'things', updates: [statement] })
      .catch((error: unknown) => error as Document)
    const errors = reply.writeErrors as Document[] | undefined
    expect(errors?.[0]?.code ?? reply.code).toBe(code)
    expect(await things.findOne()).toEqual(before)
  })
})

test('reports a match for an update that changes nothing', async () => {
  await things.insertOne({ _id: 1 as never, a: 1 })
  const reply = await db.command({ findAndModify: 'things', query: { _id: 1 }, update: { $set: { a: 1 } } })
  expect(reply).toMatchObject({ lastErrorObject: { n: 1, updatedExisting: true } })
})

test('creates a collection for an upsert, but not for an update or a query', async () => {
  await things.updateOne({ a: 1 }, { $set: { b: 1 } })
  await things.findOneAndUpdate({ a: 1 }, { $set: { b: 1 } })
  await things.deleteOne({ a: 1 })
  expect(await db.listCollections().toArray()).toEqual([])
  await things.updateOne({ a: 1 }, { $set: { b: 1 } }, { upsert: true })
  expect(await db.listCollections().toArray()).toMatchObject([{ name: 'things', type: 'collection' }])
})

test('sorts an empty array before null, and null with missing fields', async () => {
  await things.insertMany([{ _id: 1, v: null }, { _id: 2 }, { _id: 3, v: [] }, { _id: 4, v: 0 }] as never)
  const ids = (await things.find().sort({ v: 1, _id: 1 }).toArray()).map(({ _id }) => Number(_id))
  expect(ids).toEqual([3, 1, 2, 4])
})

test('applies a collation to updates and deletes', async () => {
  await things.insertMany([{ s: 'A' }, { s: 'a' }, { s: 'b' }])
  expect(await things.updateMany({ s: 'a' }, { $set: { hit: true } }, { collation: blind })).toMatchObject({
    modifiedCount: 2,
  })
  expect(await things.deleteOne({ s: 'B' }, { collation: blind })).toMatchObject({ deletedCount: 1 })
})

test('supports $and and several conditions on one path in a partial index', async () => {
  const partialFilterExpression = { $and: [{ n: { $gte: 1, $lt: 5 } }] }
  await things.createIndex({ a: 1 }, { unique: true, partialFilterExpression })
  await things.insertMany([
    { a: 'x', n: 5 },
    { a: 'x', n: 0 },
    { a: 'x', n: 1 },
  ])
  await expect(things.insertOne({ a: 'x', n: 4 })).rejects.toMatchObject({ code: 11000 })
})

test('keeps the value of longs and of numbers beyond 2^53 in a unique index', async () => {
  await things.createIndex({ n: 1 }, { unique: true })
  await things.insertMany([
    { n: Long.fromString('9007199254740993') },
    { n: Long.fromString('9007199254740992') },
  ])
  await expect(things.insertOne({ n: 9007199254740992 })).rejects.toMatchObject({ code: 11000 })
})

test('upserts and then updates in one command', async () => {
  const upsert = { q: { _id: 1 }, u: { $set: { n: 1 } }, upsert: true }
  const reply = await db.command({
    update: 'things',
    updates: [upsert, { q: { _id: 1 }, u: { $inc: { n: 1 } } }],
  })
  expect(reply).toMatchObject({ n: 2, nModified: 1, upserted: [{ index: 0, _id: 1 }] })
  expect(await things.find().toArray()).toEqual([{ _id: 1, n: 2 }])
})

test('accepts the creation of an existing collection, as mongod 7 does', async () => {
  await db.command({ create: 'things' })
  expect(await db.command({ create: 'things' })).toMatchObject({ ok: 1 })
})

test('removes expired documents with a TTL index', async () => {
  await things.createIndex({ at: 1 }, { expireAfterSeconds: 60 })
  await things.insertMany([{ at: new Date(Date.now() - 61_000) }, { at: new Date() }, { at: 'never' }, {}])
  const deadline = Date.now() + 5000
  while ((await things.countDocuments()) === 4 && Date.now() < deadline)
    await new Promise((r) => setTimeout(r, 50))
  expect(await things.countDocuments()).toBe(3)
})

test('finds one of 20,000 documents by index without reading the others', async () => {
  await things.createIndex({ email: 1 }, { unique: true, collation: blind })
  await things.insertMany(Array.from({ length: 20_000 }, (_, i) => ({ email: `User${i}@example.com` })))
  const cpuOf = async (find: () => Promise<unknown>, times: number) => {
    const start = process.cpuUsage()
    for (let i = 0; i < times; i++) await find()
    const { user, system } = process.cpuUsage(start)
    return (user + system) / times
  }
  const scan = await cpuOf(() => things.findOne({ phone: '1' }), 5)
  seen.length = 0
  const lookup = await cpuOf(() => things.findOne({ email: 'user7@example.com' }, { collation: blind }), 100)
  expect(lookup).toBeLessThan(scan / 2)
  expect(seen).toHaveLength(100)
  expect(seen.every(({ plan, docsExamined }) => plan === 'IXSCAN' && docsExamined === 1)).toBe(true)
})
