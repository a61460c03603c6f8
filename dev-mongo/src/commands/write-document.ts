import { ObjectId } from 'bson'
import { type Doc, sameBytes } from '../bson/document'
import { typeOf } from '../bson/types'
import { CommandError } from '../errors'
import type { Collection } from '../storage/collection'
import type { Entry } from '../storage/hash-index'
import { applyUpdate } from '../update/apply'
import { seedOf } from '../update/seed'
import { isReplacement, type Update } from '../update/statement'
import { type Context, writtenCollection } from './command'

/** Puts `_id` first, and creates one if the document has none. */
export function withId(doc: Doc): Doc {
  const { _id = new ObjectId(), ...rest } = doc
  const { name } = typeOf(_id)
  if (name === 'array' || name === 'regex' || name === 'undefined') {
    throw new CommandError(53, `The '_id' value cannot be of type ${name}`)
  }
  return { _id, ...rest }
}

/** Updates a document. Returns whether it changed. */
export function updateEntry(collection: Collection, entry: Entry, update: Update): boolean {
  const doc = applyUpdate(entry.doc, update)
  if (sameBytes(doc, entry.doc)) return false
  collection.replace(entry, doc)
  return true
}

/** Inserts the document that an upsert creates, and returns it. */
export function upsert(context: Context, update: Update): Doc {
  const seed = seedOf(update.filter)
  const start = !isReplacement(update.change) ? seed : '_id' in seed ? { _id: seed._id } : {}
  const doc = withId(applyUpdate(start, { ...update, inserting: true }))
  writtenCollection(context).insert(doc)
  return doc
}
