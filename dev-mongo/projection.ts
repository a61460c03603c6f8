import type { Collation } from './collation'
import { CommandError, notImplemented } from './errors'
import { elementTest, isCondition } from './query'
import type { Doc } from './values'
import { isDoc } from './values'

/** The paths of a projection as a tree: at each leaf whether the path is wanted, or an operator. */
type Tree = Map<string, Tree | boolean | ((value: unknown) => unknown)>

/**
 * Compiles the projection of a find: fields to include or to exclude, `$slice` and `$elemMatch`. A computed field
 * and the positional `$` are refused.
 */
export function compileProjection(given: unknown, collation?: Collation): (doc: Doc) => Doc {
  if (given === undefined || (isDoc(given) && Object.keys(given).length === 0)) return (doc) => doc
  if (!isDoc(given)) throw new CommandError(14, 'the projection must be a document')
  const tree: Tree = new Map()
  let including: boolean | undefined
  for (const [path, value] of Object.entries(given)) {
    const leaf = leafOf(path, value, collation)
    // _id may be said either way, and an operator leaves open whether the rest is wanted.
    if (typeof leaf === 'boolean' && path !== '_id') {
      if (including !== undefined && including !== leaf) {
        const [what, kind] = leaf ? ['inclusion', 'exclusion'] : ['exclusion', 'inclusion']
        throw new CommandError(
          leaf ? 31253 : 31254,
          `Cannot do ${what} on field ${path} in ${kind} projection`,
        )
      }
      including = leaf
    } else if (isDoc(value) && '$elemMatch' in value) including ??= true
    plant(tree, path.split('.'), leaf, path)
  }
  including ??= given._id !== undefined && leafOf('_id', given._id) === true
  if (including && !tree.has('_id')) tree.set('_id', true)
  const mode = including
  return (doc) => project(doc, tree, mode) as Doc
}

function leafOf(
  path: string,
  value: unknown,
  collation?: Collation,
): boolean | ((value: unknown) => unknown) {
  if (path.includes('$')) throw notImplemented(`the projection '${path}'`)
  if (isCondition(value)) {
    const [operator = '', operand] = Object.entries(value)[0] ?? []
    if (operator === '$elemMatch') {
      const test = elementTest(operand, collation)
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

function plant(
  tree: Tree,
  parts: string[],
  leaf: boolean | ((value: unknown) => unknown),
  path: string,
): void {
  const [part = '', ...rest] = parts
  const existing = tree.get(part)
  if (existing !== undefined && (rest.length === 0 || !(existing instanceof Map))) {
    throw new CommandError(31249, `Path collision at ${path}`)
  }
  if (rest.length === 0) tree.set(part, leaf)
  else {
    const inner = existing instanceof Map ? existing : (new Map() as Tree)
    tree.set(part, inner)
    plant(inner, rest, leaf, path)
  }
}

/** The value with what the tree wants, or without what it does not; undefined where nothing is left. */
function project(value: unknown, tree: Tree, including: boolean): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => project(item, tree, including)).filter((item) => item !== undefined)
  }
  if (!isDoc(value)) return including ? undefined : value
  const result: Doc = {}
  for (const [key, item] of Object.entries(value)) {
    const branch = tree.get(key)
    const kept =
      branch instanceof Map
        ? project(item, branch, including)
        : typeof branch === 'function'
          ? branch(item)
          : (branch ?? !including)
            ? item
            : undefined
    if (kept !== undefined) result[key] = kept
  }
  return result
}
