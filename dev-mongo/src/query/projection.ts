import type { Collation } from '../bson/collation'
import { type Doc, isDoc } from '../bson/document'
import { CommandError, notImplemented } from '../errors'
import { compileElement } from './filter'
import { isCondition } from './prepare'

/** What a projection does at one path: includes it, excludes it, or replaces its value. */
type Leaf = boolean | ((value: unknown) => unknown)
type Tree = Map<string, Tree | Leaf>

/**
 * Compiles the projection of a find: fields to include or to exclude, `$slice` and `$elemMatch`. Refuses computed
 * fields and the positional `$`.
 */
export function compileProjection(projection: unknown, collation?: Collation): (doc: Doc) => Doc {
  if (projection === undefined || (isDoc(projection) && Object.keys(projection).length === 0))
    return (doc) => doc
  if (!isDoc(projection)) throw new CommandError(14, 'the projection must be a document')
  const tree: Tree = new Map()
  let including: boolean | undefined
  for (const [path, value] of Object.entries(projection)) {
    const leaf = leafOf(path, value, collation)
    // _id may differ from the other fields, and an operator alone does not set the mode.
    if (typeof leaf === 'boolean' && path !== '_id') {
      if (including !== undefined && including !== leaf) throw mixedModes(path, leaf)
      including = leaf
    } else if (isDoc(value) && '$elemMatch' in value) including ??= true
    plant(tree, path, leaf)
  }
  const mode = including ?? tree.get('_id') === true
  if (mode && !tree.has('_id')) tree.set('_id', true)
  return (doc) => project(doc, tree, mode) as Doc
}

function mixedModes(path: string, including: boolean): CommandError {
  return including
    ? new CommandError(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
    : new CommandError(31254, `Cannot do exclusion on field ${path} in inclusion projection`)
}

function leafOf(path: string, value: unknown, collation?: Collation): Leaf {
  if (path.includes('$')) throw notImplemented(`the projection '${path}'`)
  if (isCondition(value)) {
    const [operator = '', operand] = Object.entries(value)[0] ?? []
    if (operator === '$elemMatch') {
      const test = compileElement(operand, collation)
      return (array) => (Array.isArray(array) && array.some(test) ? [array.find(test) as unknown] : undefined)
    }
    if (operator === '$slice') return slicer(operand)
    throw notImplemented(`${operator} in a projection`)
  }
  if (typeof value === 'string' || isDoc(value) || Array.isArray(value))
    throw notImplemented(`a computed field in a projection: ${path}`)
  return typeof value === 'boolean' ? value : Number(value) !== 0
}

function slicer(operand: unknown): (value: unknown) => unknown {
  const [skip, limit] = Array.isArray(operand) ? operand.map(Number) : [undefined, Number(operand)]
  return (value) => {
    if (!Array.isArray(value)) return value
    const array = value as unknown[]
    if (skip === undefined) return limit < 0 ? array.slice(limit) : array.slice(0, limit)
    const start = skip < 0 ? Math.max(0, array.length + skip) : skip
    return array.slice(start, start + (limit ?? 0))
  }
}

function plant(tree: Tree, path: string, leaf: Leaf): void {
  const parts = path.split('.')
  const last = parts.pop() ?? ''
  let branch = tree
  for (const part of parts) {
    const next = branch.get(part) ?? (new Map() as Tree)
    if (!(next instanceof Map)) throw new CommandError(31249, `Path collision at ${path}`)
    branch.set(part, next)
    branch = next
  }
  if (branch.has(last)) throw new CommandError(31249, `Path collision at ${path}`)
  branch.set(last, leaf)
}

/** Applies the tree to a value. Returns undefined if nothing is left. */
function project(value: unknown, tree: Tree, including: boolean): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => project(item, tree, including)).filter((item) => item !== undefined)
  }
  if (!isDoc(value)) return including ? undefined : value
  const result: Doc = {}
  for (const [key, item] of Object.entries(value)) {
    const branch = tree.get(key) ?? !including
    const kept =
      branch instanceof Map
        ? project(item, branch, including)
        : typeof branch === 'function'
          ? branch(item)
          : branch
            ? item
            : undefined
    if (kept !== undefined) result[key] = kept
  }
  return result
}
