import mongoose, { type Connection, type ConnectOptions, Schema } from 'mongoose'
import { isDatabaseFault, namedFault } from '../../src/mongo/faults'
import { ann, company, companySchema } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { MongoProxy } from '../helpers/mongo-proxy'

const { MongoClient, MongoServerError } = mongoose.mongo
const nowhere = 'mongodb://127.0.0.1:9/test'

let mongo: TestMongo
let proxy: MongoProxy
const opened: { close(force?: boolean): Promise<unknown> }[] = []

beforeAll(async () => {
  mongo = await testMongo()
  proxy = await MongoProxy.before(mongo)
})
afterEach(async () => {
  await proxy.heal()
  await Promise.all(opened.splice(0).map((one) => one.close(true)))
})
afterAll(async () => {
  await proxy.close()
  await mongo.close()
})

/** A connection through the proxy that has been used. */
async function connected(options: ConnectOptions = {}): Promise<Connection> {
  const connection = await mongoose.createConnection(proxy.uri, options).asPromise()
  opened.push(connection)
  await things(connection).findOne()
  return connection
}

const things = (connection: Connection) => connection.collection('things')
const errorOf = (operation: Promise<unknown>): Promise<Error & { code?: unknown }> =>
  operation.then(
    () => Promise.reject(new Error('it did not fail')),
    (error: Error) => error,
  )
const insert = (connection: Connection): Promise<Error> => errorOf(things(connection).insertOne({ a: 1 }))

/** Each with the name of the error that the driver or Mongoose throws. */
const unreachable: [name: string, when: string, fail: () => Promise<Error>][] = [
  [
    'MongoServerSelectionError',
    'no server is listening',
    () => errorOf(new MongoClient(nowhere, { serverSelectionTimeoutMS: 100 }).db().command({ ping: 1 })),
  ],
  [
    'MongooseServerSelectionError',
    'no server is listening, for Mongoose',
    () => errorOf(mongoose.createConnection(nowhere, { serverSelectionTimeoutMS: 100 }).asPromise()),
  ],
  [
    'MongooseError',
    'a model times out waiting for a connection',
    async () => {
      const connection = mongoose.createConnection(nowhere, { serverSelectionTimeoutMS: 500 })
      connection.on('error', () => undefined)
      const Thing = connection.model('Thing', new Schema({}, { bufferTimeoutMS: 100 }))
      return errorOf(Thing.findOne().exec())
    },
  ],
  [
    'MongooseError',
    'a model is used before there is a connection, and must not wait',
    () => {
      const connection = mongoose.createConnection(nowhere, {
        bufferCommands: false,
        serverSelectionTimeoutMS: 100,
      })
      connection.on('error', () => undefined)
      return errorOf(connection.model('Thing', new Schema({})).findOne().exec())
    },
  ],
  [
    'MongooseError',
    'the connection was closed by force',
    async () => {
      const connection = await connected()
      await connection.close(true)
      return errorOf(Promise.resolve().then(() => things(connection).findOne()))
    },
  ],
  [
    'MongoNetworkError',
    'the connection is cut',
    async () => {
      const connection = await connected()
      proxy.breakAt('before')
      return insert(connection)
    },
  ],
  [
    'MongoNetworkTimeoutError',
    'there is no response within socketTimeoutMS',
    async () => {
      const connection = await connected({ socketTimeoutMS: 100 })
      proxy.breakAt('hang')
      return insert(connection)
    },
  ],
  [
    'PoolClearedOnNetworkError',
    'the server stops responding, and the driver’s monitoring detects it',
    async () => {
      const connection = await connected({ heartbeatFrequencyMS: 500, connectTimeoutMS: 100 })
      proxy.fallSilent()
      return insert(connection)
    },
  ],
  [
    'MongoWaitQueueTimeoutError',
    'every connection is in use',
    async () => {
      const connection = await connected({ maxPoolSize: 1, waitQueueTimeoutMS: 100 })
      proxy.breakAt({ delayMs: 500 })
      const first = things(connection).insertOne({ a: 1 })
      const error = await insert(connection)
      await first
      return error
    },
  ],
  [
    'MongoExpiredSessionError',
    'the client is closed during a command, when the app shuts down',
    async () => {
      const connection = await connected()
      proxy.breakAt('hang')
      const error = insert(connection)
      await connection.getClient().close()
      return error
    },
  ],
  [
    'MongoNotConnectedError',
    'the client was closed earlier',
    async () => {
      const connection = await connected()
      const raw = connection.getClient().db().collection('things')
      await connection.close()
      return errorOf(raw.insertOne({ a: 1 }))
    },
  ],
]

/** The driver of Mongoose 9 no longer has timeoutMS. */
const withTimeoutMS: typeof unreachable = [
  [
    'MongoOperationTimeoutError',
    'there is no response within timeoutMS',
    async () => {
      const connection = await connected({ timeoutMS: 100 })
      proxy.breakAt('hang')
      return insert(connection)
    },
  ],
]

