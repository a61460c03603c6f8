import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { connect, createServer, type Server } from 'node:net'
import { type Doc, MessageReader, readRequest, type Request, writeReply } from 'dev-mongo'
import type { TestMongo } from './mongo'

/**
 * The fault at a command: the connection breaks before the command reaches the server (`before`), after the server has
 * run it (`after`), or in the middle of the reply (`midway`); the server is gone from then on (`gone`); it never
 * replies (`hang`); the command reaches it late, even if the client has stopped waiting; or the reply is another one.
 */
export type Mishap = 'before' | 'after' | 'midway' | 'gone' | 'hang' | { delayMs: number } | { answer: Doc }

interface Fault {
  mishap: Mishap
  /** The number of the command, from 1. undefined: every command. */
  nth?: number
}

/** Drivers send these by themselves; they are not part of an app's work. */
const ofTheDriver = ['hello', 'isMaster', 'ismaster', 'ping', 'endSessions']

/** A proxy between an app and its database that breaks connections at chosen commands. */
export class MongoProxy {
  /** The database, reached through this proxy. */
  readonly uri: string
  /** Names of the commands since `breakAt`. */
  commands: string[] = []
  /** Called with each command before it is forwarded. */
  onCommand: (command: Doc) => void = () => undefined
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

  /** Breaks the nth command from now on, or every command. */
  breakAt(mishap: Mishap, nth?: number): void {
    this.commands = []
    this.#fault = { mishap, nth }
  }

  /** The name of the broken command, if the nth command has come. */
  get broken(): string | undefined {
    const { nth } = this.#fault ?? {}
    return nth === undefined ? undefined : this.commands[nth - 1]
  }

  /** Forwards everything again, and listens again if it was gone. */
  async heal(): Promise<void> {
    this.#fault = undefined
    this.#silent = false
    if (this.#server.listening) return
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  /** Accepts everything, including the driver's own commands, and never replies. */
  fallSilent(): void {
    this.#silent = true
  }

  /**
   * Closes all connections and accepts no new ones. It resets them, as a killed server does. If all end in an orderly
   * way at once, the driver can write its next monitoring command to a socket that it has destroyed, and wait forever
   * (seen in 6.20, 7.8 and 7.9).
   */
  async goAway(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#sockets.forEach((socket) => socket.resetAndDestroy())
    await closed
  }

  async close(): Promise<void> {
    if (this.#server.listening) await this.goAway()
  }

  #serve(client: Socket): void {
    const link = new Link(client, connect({ ...this.#target, noDelay: true }))
    for (const socket of [link.client, link.server]) {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    }
    const awaited = new Map<number, Mishap>()
    forEachMessage(client, (message) => this.#pass(message, awaited, link))
    forEachMessage(link.server, (answer) => {
      const mishap = awaited.get(answer.readInt32LE(8))
      if (mishap === 'midway') client.write(answer.subarray(0, answer.length / 2), () => link.end())
      else if (mishap === 'after') link.end()
      else if (!client.destroyed) client.write(answer)
    })
  }

  #pass(message: Buffer, awaited: Map<number, Mishap>, link: Link): void {
    const request = readRequest(message)
    const mishap = this.#mishapOf(request)
    if (mishap === 'hang') return
    if (mishap === 'before') return link.end()
    if (mishap === 'gone') return void this.goAway()
    if (mishap === undefined || typeof mishap === 'string') {
      if (mishap) awaited.set(request.requestId, mishap)
      link.server.write(message)
    } else if ('answer' in mishap) {
      link.client.write(writeReply(request, mishap.answer))
    } else {
      link.writeLate(message, mishap.delayMs)
    }
  }

  #mishapOf({ command }: Request): Mishap | undefined {
    if (this.#silent) return 'hang'
    const name = Object.keys(command)[0] ?? ''
    if (ofTheDriver.includes(name)) return undefined
    this.commands.push(name)
    this.onCommand(command)
    const { mishap, nth } = this.#fault ?? {}
    return nth === undefined || nth === this.commands.length ? mishap : undefined
  }
}

/** A connection of the app, and its connection to the server. */
class Link {
  #late = 0

  constructor(
    readonly client: Socket,
    readonly server: Socket,
  ) {
    for (const socket of [client, server]) socket.on('error', () => this.end()).on('close', () => this.end())
  }

  end(): void {
    this.client.destroy()
    if (this.#late === 0) this.server.destroy()
  }

  writeLate(message: Buffer, delayMs: number): void {
    this.#late++
    setTimeout(() => {
      this.#late--
      if (this.client.destroyed) this.server.end(message)
      else this.server.write(message)
    }, delayMs)
  }
}

function forEachMessage(socket: Socket, take: (message: Buffer) => void): void {
  const reader = new MessageReader()
  socket.on('data', (chunk) => reader.push(chunk).forEach(take))
}
