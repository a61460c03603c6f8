import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer, type Server } from 'node:net'
import type { Doc } from '../../dev-mongo/values'
import { MessageReader, readRequest, type Request, writeReply } from '../../dev-mongo/wire'
import type { TestMongo } from './mongo'

/**
 * What goes wrong at a command: the connection breaks before it reaches the server (`before`), once the server has
 * carried it out (`after`), or in the middle of the answer (`midway`); it is never answered (`hang`), answered
 * late, or answered with an error that is not the server's own.
 */
export type Mishap = 'before' | 'after' | 'midway' | 'hang' | { delayMs: number } | { answer: Doc }

interface Fault {
  mishap: Mishap
  /** Which command, counted from 1; undefined: each. */
  nth?: number
}

/** Drivers send these by themselves: they are no part of what an app does. */
const ofTheDriver = ['hello', 'isMaster', 'ismaster', 'ping', 'endSessions']

/** Stands between an app and its database, and breaks what passes, command by command. */
export class MongoProxy {
  /** The database that it stands in front of, by way of this proxy. */
  readonly uri: string
  /** Names of the commands that have come since `clear`. */
  commands: string[] = []
  #fault: Fault | undefined
  #silent = false
  readonly #server: Server
  readonly #target: { host: string; port: number }
  readonly #port: number
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, uri: string) {
    this.#server = server
    this.#port = (server.address() as AddressInfo).port
    const url = new URL(uri)
    this.#target = { host: url.hostname, port: Number(url.port) }
    url.port = String(this.#port)
    url.hostname = '127.0.0.1'
    this.uri = url.href
    server.on('connection', (socket) => this.#serve(socket))
  }

  static async before({ uri }: Pick<TestMongo, 'uri'>): Promise<MongoProxy> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new MongoProxy(server, uri)
  }

  /** Breaks the nth command from now on, or each. */
  breakAt(mishap: Mishap, nth?: number): void {
    this.commands = []
    this.#fault = { mishap, nth }
  }

  /** The command that was broken, where one of that number has come. */
  get broken(): string | undefined {
    const { nth } = this.#fault ?? {}
    return nth === undefined ? undefined : this.commands[nth - 1]
  }

  /** Lets everything pass again. */
  heal(): void {
    this.#fault = undefined
    this.#silent = false
  }

  /** Takes what comes, the driver's own commands too, and says nothing. */
  fallSilent(): void {
    this.#silent = true
  }

  /** No connection any more, and no new one. */
  async goAway(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#sockets.forEach((socket) => socket.destroy())
    await closed
  }

  async comeBack(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.goAway()
  }

  #serve(client: Socket): void {
    const server = connect({ ...this.#target, noDelay: true })
    const end = (): void => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', end).on('close', () => {
        this.#sockets.delete(socket)
        end()
      })
    }
    const awaited = new Map<number, Mishap>()
    forEachMessage(client, (message) => this.#pass(message, awaited, { client, server, end }))
    forEachMessage(server, (answer) => {
      const mishap = awaited.get(answer.readInt32LE(8))
      if (mishap === 'midway') client.write(answer.subarray(0, answer.length / 2), end)
      else if (mishap === 'after') end()
      else client.write(answer)
    })
  }

  #pass(message: Buffer, awaited: Map<number, Mishap>, { client, server, end }: Link): void {
    const request = readRequest(message)
    const mishap = this.#mishapOf(request)
    if (mishap === 'hang') return
    if (mishap === 'before') return end()
    if (mishap === undefined || typeof mishap === 'string') {
      if (mishap) awaited.set(request.requestId, mishap)
      server.write(message)
    } else if ('answer' in mishap) {
      client.write(writeReply(request, mishap.answer))
    } else {
      setTimeout(() => server.writable && server.write(message), mishap.delayMs)
    }
  }

  #mishapOf({ command }: Request): Mishap | undefined {
    if (this.#silent) return 'hang'
    const name = Object.keys(command)[0] ?? ''
    if (ofTheDriver.includes(name)) return undefined
    this.commands.push(name)
    const { mishap, nth } = this.#fault ?? {}
    return nth === undefined || nth === this.commands.length ? mishap : undefined
  }
}

interface Link {
  client: Socket
  server: Socket
  end: () => void
}

function forEachMessage(socket: Socket, take: (message: Buffer) => void): void {
  const reader = new MessageReader()
  socket.on('data', (chunk) => reader.push(chunk).forEach(take))
}
