import { aggregate, Context } from 'mingo'
import type { Iterator } from 'mingo/lazy'
import { Lazy } from 'mingo/lazy'
import * as stageOperators from 'mingo/operators/pipeline'
import type { Collation } from './collation'
import type { Options } from 'mingo/types'
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
  const [stage, ...rest] = stages
  if (!stage) return docs
  // These only choose, so the documents need not be made fit for mingo.
  if ('$match' in stage)
    return computeStages(docs.filter(compileFilter(stage.$match, collation)), rest, collation, resolve)
  if ('$sort' in stage)
    return computeStages([...docs].sort(compileSort(stage.$sort, collation)), rest, collation, resolve)
  if ('$skip' in stage) return computeStages(docs.slice(Number(stage.$skip)), rest, collation, resolve)
  if ('$limit' in stage) return computeStages(docs.slice(0, Number(stage.$limit)), rest, collation, resolve)
  // Counting looks at no field, and may count documents that cannot be computed with.
  const counting = '$count' in stage || isCount(stage.$group)
  const input = docs.map((doc) => (counting ? {} : computable(doc)))
  return refusingUnknown(() => aggregate(input, stages, mingoOptions(collation, resolve)))
}

function mingoOptions(collation?: Collation, resolve?: Resolver): Partial<Options> {
  const $match = (input: Iterator, filter: unknown) => input.filter(compileFilter(filter, collation) as never)
  const $sort = (input: Iterator, sort: unknown) =>
    input.transform((items) => Lazy((items as Doc[]).sort(compileSort(sort, collation))))
  const context = Context.init({ pipeline: { $match, $sort } } as never)
  const collectionResolver = (name: string) => (resolve?.(name) ?? []).map(computable)
  return { context, collectionResolver, scriptEnabled: false }
}

/** What `countDocuments` sends: a group in which no value names a field. */
function isCount(group: unknown): boolean {
  return isDoc(group) && !/[:[,]"\$/.test(JSON.stringify(group))
}
