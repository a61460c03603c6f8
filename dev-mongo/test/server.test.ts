import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { BSON, Long } from 'bson'
import { MongoClient, MongoNetworkError } from 'mongodb'
import { type DevMongo, startDevMongo } from '../src/server'

let server: DevMongo
let client: MongoClient

beforeAll(async () => {
  server = await startDevMongo()
  client = await MongoClient.connect(server.uri, { retryWrites: false, retryReads: false })
})
afterEach(() => server.behave())
afterAll(async () => {
  await client.close()
  await server.close()
})

describe('the wire protocol', () => {
  const OP_MSG = 2013
  const int = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    return bytes
  }
  const body = (doc: object) => Buffer.concat([Buffer.from([0]), BSON.serialize(doc)])
  const message = (opCode: number, payload: Buffer, length = payload.length + 16) =>
    Buffer.concat([int(length), int(7), int(0), int(opCode), payload])
  const ping = body({ ping: 1, $db: 'admin' })

  const open = async (): Promise<Socket> => {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }
  const reply = async (socket: Socket) => {
    const [bytes] = (await once(socket, 'data')) as [Buffer]
    return {
      responseTo: bytes.readInt32LE(8),
      opCode: bytes.readInt32LE(12),
      doc: BSON.deserialize(bytes.subarray(bytes.readInt32LE(12) === 1 ? 36 : 21)),
    }
  }

  test.each([
    ['a length too small', message(OP_MSG, ping, 3)],
    ['a length too great', message(OP_MSG, ping, 48_000_001)],
    ['an obsolete opcode', message(2002, ping)],
    ['compression, which the server does not offer', message(2012, ping)],
    ['an unknown flag that must be understood', message(OP_MSG, Buffer.concat([int(4), ping]))],
    ['no body', message(OP_MSG, int(0))],
    ['two bodies', message(OP_MSG, Buffer.concat([int(0), ping, ping]))],
    [
      'an unknown kind of section',
      message(OP_MSG, Buffer.concat([int(0), ping, Buffer.from([2]), int(5), Buffer.alloc(1)])),
    ],
    [
      'a section that runs past the end',
      message(OP_MSG, Buffer.concat([int(0), Buffer.from([0]), int(500)])),
    ],
    [
      'a body that is not BSON',
      message(OP_MSG, Buffer.concat([int(0), Buffer.from([0]), int(6), Buffer.from([99, 0])])),
    ],
    [
      'a sequence that runs past the end',
      message(
        OP_MSG,
        Buffer.concat([
          int(0),
          ping,
          Buffer.from([1]),
          int(11),
          Buffer.from('d\0'),
          int(99),
          Buffer.alloc(1),
        ]),
      ),
    ],
  ])('closes the connection at %s', async (_, bytes) => {
    const socket = await open()
    const closed = once(socket, 'close')
    socket.write(bytes)
    await closed
    expect(await client.db('admin').command({ ping: 1 })).toMatchObject({ ok: 1 })
  })

  test('reads a message that arrives byte by byte, with a checksum and optional flags', async () => {
    const socket = await open()
    const payload = Buffer.concat([int(1 | (1 << 16)), ping, Buffer.alloc(4)])
    for (const byte of message(OP_MSG, payload)) socket.write(Buffer.from([byte]))
    expect(await reply(socket)).toEqual({ responseTo: 7, opCode: OP_MSG, doc: { ok: 1 } })
    socket.destroy()
  })

  test('answers two messages that arrive as one, in order', async () => {
    const socket = await open()
    const unknown = message(OP_MSG, Buffer.concat([int(0), body({ frob: 1, $db: 'admin' })]))
    socket.write(Buffer.concat([unknown, message(OP_MSG, Buffer.concat([int(0), ping]))]))
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => (bytes = Buffer.concat([bytes, chunk])))
    const length = () => (bytes.length > 4 ? bytes.readInt32LE(0) : Infinity)
    while (bytes.length <= length()) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(BSON.deserialize(bytes.subarray(21, length()))).toMatchObject({
      ok: 0,
      code: 59,
      codeName: 'CommandNotFound',
    })
    expect(BSON.deserialize(bytes.subarray(length() + 21))).toEqual({ ok: 1 })
    socket.destroy()
  })

  test('answers an OP_QUERY hello as a standalone server does', async () => {
    const socket = await open()
    const query = Buffer.concat([
      int(0),
      Buffer.from('admin.$cmd\0'),
      int(0),
      int(-1),
      BSON.serialize({ isMaster: 1 }),
    ])
    socket.write(message(2004, query))
    const { opCode, doc } = await reply(socket)
    expect(opCode).toBe(1)
    expect(doc).toMatchObject({ ismaster: true, maxWireVersion: 21, ok: 1 })
    expect(doc).not.toHaveProperty('setName')
    expect(doc).not.toHaveProperty('compression')
    socket.destroy()
  })

  test('sends no reply to an unacknowledged write', async () => {
    const things = client.db('unacknowledged').collection('things')
    await things.insertOne({ a: 1 }, { writeConcern: { w: 0 } })
    while ((await things.countDocuments()) === 0) await new Promise((resolve) => setTimeout(resolve, 5))
    expect(await things.countDocuments()).toBe(1)
  })

  test('receives and returns more than one batch', async () => {
    const things = client.db('large').collection('things')
    const text = 'x'.repeat(1024 * 1024)
    await things.insertMany(Array.from({ length: 40 }, (_, i) => ({ i, text })))
    expect(await things.find().batchSize(1000).toArray()).toHaveLength(40)
    const half = text.repeat(10)
    await things.insertOne({ _id: 'huge' as never, half })
    await expect(things.updateOne({ _id: 'huge' as never }, { $set: { other: half } })).rejects.toMatchObject(
      { code: 17419 },
    )
    await things.drop()
  })
})

