import { EventEmitter } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type CommandInfo, serve } from './connection'
import { Faults, type Misbehavior } from './faults'
import { Store } from './storage/store'

export type { CommandInfo }

/** A running development database. */
export interface DevMongo {
  /** `mongodb://host:port`, without a database. */
  uri: string
  port: number
  /** Closes all connections. The data are lost. */
  close(): Promise<void>
  /** Reports each command that has run. */
  on(event: 'command', listener: (info: CommandInfo) => void): void
  off(event: 'command', listener: (info: CommandInfo) => void): void
  /** Makes commands fail or wait, for tests. The returned function ends it. */
  misbehave(misbehavior: Misbehavior): () => void
  /** Ends all misbehavior. */
  behave(): void
}

const SWEEP_MS = 500

/**
 * Starts a database server in this process that speaks MongoDB's wire protocol. It is for development only: in memory,
 * without authentication, on loopback unless `host` says otherwise. Port 0 (the default) takes any free port. Rejects
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
    misbehave: (misbehavior) => faults.add(misbehavior),
    behave: () => faults.clear(),
    close: () => {
      clearInterval(sweeper)
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
