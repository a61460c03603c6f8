import { aggregate, Context } from 'mingo'
import { type Iterator, Lazy } from 'mingo/lazy'
import * as stageOperators from 'mingo/operators/pipeline'
import type { Options } from 'mingo/types'
import type { Collation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { CommandError, notImplemented } from '../errors'
import { compileFilter } from './filter'
import { computable, runMingo } from './mingo'
import { compileSort } from './sort'

/** What a pipeline takes from outside. */
export interface PipelineContext {
  collation?: Collation
  /** Reads another collection, for `$lookup` and `$unionWith`. */
  readCollection?: (name: string) => Doc[]
}

/** Checks the shape of a pipeline. Refuses stages that are unknown or that write, and names them. */
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
 * Runs stages over documents. Stages that select or order documents run here, and keep every BSON type. From the
 * first other stage on, mingo runs the pipeline: it returns numbers as int32 or double, and documents with numbers
 * that it cannot hold are refused.
 */
export function runStages(docs: Doc[], stages: Doc[], context: PipelineContext = {}): Doc[] {
  let selected = docs
  for (const [i, stage] of stages.entries()) {
    const select = selection(stage, context.collation)
    if (!select) return runInMingo(selected, stages.slice(i), context)
    selected = select(selected)
  }
  return selected
}

function selection(stage: Doc, collation?: Collation): ((docs: Doc[]) => Doc[]) | undefined {
  if ('$match' in stage) return (docs) => docs.filter(compileFilter(stage.$match, collation))
  if ('$sort' in stage) return (docs) => [...docs].sort(compileSort(stage.$sort, collation))
  if ('$skip' in stage) return (docs) => docs.slice(Number(stage.$skip))
  if ('$limit' in stage) return (docs) => docs.slice(0, Number(stage.$limit))
  return undefined
}

function runInMingo(docs: Doc[], stages: Doc[], context: PipelineContext): Doc[] {
  // Counting reads no field, so it also counts documents that mingo cannot compute with.
  const [first = {}] = stages
  const counting = '$count' in first || isCount(first.$group)
  const input = docs.map((doc) => (counting ? {} : computable(doc)))
  return runMingo(() => aggregate(input, stages, mingoOptions(context)))
}

function mingoOptions({ collation, readCollection }: PipelineContext): Partial<Options> {
  const $match = (input: Iterator, filter: unknown) => input.filter(compileFilter(filter, collation) as never)
  const $sort = (input: Iterator, sort: unknown) =>
    input.transform((items) => Lazy((items as Doc[]).sort(compileSort(sort, collation))))
  const context = Context.init({ pipeline: { $match, $sort } } as never)
  const collectionResolver = (name: string) => (readCollection?.(name) ?? []).map(computable)
  return { context, collectionResolver, scriptEnabled: false }
}

/** Whether a group counts documents and names no field, as the group of `countDocuments` does. */
function isCount(group: unknown): boolean {
  return isDoc(group) && !/[:[,]"\$/.test(JSON.stringify(group))
}
