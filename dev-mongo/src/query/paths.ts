import { isDoc, own } from '../bson/document'

/**
 * The values at a dotted path, as mongod's matcher sees them. An array on the way is searched element by element. A
 * place without a value counts as undefined. An empty array on the way leads to no value.
 */
export function valuesAt(root: unknown, path: string): unknown[] {
  const values: unknown[] = []
  walk(root, 0, { parts: path.split('.'), visit: (value) => values.push(value) })
  return values
}

/**
 * The values that equalities and comparisons look at: those of `valuesAt`, and the elements of each array among
 * them. An array at a place in another array (`list.0`) is not taken apart.
 */
export function candidatesAt(root: unknown, path: string): unknown[] {
  const candidates: unknown[] = []
  walk(root, 0, {
    parts: path.split('.'),
    visit(value, placed) {
      if (Array.isArray(value) && !placed) candidates.push(...(value as unknown[]))
      candidates.push(value)
    },
  })
  return candidates
}

interface Walk {
  parts: string[]
  /** Takes a value at the end of the path. `placed`: the last part is a place in an array. */
  visit(value: unknown, placed: boolean): void
}

function walk(value: unknown, at: number, path: Walk): void {
  const part = path.parts[at]
  if (part === undefined) path.visit(value, false)
  else if (isDoc(value)) walk(own(value, part), at + 1, path)
  else if (!Array.isArray(value)) path.visit(undefined, false)
  else {
    for (const item of value) if (isDoc(item)) walk(item, at, path)
    if (!isIndex(part) || Number(part) >= value.length) return
    if (at + 1 === path.parts.length) path.visit(value[Number(part)], true)
    else walk(value[Number(part)], at + 1, path)
  }
}

/** Whether a part of a path can be a place in an array. */
export function isIndex(part: string): boolean {
  return /^(0|[1-9]\d*)$/.test(part)
}
