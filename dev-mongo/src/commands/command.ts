import type { Doc } from '../bson/document'
import { CommandError } from '../errors'
import type { Collection } from '../storage/collection'
import type { Store } from '../storage/store'

/** A command as a client sent it. */
export interface Context {
  store: Store
  db: string
  command: Doc
  name: string
  /** The collection that the command names. */
  collection?: string
  connectionId: number
}

/** The implementation of a command, and the options that it takes in addition to those of every command. */
export interface Command {
  options: string[]
  run(context: Context): Doc
}

/** Refuses the options that a command or one of its statements does not take. false and null count as absent. */
export function refuseUnknown(where: string, options: Doc, known: string[]): void {
  for (const [option, value] of Object.entries(options)) {
    if (!known.includes(option) && value !== false && value !== null) {
      throw new CommandError(40415, `BSON field '${where}.${option}' is an unknown field.`)
    }
  }
}

/** The name of the command's collection. Refuses a command without one. */
export function collectionOf({ name, collection, db }: Context): string {
  if (collection === undefined || collection === '')
    throw new CommandError(73, `Invalid namespace specified '${db}.': ${name}`)
  return collection
}

/** The collection to search in. */
export function searchedCollection(context: Context): Collection {
  return context.store.look(context.db, collectionOf(context))
}

/** The collection to write to. */
export function writtenCollection(context: Context): Collection {
  return context.store.make(context.db, collectionOf(context))
}
