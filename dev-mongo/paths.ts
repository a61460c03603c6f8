import { isDoc, own } from './values'

/**
 * What a dotted path leads to, as mongod's matcher sees it: arrays on the way are searched element by
 * element, and a place without a value counts as undefined. An empty array on the way leads to nothing.
 */
export function valuesAt(root: unknown, path: string): unknown[] {
  if (!path.includes('.')) return [own(root, path)]
  const found: unknown[] = []
  walk(root, path.split('.'), 0, found)
  return found
}

function walk(value: unknown, parts: string[], at: number, found: unknown[]): void {
  const part = parts[at]
  if (part === undefined) found.push(value)
  else if (isDoc(value)) walk(own(value, part), parts, at + 1, found)
  else if (!Array.isArray(value)) found.push(undefined)
  else {
    for (const item of value) if (isDoc(item)) walk(item, parts, at, found)
    if (isIndex(part) && Number(part) < value.length) walk(value[Number(part)], parts, at + 1, found)
  }
}

/** The same, and where an array is found, its elements too: what an equality or a comparison looks at. */
export function candidatesAt(root: unknown, path: string): unknown[] {
  return valuesAt(root, path).flatMap((value) =>
    Array.isArray(value) ? [...(value as unknown[]), value] : [value],
  )
}

/** Whether a part of a path can be a place in an array. */
export function isIndex(part: string): boolean {
  return /^(0|[1-9]\d*)$/.test(part)
}
