import session from 'express-session'
import MongoStore from 'connect-mongo'
import mongoose9 from 'mongoose'
import { type DevMongo, startDevMongo } from '../src/server'

let server: DevMongo
beforeAll(async () => {
  server = await startDevMongo()
})
afterAll(() => server.close())

describe.each([
  // The alias has no types of its own, so it cannot be imported.
  ['8', jest.requireActual<typeof mongoose9>('mongoose8')],
  ['9', mongoose9],
])('Mongoose %s', (version, mongoose) => {
  let connection: mongoose9.Connection
  beforeAll(async () => {
    connection = await mongoose.createConnection(`${server.uri}/mongoose${version}`).asPromise()
  })
  afterAll(() => connection.close())

  test('creates its collections and indexes twice', async () => {
    const schema = new mongoose.Schema({
      email: { type: String, unique: true },
      age: { type: Number, index: true },
      identities: [{ source: String, issuer: String, subject: String }],
    })
    schema.index(
      { 'identities.subject': 1, 'identities.source': 1 },
      { unique: true, partialFilterExpression: { 'identities.subject': { $exists: true } } },
    )
    const User = connection.model('User', schema)
    await User.init()
    await User.init()
    await User.createIndexes()
    expect(await User.syncIndexes()).toEqual([])
    expect((await User.listIndexes()).map(({ name }: { name: string }) => name)).toEqual([
      '_id_',
      'email_1',
      'age_1',
      'identities.subject_1_identities.source_1',
    ])
    await User.create({ email: 'a@example.com' })
    await expect(User.create({ email: 'a@example.com' })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { email: 1 },
      keyValue: { email: 'a@example.com' },
    })
  })

  test('saves changes, and detects a conflicting save', async () => {
    const schema = new mongoose.Schema({ name: String, tags: [String] }, { optimisticConcurrency: true })
    const Thing = connection.model('Thing', schema)
    const thing = await Thing.create({ name: 'one', tags: ['a'] })
    const other = await Thing.findById(thing._id).orFail()
    thing.tags.push('b')
    thing.name = 'two'
    await thing.save()
    other.name = 'three'
    await expect(other.save()).rejects.toThrow('No matching document found')
    expect(await Thing.findById(thing._id).lean()).toMatchObject({ name: 'two', tags: ['a', 'b'], __v: 1 })
  })

  test('refuses a transaction, as a standalone server does', async () => {
    const work = connection.transaction((session) =>
      connection.collection('things').insertOne({ a: 1 }, { session }),
    )
    // The newest driver rewords error 20.
    await expect(work).rejects.toThrow(
      /Transaction numbers are only allowed|does not support retryable writes/,
    )
  })

  test('refuses a change stream, as a standalone server does', async () => {
    const stream = connection.collection('things').watch()
    await expect(stream.next()).rejects.toMatchObject({ code: 40573 })
  })
})

test('connect-mongo stores, touches, lists and destroys sessions', async () => {
  const store = MongoStore.create({ mongoUrl: `${server.uri}/sessions`, ttl: 60 })
  const data = { cookie: new session.Cookie(), user: 'u' } as session.SessionData
  const done = <T>(run: (callback: (error: Error | null, result?: T | null) => void) => unknown) =>
    new Promise<T | null | undefined>((resolve, reject) => {
      run((error, result) => (error ? reject(error) : resolve(result)))
    })
  await done((callback) => store.set('one', data, callback))
  expect(await done((callback) => store.get('one', callback))).toMatchObject({ user: 'u' })
  await done((callback) => store.touch('one', data, callback))
  expect(await done((callback) => store.length(callback))).toBe(1)
  expect(await done((callback) => store.all(callback))).toHaveLength(1)
  await done((callback) => store.destroy('one', callback))
  expect(await done((callback) => store.get('one', callback))).toBeNull()
  await store.close()
})
