import { calculateObjectSize } from 'bson'
import type { CommandStartedEvent } from 'mongodb'
import type { Connection } from 'mongoose'

/** The commands that one collection received. */
export interface Sent {
  commands: number
  writes: number
  /** Bytes of BSON in the writes. */
  bytesWritten: number
}

const writing = new Set(['insert', 'update', 'delete', 'findAndModify'])

/** Counts the commands of a connection that was made with `monitorCommands`. */
export class Counter {
  #byCollection: Record<string, Sent> = {}

  constructor(connection: Connection) {
    connection.getClient().on('commandStarted', (event: CommandStartedEvent) => this.#count(event))
  }

  /** Returns the counts of each collection since the last call. */
  take(): Record<string, Sent> {
    const counts = this.#byCollection
    this.#byCollection = {}
    return counts
  }

  #count({ commandName, command }: CommandStartedEvent): void {
    const collection: unknown = command[commandName]
    if (typeof collection !== 'string') return
    const sent = (this.#byCollection[collection] ??= { commands: 0, writes: 0, bytesWritten: 0 })
    sent.commands++
    if (!writing.has(commandName)) return
    sent.writes++
    sent.bytesWritten += calculateObjectSize(command)
  }
}
