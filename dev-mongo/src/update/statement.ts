import { type Collation, parseCollation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { CommandError } from '../errors'
import { readFilter } from '../query/filter'

/** An update statement: update operators, a pipeline, or a replacement. */
export interface Update {
  change: Doc | Doc[]
  filter: Doc
  arrayFilters: Doc[]
  collation?: Collation
  /** An upsert is about to insert the document. */
  inserting?: boolean
}

/** Reads a statement: the filter, the change, and the options beside them. */
export function readUpdate(filter: unknown, change: unknown, options: Doc): Update {
  if (!isDoc(change) && !(Array.isArray(change) && change.every(isDoc)))
    throw new CommandError(9, 'Update argument must be either an object or an array')
  const arrayFilters = (options.arrayFilters ?? []) as Doc[]
  if (arrayFilters.length && isReplacement(change))
    throw new CommandError(9, 'Cannot specify arrayFilters and a replacement')
  const collation = parseCollation(options.collation)
  return { change, filter: readFilter(filter), arrayFilters, collation }
}

/** Whether a change is a replacement document. */
export function isReplacement(change: Doc | Doc[]): change is Doc {
  return !Array.isArray(change) && !Object.keys(change)[0]?.startsWith('$')
}
