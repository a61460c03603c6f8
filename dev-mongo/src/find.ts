import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import { type DevMongo, startDevMongo } from './server'

/** A MongoDB server that was found or started. */
export interface FoundMongo {
  /** Names no database, unless MONGODB_URI does. */
  uri: string
  engine: 'external' | 'mongod' | 'memory-server' | 'dev-mongo'
  /** The server itself, if it is dev-mongo. */
  devMongo?: DevMongo
  /** Stops the server, if it was started here. */
  close(): Promise<void>
}

const START_MS = 20_000

/**
 * Finds a server, in this order: `MONGODB_URI`, a `mongod` on the PATH, mongodb-memory-server-core if it is
 * installed, dev-mongo in this process. `log` gets the choice and the failures before it.
 */
export async function findMongo({ log = (_line: string): void => {} } = {}): Promise<FoundMongo> {
  const external = process.env.MONGODB_URI
  if (external) return { uri: external, engine: 'external', close: () => Promise.resolve() }
  for (const start of [startMongod, startMemoryServer]) {
    try {
      const mongo = await start()
      if (!mongo) continue
      log(`MongoDB: ${mongo.engine} at ${mongo.uri}`)
      return mongo
    } catch (error) {
      log(`MongoDB: ${start.name} failed: ${String(error)}`)
    }
  }
  const devMongo = await startDevMongo()
  log(`MongoDB: dev-mongo at ${devMongo.uri}`)
  return { uri: devMongo.uri, engine: 'dev-mongo', devMongo, close: () => devMongo.close() }
}

async function startMongod(): Promise<FoundMongo | undefined> {
  if (!isOnPath('mongod')) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'mongod-'))
  const port = await freePort()
  const args = ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1']
  const child = spawn('mongod', args, { stdio: 'ignore', env: process.env })
  const gone = new Promise<Error>((resolve) => {
    child.once('error', resolve)
    child.once('exit', (code) => resolve(new Error(`mongod ended with code ${code}`)))
  })
  const kill = () => void child.kill()
  process.once('exit', kill)
  const close = async () => {
    process.off('exit', kill)
    kill()
    await gone
    await rm(folder, { recursive: true, force: true })
  }
  const uri = `mongodb://127.0.0.1:${port}`
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: START_MS })
  const answers = client.connect().then(
    () => undefined,
    (error: Error) => error,
  )
  const failure = await Promise.race([gone, answers])
  await client.close()
  if (!failure) return { uri, engine: 'mongod', close }
  await close()
  throw failure
}

function isOnPath(program: string): boolean {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const names = [program, `${program}.exe`]
  return folders.some((folder) => names.some((name) => existsSync(join(folder, name))))
}

/** Returns a free port on loopback. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface MemoryServerModule {
  MongoMemoryServer: { create(): Promise<{ getUri(): string; stop(): Promise<unknown> }> }
}

async function startMemoryServer(): Promise<FoundMongo | undefined> {
  const load = createRequire(__filename)
  const name = 'mongodb-memory-server-core'
  try {
    load.resolve(name)
  } catch {
    return undefined
  }
  const starting = (load(name) as MemoryServerModule).MongoMemoryServer.create()
  const server = await Promise.race([starting, wait(START_MS, undefined, { ref: false })])
  if (server)
    return { uri: server.getUri(), engine: 'memory-server', close: async () => void (await server.stop()) }
  starting.then((late) => late.stop()).catch(() => {})
  throw new Error('it took too long')
}
