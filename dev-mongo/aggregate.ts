import { aggregate, Context } from 'mingo'
import type { Iterator } from 'mingo/lazy'
import { Lazy } from 'mingo/lazy'
import * as stageOperators from 'mingo/operators/pipeline'
import type { Collation } from './collation'
import { CommandError, notImplemented } from './errors'
import { compileSort } from './ordering'
import { compileFilter, refusingUnknown } from './query'
import type { Doc } from './values'
import { computable, isDoc } from './values'

/** Where `$lookup` and `$unionWith` find the documents of another collection. */
export type Resolver = (collection: string) => Doc[]

/** Checks the shape of a pipeline, and refuses by name each stage that is unknown or writes. */
export function checkStages(stages: unknown): Doc[] {
  if (!Array.isArray(stages)) throw new CommandError(14, "'pipeline' option must be specified as an array")
  for (const stage of stages as unknown[]) {
    if (!isDoc(stage) || Object.keys(stage).length !== 1) {
      throw new CommandError(40323, 'A pipeline stage specification object must contain exactly one field.')
    }
    const [name = '', operand] = Object.entries(stage)[0] ?? []
    if (name === '$changeStream')
      throw new CommandError(40573, 'The $changeStream stage is only supported on replica sets')
    if (['$out', '$merge', '$documents'].includes(name)) throw notImplemented(`the aggregation stage ${name}`)
    if (!(name in stageOperators))
      throw new CommandError(40324, `Unrecognized pipeline stage name: '${name}'`)
    if (isDoc(operand) && Array.isArray(operand.pipeline)) checkStages(operand.pipeline)
    if (name === '$facet') Object.values(operand as Doc).forEach(checkStages)
  }
  return stages as Doc[]
}

/**
 * Runs stages over documents: mingo's, but for `$match` and `$sort`, which have to know BSON and collations. Numbers
 * that come out of mingo are int32 or double; documents with numbers it cannot hold are refused.
 */
export function computeStages(docs: Doc[], stages: Doc[], collation?: Collation, resolve?: Resolver): Doc[] {
  if (stages.length === 0) return docs
  const $match = (input: Iterator, filter: unknown) => input.filter(compileFilter(filter, collation) as never)
  const $sort = (input: Iterator, sort: unknown) =>
    input.transform((items) => Lazy((items as Doc[]).sort(compileSort(sort, collation))))
  const context = Context.init({ pipeline: { $match, $sort } } as never)
  const collectionResolver = (name: string) => (resolve?.(name) ?? []).map(computable)
  const options = { context, collectionResolver, scriptEnabled: false, idKey: '_id' }
  return refusingUnknown(() => aggregate(docs.map(computable), stages, options as never))
}
