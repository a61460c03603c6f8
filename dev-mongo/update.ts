import type { Collation } from './collation'
import { CommandError, notImplemented } from './errors'
import { isIndex } from './paths'
import { computeStages } from './aggregate'
import { OPERATORS } from './operators'
import { expandPath } from './positional'
import type { Doc } from './values'
import { clone, encode, isDoc, own, show } from './values'

/** An update statement: an update by operators, by a pipeline, or a replacement. */
export interface Update {
  change: Doc | Doc[]
  filter: Doc
  arrayFilters: Doc[]
  collation?: Collation
  /** The document is one that an upsert is about to insert. */
  inserting?: boolean
}

/** Whether an update document is a replacement. */
export function isReplacement(change: Doc | Doc[]): change is Doc {
  return !Array.isArray(change) && !Object.keys(change)[0]?.startsWith('$')
}

/** The document as the update leaves it; the one given is not changed. */
export function applyUpdate(doc: Doc, update: Update): Doc {
  const { change } = update
  const updated = isReplacement(change)
    ? replace(doc, change)
    : Array.isArray(change)
      ? compute(doc, change)
      : operate(doc, update)
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

/** Whether two values are the same down to their types and the order of their fields. */
export function sameBytes(a: unknown, b: unknown): boolean {
  return Buffer.compare(encode({ a }), encode({ a: b })) === 0
}

function replace(doc: Doc, replacement: Doc): Doc {
  const id = own(replacement, '_id') ?? own(doc, '_id')
  return { ...(id === undefined ? {} : { _id: id }), ...clone(replacement) }
}

const STAGES = ['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith']

function compute(doc: Doc, stages: Doc[]): Doc {
  for (const stage of stages) {
    const name = Object.keys(stage)[0] ?? ''
    if (!STAGES.includes(name))
      throw new CommandError(72, `${name} is not allowed to be used within an update`)
  }
  return { _id: doc._id, ...computeStages([doc], stages)[0] }
}

function operate(original: Doc, update: Update): Doc {
  const steps = Object.entries(update.change).flatMap(([operator, fields]) => {
    if (!Object.hasOwn(OPERATORS, operator)) {
      const expected = 'Expected a valid update modifier or pipeline-style update specified as an array'
      throw new CommandError(9, `Unknown modifier: ${operator}. ${expected}`)
    }
    if (!isDoc(fields))
      throw new CommandError(9, `Modifiers operate on fields but we found another type for ${operator}`)
    return Object.entries(fields).map(([path, operand]) => ({ operator, path, operand }))
  })
  refuseConflicts(steps)
  const doc = clone(original)
  for (const { operator, path, operand } of steps.sort((a, b) => comparePaths(a.path, b.path))) {
    if (operator === '$setOnInsert' && !update.inserting) continue
    for (const concrete of expandPath(original, path, update))
      OPERATORS[operator]?.(doc, concrete, operand, update.collation)
  }
  return doc
}

function refuseConflicts(steps: { operator: string; path: string; operand: unknown }[]): void {
  const paths = steps.flatMap(({ operator, path, operand }) =>
    operator === '$rename' ? [path, String(operand)] : [path],
  )
  for (const [i, path] of paths.entries()) {
    if (path.split('.').some((part) => part === ''))
      throw new CommandError(
        56,
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      )
    if (path.split('.').includes('__proto__')) throw notImplemented(`the path '${path}'`)
    const other = paths.find(
      (p, j) => j < i && (p === path || p.startsWith(`${path}.`) || path.startsWith(`${p}.`)),
    )
    if (other === undefined) continue
    const at = other.length < path.length ? other : path
    throw new CommandError(40, `Updating the path '${path}' would create a conflict at '${at}'`)
  }
}

/** mongod adds new fields in this order: by name, places in arrays by number. */
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
