import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { MongoClient } from 'mongodb'
import type { DevMongo } from './server'
import { startDevMongo } from './server'

/** A MongoDB server that was found or started. */
export interface FoundMongo {
  /** Without a database, unless it came from MONGODB_URI. */
  uri: string
  engine: 'external' | 'mongod' | 'memory-server' | 'dev-mongo'
  /** The server itself, where it is dev-mongo: for what only it can tell. */
  devMongo?: DevMongo
  /** Ends what was started. */
  close(): Promise<void>
}

const START_MS = 20_000

/**
 * Finds a server: `MONGODB_URI`; else a `mongod` on the PATH; else what mongodb-memory-server-core, where it is
 * installed, has or can download; else dev-mongo in this process. `log` is told what was chosen and what failed.
 */
export async function findMongo({ log = (_line: string): void => {} } = {}): Promise<FoundMongo> {
  const given = process.env.MONGODB_URI
  if (given) return { uri: given, engine: 'external', close: () => Promise.resolve() }
  for (const start of [startMongod, startMemoryServer]) {
    try {
      const found = await start()
      if (!found) continue
      log(`MongoDB: ${found.engine} at ${found.uri}`)
      return found
    } catch (error) {
      log(`MongoDB: ${start.name} failed: ${String(error)}`)
    }
  }
  const devMongo = await startDevMongo()
  log(`MongoDB: dev-mongo at ${devMongo.uri}`)
  return { uri: devMongo.uri, engine: 'dev-mongo', devMongo, close: () => devMongo.close() }
}

async function startMongod(): Promise<FoundMongo | undefined> {
  const program = onPath(process.platform === 'win32' ? 'mongod.exe' : 'mongod')
  if (!program) return undefined
  const dbPath = await mkdtemp(join(tmpdir(), 'mongod-'))
  const port = await freePort()
  const args = ['--dbpath', dbPath, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet']
  const child = spawn(program, args, { stdio: 'ignore' })
  const kill = () => void child.kill('SIGKILL')
  process.once('exit', kill)
  const close = async () => {
    process.off('exit', kill)
    await stop(child)
    await rm(dbPath, { recursive: true, force: true })
  }
  const uri = `mongodb://127.0.0.1:${port}`
  try {
    await Promise.race([ping(uri), once(child, 'error').then(([error]) => Promise.reject(error as Error))])
  } catch (error) {
    await close()
    throw error
  }
  return { uri, engine: 'mongod', close }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined || !child.kill()) return
  await once(child, 'exit')
}

async function ping(uri: string): Promise<void> {
  const client = new MongoClient(uri, { serverSelectionTimeoutMS: START_MS })
  await client.connect().finally(() => client.close())
}

function onPath(program: string): string | undefined {
  const files = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program))
  return files.find((file) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
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
  const { MongoMemoryServer } = load(name) as MemoryServerModule
  const starting = MongoMemoryServer.create()
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('it took too long')), START_MS)
  })
  try {
    const server = await Promise.race([starting, late])
    return { uri: server.getUri(), engine: 'memory-server', close: async () => void (await server.stop()) }
  } catch (error) {
    starting.then((server) => server.stop()).catch(() => {})
    throw error
  } finally {
    clearTimeout(timer)
  }
}
