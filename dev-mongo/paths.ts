import { isDoc, own } from './values'

/**
 * What a dotted path leads to, as mongod's matcher sees it: arrays on the way are searched element by element, and a
 * place without a value counts as undefined. An empty array on the way leads to nothing.
 */
export function valuesAt(root: unknown, path: string): unknown[] {
  const found: unknown[] = []
  walk(root, path.split('.'), 0, (value) => found.push(value))
  return found
}

/**
 * The same, and of an array that is found its elements too: what equalities and comparisons look at. An array that
 * is reached by its place in another (`list.0`) is left whole.
 */
export function candidatesAt(root: unknown, path: string): unknown[] {
  const found: unknown[] = []
  walk(root, path.split('.'), 0, (value, placed) => {
    if (Array.isArray(value) && !placed) found.push(...(value as unknown[]))
    found.push(value)
  })
  return found
}

type Visit = (value: unknown, placed: boolean) => void

function walk(value: unknown, parts: string[], at: number, visit: Visit, placed = false): void {
  const part = parts[at]
  if (part === undefined) visit(value, placed)
  else if (isDoc(value)) walk(own(value, part), parts, at + 1, visit)
  else if (!Array.isArray(value)) visit(undefined, false)
  else {
    for (const item of value) if (isDoc(item)) walk(item, parts, at, visit)
    if (isIndex(part) && Number(part) < value.length) walk(value[Number(part)], parts, at + 1, visit, true)
  }
}

/** Whether a part of a path can be a place in an array. */
export function isIndex(part: string): boolean {
  return /^(0|[1-9]\d*)$/.test(part)
}