describe('a database that cannot be reached is a fault', () => {
  it.each(mongoose.version.startsWith('8.') ? [...unreachable, ...withTimeoutMS] : unreachable)(
    '%s: %s',
    async (name, _when, fail) => {
      const error = await fail()
      expect(error.name).toBe(name)
      expect(isDatabaseFault(error)).toBe(true)
    },
  )
})

/** The error of a server that gives this reply to each command. */
async function answered(answer: Record<string, unknown>): Promise<Error> {
  const connection = await connected()
  proxy.breakAt({ answer })
  return insert(connection)
}

describe('a server error', () => {
  it.each([
    [6, 'HostUnreachable'],
    [7, 'HostNotFound'],
    [50, 'MaxTimeMSExpired'],
    [89, 'NetworkTimeout'],
    [91, 'ShutdownInProgress'],
    [133, 'FailedToSatisfyReadPreference'],
    [134, 'ReadConcernMajorityNotAvailableYet'],
    [189, 'PrimarySteppedDown'],
    [262, 'ExceededTimeLimit'],
    [9001, 'SocketException'],
    [10058, 'LegacyNotPrimary'],
    [10107, 'NotWritablePrimary'],
    [11600, 'InterruptedAtShutdown'],
    [11601, 'Interrupted'],
    [11602, 'InterruptedDueToReplStateChange'],
    [13435, 'NotPrimaryNoSecondaryOk'],
    [13436, 'NotPrimaryOrSecondary'],
  ])('is a database fault with code %d %s', async (code, codeName) => {
    const error = await answered({ ok: 0, code, codeName, errmsg: 'not now' })
    expect(error).toMatchObject({ name: 'MongoServerError', code })
    expect(namedFault(error, 'okta')).toMatchObject({
      code: 'database_unavailable',
      source: 'okta',
      cause: error,
    })
  })

  it.each(['RetryableWriteError', 'RetryableError', 'SystemOverloadedError'])(
    'is a database fault with the label %s',
    async (label) => {
      const error = await answered({ ok: 0, code: 8, errmsg: 'not now', errorLabels: [label] })
      expect(isDatabaseFault(error)).toBe(true)
    },
  )

  it('is a database fault if a write is not acknowledged by a majority', async () => {
    const writeConcernError = { code: 64, codeName: 'WriteConcernTimeout', errmsg: 'waiting timed out' }
    const error = await answered({ ok: 1, n: 1, writeConcernError })
    expect(error.name).toBe('MongoWriteConcernError')
    expect(isDatabaseFault(error)).toBe(true)
  })

  it('is a database fault if the handshake fails', () => {
    const refused = new MongoServerError({
      code: 18,
      errmsg: 'Authentication failed.',
      errorLabels: ['HandshakeError'],
    })
    expect(isDatabaseFault(refused)).toBe(true)
  })

  it.each([
    [11000, 'DuplicateKey'],
    [13, 'Unauthorized'],
    [121, 'DocumentValidationFailure'],
    [2, 'BadValue'],
  ])('is not a database fault with code %d %s', async (code, codeName) => {
    const error = await answered({ ok: 0, code, codeName, errmsg: 'no' })
    expect(error).toMatchObject({ code })
    expect(namedFault(error)).toBe(error)
  })
})

it.each(['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EAI_AGAIN'])(
  'a connection that breaks during a write is a database fault: %s, from Node.js itself',
  (code) => {
    const error = Object.assign(new Error('This socket has been ended by the other party'), { code })
    expect(namedFault(error)).toMatchObject({ code: 'database_unavailable', cause: error })
  },
)

describe('other errors are not database faults:', () => {
  it('wrong calls to the driver or Mongoose', async () => {
    const connection = await connected()
    const Thing = connection.model('Thing', new Schema({ n: { type: Number, required: true } }))
    const mistakes = await Promise.all([
      errorOf(Thing.create({})),
      errorOf(Thing.findOne({ n: 'x' as never }).exec()),
      errorOf(things(connection).updateOne({}, { n: 1 })),
    ])
    expect(mistakes.map(({ name }) => name)).toEqual([
      'ValidationError',
      'CastError',
      'MongoInvalidArgumentError',
    ])
    expect(mistakes.map(isDatabaseFault)).toEqual([false, false, false])
  })

  it('any other thrown value', () => {
    for (const thrown of [
      new Error('buffering timed out'),
      'MongoNetworkError',
      { name: 'MongoNetworkError' },
      null,
    ])
      expect(namedFault(thrown)).toBe(thrown)
  })
})

it('a database fault in a model validator fails the sign-in, and marks no value as invalid', async () => {
  let away = true
  const validator = (): Promise<boolean> =>
    away ? Promise.reject(new mongoose.mongo.MongoNetworkError('cut')) : Promise.resolve(true)
  const app = await company({
    schema: { ...companySchema, title: { type: String, validate: { validator } } },
  })
  opened.push({ close: () => app.close() })
  await expect(app.jit.login('okta', ann())).rejects.toMatchObject({ code: 'database_unavailable' })
  expect(await app.User.countDocuments()).toBe(0)
  away = false
  const { outcome, user } = await app.jit.login('okta', ann())
  expect([outcome, user.get('title')]).toEqual(['provisioned', 'Engineer'])
})
