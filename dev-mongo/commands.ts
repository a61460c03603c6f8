import { CommandError } from './errors'
import * as reads from './reads'
import * as schema from './schema'
import * as sessions from './sessions'
import type { Store } from './store'
import type { Doc } from './values'
import * as writes from './writes'

/** A command on its way. */
export interface Context {
  store: Store
  db: string
  command: Doc
  name: string
  /** The collection it is about, if any. */
  collection?: string
  connectionId: number
}

/** What answers a command, and the options that it takes beside those that every command takes. */
export interface Command {
  options: string[]
  run(context: Context): Doc
}

const COMMANDS: Record<string, Command> = {
  ...sessions.commands,
  ...reads.commands,
  ...writes.commands,
  ...schema.commands,
}

/** Taken by every command, and without effect on one standalone server that keeps all in memory. */
const COMMON = [
  ...[
    '$db',
    'lsid',
    '$readPreference',
    '$clusterTime',
    'comment',
    'maxTimeMS',
    'readConcern',
    'writeConcern',
  ],
  'apiVersion',
]

/** Runs a command; throws CommandError for one that is unknown, or has an option that is. */
export function runCommand(context: Context): Doc {
  const { name, command } = context
  if ('txnNumber' in command || 'startTransaction' in command || 'autocommit' in command) {
    throw new CommandError(20, 'Transaction numbers are only allowed on a replica set member or mongos')
  }
  const found = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!found) throw new CommandError(59, `no such command: '${name}'`)
  refuseUnknown(name, command, [name, ...COMMON, ...found.options])
  return found.run(context)
}

/** Refuses by name what a command or a statement of it does not take; false and null ask for nothing. */
export function refuseUnknown(where: string, given: Doc, known: string[]): void {
  for (const [option, value] of Object.entries(given)) {
    if (!known.includes(option) && value !== false && value !== null) {
      throw new CommandError(40415, `BSON field '${where}.${option}' is an unknown field.`)
    }
  }
}

/** The collection's name; a command without one is refused. */
export function collectionOf({ name, collection, db }: Context): string {
  if (collection === undefined || collection === '')
    throw new CommandError(73, `Invalid namespace specified '${db}.': ${name}`)
  return collection
}
