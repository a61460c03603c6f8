import { clone, type Doc, isDoc, own, sameBytes } from '../bson/document'
import { show } from '../bson/show'
import { CommandError, notImplemented } from '../errors'
import { runStages } from '../query/aggregate'
import { isIndex } from '../query/paths'
import { OPERATORS } from './operators'
import { expandPath } from './positional'
import { isReplacement, type Update } from './statement'

/** Returns the updated document. The original does not change. */
export function applyUpdate(doc: Doc, update: Update): Doc {
  const { change } = update
  const updated = isReplacement(change)
    ? replace(doc, change)
    : Array.isArray(change)
      ? runPipeline(doc, change)
      : operate(doc, change, update)
  if (own(doc, '_id') !== undefined && !sameBytes(doc._id, updated._id)) {
    throw new CommandError(
      66,
      isReplacement(change)
        ? `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${show(updated._id)}`
        : `Performing an update on the path '_id' would modify the immutable field '_id'`,
    )
  }
  return updated
}

function replace(doc: Doc, replacement: Doc): Doc {
  const id = own(replacement, '_id') ?? own(doc, '_id')
  return { ...(id === undefined ? {} : { _id: id }), ...clone(replacement) }
}

const STAGES = ['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith']

function runPipeline(doc: Doc, stages: Doc[]): Doc {
  for (const stage of stages) {
    const name = Object.keys(stage)[0] ?? ''
    if (!STAGES.includes(name))
      throw new CommandError(72, `${name} is not allowed to be used within an update`)
  }
  return { _id: doc._id, ...runStages([doc], stages)[0] }
}

interface Step {
  operator: string
  path: string
  operand: unknown
}

function operate(original: Doc, change: Doc, update: Update): Doc {
  const steps = Object.entries(change).flatMap(([operator, fields]) => stepsOf(operator, fields))
  refuseConflicts(steps)
  const doc = clone(original)
  for (const { operator, path, operand } of steps.sort((a, b) => comparePaths(a.path, b.path))) {
    if (operator === '$setOnInsert' && !update.inserting) continue
    for (const concrete of expandPath(original, path, update))
      OPERATORS[operator]?.({ doc, path: concrete, collation: update.collation }, operand)
  }
  return doc
}

function stepsOf(operator: string, fields: unknown): Step[] {
  if (!Object.hasOwn(OPERATORS, operator)) {
    const expected = 'Expected a valid update modifier or pipeline-style update specified as an array'
    throw new CommandError(9, `Unknown modifier: ${operator}. ${expected}`)
  }
  if (!isDoc(fields))
    throw new CommandError(9, `Modifiers operate on fields but we found another type for ${operator}`)
  return Object.entries(fields).map(([path, operand]) => ({ operator, path, operand }))
}

function refuseConflicts(steps: Step[]): void {
  const paths = steps.flatMap(({ operator, path, operand }) =>
    operator === '$rename' ? [path, String(operand)] : [path],
  )
  for (const [i, path] of paths.entries()) {
    const parts = path.split('.')
    if (parts.includes(''))
      throw new CommandError(
        56,
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      )
    if (parts.includes('__proto__')) throw notImplemented(`the path '${path}'`)
    const other = paths
      .slice(0, i)
      .find((p) => p === path || p.startsWith(`${path}.`) || path.startsWith(`${p}.`))
    if (other === undefined) continue
    const at = other.length < path.length ? other : path
    throw new CommandError(40, `Updating the path '${path}' would create a conflict at '${at}'`)
  }
}

/** The order in which mongod adds new fields: by name, places in arrays by number. */
function comparePaths(a: string, b: string): number {
  const [x, y] = [a.split('.'), b.split('.')]
  for (const [i, part] of x.entries()) {
    const other = y[i]
    if (other === undefined) return 1
    if (part === other) continue
    return isIndex(part) && isIndex(other) ? Number(part) - Number(other) : part < other ? -1 : 1
  }
  return x.length - y.length
}