test('reports the plan of each command', async () => {
  const infos: unknown[] = []
  const listener = (info: {
    name: string
    db: string
    collection?: string
    plan?: string
    docsExamined: number
  }) => infos.push([info.name, info.db, info.collection, info.plan, info.docsExamined])
  server.on('command', listener)
  const things = client.db('events').collection('things')
  await things.insertOne({ _id: 1 as never })
  await things.findOne({ _id: 1 as never })
  await things.updateOne({ a: 1 }, { $set: { b: 1 } })
  server.off('command', listener)
  await things.findOne()
  expect(infos).toEqual([
    ['insert', 'events', 'things', undefined, 0],
    ['find', 'events', 'things', 'IXSCAN', 1],
    ['update', 'events', 'things', 'COLLSCAN', 1],
  ])
})

describe('misbehavior', () => {
  const things = () => client.db('faults').collection('things')
  beforeEach(() => things().deleteMany({}))

  test('breaks the connection before the nth command of a name', async () => {
    server.misbehave({ command: 'insert', nth: 2, drop: 'before' })
    await things().insertOne({ n: 1 })
    await expect(things().insertOne({ n: 2 })).rejects.toThrow(MongoNetworkError)
    await things().insertOne({ n: 3 })
    expect((await things().find().toArray()).map(({ n }) => n as number)).toEqual([1, 3])
  })

  test('breaks the connection after the command has run', async () => {
    server.misbehave({ command: 'insert', drop: 'after' })
    await expect(things().insertOne({ n: 1 })).rejects.toThrow(MongoNetworkError)
    expect(await things().countDocuments()).toBe(1)
  })

  test('delays a command, but not others', async () => {
    const end = server.misbehave({ command: 'find', nth: 1, delayMs: 300 })
    const start = performance.now()
    let ended = false
    const slow = things()
      .findOne()
      .then(() => (ended = true))
    await client.db('faults').command({ ping: 1 })
    expect(ended).toBe(false)
    await slow
    expect(performance.now() - start).toBeGreaterThanOrEqual(295)
    end()
  })

  test('can be removed', async () => {
    const end = server.misbehave({ drop: true })
    end()
    server.misbehave({ drop: true })
    server.behave()
    expect(await things().insertOne({ n: 1 })).toMatchObject({ acknowledged: true })
  })
})

test('kills cursors', async () => {
  const db = client.db('cursors')
  await db.collection('things').insertMany([{}, {}, {}])
  const { cursor } = await db.command({ find: 'things', batchSize: 1 }, { promoteLongs: false })
  const { id } = cursor as { id: Long }
  const killed = await db.command({ killCursors: 'things', cursors: [id, Long.fromNumber(99)] })
  expect(killed).toMatchObject({ cursorsKilled: [Number(id)], cursorsNotFound: [99] })
  await expect(db.command({ getMore: id, collection: 'things' })).rejects.toMatchObject({ code: 43 })
})

test('lists databases', async () => {
  await client.db('listed').collection('things').insertOne({})
  const { databases } = await client
    .db()
    .admin()
    .listDatabases({ filter: { name: 'listed' } })
  expect(databases).toMatchObject([{ name: 'listed', empty: false }])
  await client.db('listed').dropDatabase()
  expect((await client.db().admin().listDatabases({ nameOnly: true })).databases).not.toContainEqual({
    name: 'listed',
  })
})

describe('npm run mongo', () => {
  const start = (port: number) => {
    const child = spawn(process.execPath, [
      '--import',
      'tsx',
      join(__dirname, '../src/main.ts'),
      '--port',
      String(port),
    ])
    const out = { stdout: '', stderr: '' }
    child.stdout.on('data', (text) => (out.stdout += String(text)))
    child.stderr.on('data', (text) => (out.stderr += String(text)))
    return { child, out }
  }

  test('prints its URI, says that it is for development only, and ends with Ctrl-C', async () => {
    const { child, out } = start(0)
    while (!out.stdout.includes('\n')) await new Promise((resolve) => setTimeout(resolve, 20))
    expect(out.stdout).toMatch(/^MONGODB_URI=mongodb:\/\/127\.0\.0\.1:\d+\n$/)
    expect(out.stderr).toMatch(/development only/)
    const other = await MongoClient.connect(out.stdout.trim().replace('MONGODB_URI=', ''))
    expect(await other.db().command({ ping: 1 })).toMatchObject({ ok: 1 })
    const ended = once(child, 'exit')
    child.kill('SIGINT')
    await ended
    await other.close()
  })

  test('says that a port is in use', async () => {
    const { child, out } = start(server.port)
    const [code] = (await once(child, 'exit')) as [number]
    expect(code).toBe(1)
    expect(out.stderr).toContain(`port ${server.port} is in use`)
    expect(out.stdout).toBe('')
  })
})
