import { calculateObjectSize } from 'bson'
import type { CommandStartedEvent } from 'mongodb'
import type { Connection } from 'mongoose'

/** What was sent to one collection. */
export interface Sent {
  commands: number
  /** The commands among these that write. */
  writes: number
  bytes: number
  /** The bytes among these of commands that write. */
  written: number
}

const writing = new Set(['insert', 'update', 'delete', 'findAndModify'])

/** Counts what a connection, made with `monitorCommands`, sends to each collection. */
export class Counter {
  readonly #byCollection = new Map<string, Sent>()

  constructor(connection: Connection) {
    connection.getClient().on('commandStarted', (event: CommandStartedEvent) => this.#count(event))
  }

  /** By collection, since the last call. */
  take(): Record<string, Sent> {
    const sent = Object.fromEntries(this.#byCollection)
    this.#byCollection.clear()
    return sent
  }

  #count({ commandName, command }: CommandStartedEvent): void {
    const collection: unknown = command[commandName]
    if (typeof collection !== 'string') return
    const sent = this.#byCollection.get(collection) ?? { commands: 0, writes: 0, bytes: 0, written: 0 }
    const bytes = calculateObjectSize(command)
    const isWrite = writing.has(commandName)
    this.#byCollection.set(collection, {
      commands: sent.commands + 1,
      writes: sent.writes + Number(isWrite),
      bytes: sent.bytes + bytes,
      written: sent.written + (isWrite ? bytes : 0),
    })
  }
}
