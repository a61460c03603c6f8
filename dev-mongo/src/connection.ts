import type { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { Doc } from './bson/document'
import { runCommand } from './commands/run'
import { CommandError } from './errors'
import type { Faults } from './faults'
import type { Store } from './storage/store'
import { MessageReader, readRequest, type Request, writeReply } from './wire'

/** A command that has run: the `command` event. */
export interface CommandInfo {
  name: string
  db: string
  collection?: string
  /** COLLSCAN if any part of the command read the whole collection; undefined if the command does not search. */
  plan?: 'IXSCAN' | 'COLLSCAN'
  docsExamined: number
  command: Doc
}

/** What the connections of a server share. */
export interface Backend {
  store: Store
  faults: Faults
  /** Emits `command`. */
  events: EventEmitter
}

/** Answers the requests of a connection, one after the other. */
export function serve(socket: Socket, connectionId: number, backend: Backend): void {
  const reader = new MessageReader()
  let last = Promise.resolve()
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk) => {
    try {
      for (const message of reader.push(chunk)) {
        const request = readRequest(message)
        // A delayed request also delays those behind it.
        last = last.then(() => answer(request)).catch(() => void socket.destroy())
      }
    } catch {
      socket.destroy()
    }
  })

  async function answer(request: Request): Promise<void> {
    const { command, unacknowledged } = request
    const fault = backend.faults.next(nameOf(command))
    if (fault?.delayMs) await wait(fault.delayMs)
    if (fault?.drop === 'before') return void socket.destroy()
    const reply = run(command, connectionId, backend)
    if (fault?.drop === 'after') return void socket.destroy()
    if (!unacknowledged && !socket.destroyed) socket.write(writeReply(request, reply))
  }
}

function nameOf(command: Doc): string {
  return Object.keys(command)[0] ?? ''
}

function run(command: Doc, connectionId: number, { store, events }: Backend): Doc {
  const name = nameOf(command)
  const db = typeof command.$db === 'string' ? command.$db : 'admin'
  const target = name === 'getMore' ? command.collection : command[name]
  const collection = typeof target === 'string' ? target : undefined
  const readings = store.startReadings()
  try {
    return { ...runCommand({ store, db, command, name, collection, connectionId }), ok: 1 }
  } catch (error) {
    return errorReply(name, error)
  } finally {
    const scanned = readings.some((reading) => reading.plan === 'COLLSCAN')
    const plan = readings.length ? (scanned ? 'COLLSCAN' : 'IXSCAN') : undefined
    const docsExamined = readings.reduce((sum, reading) => sum + reading.docsExamined, 0)
    events.emit('command', { name, db, collection, plan, docsExamined, command } satisfies CommandInfo)
  }
}

function errorReply(name: string, error: unknown): Doc {
  if (!(error instanceof CommandError)) {
    process.stderr.write(`dev-mongo: ${name}: ${(error as Error).stack}\n`)
    return errorReply(name, new CommandError(1, String(error)))
  }
  const { message, code, codeName, extra } = error
  return { ok: 0, errmsg: message, code, codeName, ...extra }
}
