import { EventEmitter } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { runCommand } from './commands'
import { CommandError } from './errors'
import type { Misbehaviour } from './faults'
import { Faults } from './faults'
import { Store } from './store'
import type { Doc } from './values'
import type { Request } from './wire'
import { MessageReader, readRequest, writeReply } from './wire'

/** What is known of a command once it has run; the `command` event. */
export interface CommandInfo {
  name: string
  db: string
  collection?: string
  /** Whether any part of the command read the whole collection; undefined for a command that searches nothing. */
  plan?: 'IXSCAN' | 'COLLSCAN'
  docsExamined: number
  command: Doc
}

/** A running development database. */
export interface DevMongo {
  /** `mongodb://host:port`, without a database. */
  uri: string
  port: number
  /** Ends all connections; the data are gone. */
  close(): Promise<void>
  /** Called with each command that has run. */
  on(event: 'command', listener: (info: CommandInfo) => void): void
  off(event: 'command', listener: (info: CommandInfo) => void): void
  /** Makes commands fail or wait, for tests; returns what ends it. */
  misbehave(how: Misbehaviour): () => void
  /** Ends all misbehaviour. */
  behave(): void
}

const SWEEP_MS = 500

/**
 * Starts a database server in this process that speaks MongoDB's wire protocol: for development only, in memory,
 * without authentication, on loopback unless another host is given. Port 0 (the default) is any free one. Rejects
 * if the port is in use.
 */
export async function startDevMongo({ port = 0, host = '127.0.0.1' } = {}): Promise<DevMongo> {
  const store = new Store()
  const faults = new Faults()
  const events = new EventEmitter()
  const sockets = new Set<Socket>()
  let connections = 0
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    serve(socket, ++connections, { store, faults, events })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const sweeper = setInterval(() => store.expire(Date.now()), SWEEP_MS).unref()
  process.stderr.write('dev-mongo: an in-memory database for development only; nothing is kept\n')

  const { port: actual } = server.address() as AddressInfo
  return {
    uri: `mongodb://${host}:${actual}`,
    port: actual,
    on: (event, listener) => void events.on(event, listener),
    off: (event, listener) => void events.off(event, listener),
    misbehave: (how) => faults.add(how),
    behave: () => faults.clear(),
    close: () => {
      clearInterval(sweeper)
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

interface Backend {
  store: Store
  faults: Faults
  events: EventEmitter
}

function serve(socket: Socket, connectionId: number, backend: Backend): void {
  const reader = new MessageReader()
  let last = Promise.resolve()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    try {
      for (const message of reader.push(chunk)) {
        const request = readRequest(message)
        // One after the other, though one of them may be kept waiting.
        last = last
          .then(() => answer(socket, request, connectionId, backend))
          .catch(() => void socket.destroy())
      }
    } catch {
      socket.destroy()
    }
  })
}

async function answer(
  socket: Socket,
  request: Request,
  connectionId: number,
  backend: Backend,
): Promise<void> {
  const { command } = request
  const name = Object.keys(command)[0] ?? ''
  const fault = backend.faults.next(name)
  if (fault?.delayMs) await wait(fault.delayMs)
  if (fault?.drop === 'before') return void socket.destroy()
  const reply = run(command, name, connectionId, backend)
  if (fault?.drop === 'after') return void socket.destroy()
  if (!request.unacknowledged && !socket.destroyed) socket.write(writeReply(request, reply))
}

function run(command: Doc, name: string, connectionId: number, { store, events }: Backend): Doc {
  const db = typeof command.$db === 'string' ? command.$db : 'admin'
  const target = name === 'getMore' ? command.collection : command[name]
  const collection = typeof target === 'string' ? target : undefined
  const readings = store.startReading()
  try {
    return { ...runCommand({ store, db, command, name, collection, connectionId }), ok: 1 }
  } catch (error) {
    if (!(error instanceof CommandError))
      process.stderr.write(`dev-mongo: ${name}: ${(error as Error).stack}\n`)
    const known = error instanceof CommandError ? error : new CommandError(1, String(error))
    return { ok: 0, errmsg: known.message, code: known.code, codeName: known.codeName, ...known.extra }
  } finally {
    const scanned = readings.some((reading) => reading.plan === 'COLLSCAN')
    const plan = readings.length ? (scanned ? 'COLLSCAN' : 'IXSCAN') : undefined
    const docsExamined = readings.reduce((sum, reading) => sum + reading.docsExamined, 0)
    events.emit('command', { name, db, collection, plan, docsExamined, command } satisfies CommandInfo)
  }
}
