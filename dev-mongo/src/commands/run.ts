import type { Doc } from '../bson/document'
import { CommandError } from '../errors'
import * as collections from './collections'
import { type Command, type Context, refuseUnknown } from './command'
import { findAndModify } from './find-and-modify'
import * as handshake from './handshake'
import * as indexes from './indexes'
import * as reads from './reads'
import * as writes from './writes'

const COMMANDS: Record<string, Command> = {
  ...handshake.commands,
  ...reads.commands,
  ...writes.commands,
  ...collections.commands,
  ...indexes.commands,
  findAndModify,
  findandmodify: findAndModify,
}

/** The options of every command. They have no effect on a standalone server that keeps everything in memory. */
const COMMON = [
  ...['$db', 'lsid', '$readPreference', '$clusterTime', 'comment', 'maxTimeMS'],
  ...['readConcern', 'writeConcern', 'apiVersion'],
]

/** Runs a command. Throws CommandError if the command or one of its options is unknown. */
export function runCommand(context: Context): Doc {
  const { name, command } = context
  if ('txnNumber' in command || 'startTransaction' in command || 'autocommit' in command) {
    throw new CommandError(20, 'Transaction numbers are only allowed on a replica set member or mongos')
  }
  const implementation = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (!implementation) throw new CommandError(59, `no such command: '${name}'`)
  refuseUnknown(name, command, [name, ...COMMON, ...implementation.options])
  return implementation.run(context)
}
