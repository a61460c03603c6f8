import type { Collation } from '../bson/collation'
import { compareValues } from '../bson/compare'
import { type Doc, isDoc } from '../bson/document'
import { CommandError } from '../errors'
import { valuesAt } from './paths'

/** Compiles a sort specification. An array sorts by its least element, or by its greatest in descending order. */
export function compileSort(sort: unknown, collation?: Collation): (a: Doc, b: Doc) => number {
  if (!isDoc(sort)) throw new CommandError(14, 'the sort must be a document')
  const keys = Object.entries(sort).map(([path, direction]) => {
    const sign = Number(direction)
    if (isDoc(direction) || (sign !== 1 && sign !== -1)) {
      throw new CommandError(
        15975,
        `$sort key ordering must be 1 (for ascending) or -1 (for descending): ${path}`,
      )
    }
    return { path, sign }
  })
  return (a, b) => {
    for (const { path, sign } of keys) {
      const difference = sign * compareValues(sortValue(a, path, sign), sortValue(b, path, sign), collation)
      if (difference !== 0) return difference
    }
    return 0
  }

  function sortValue(doc: Doc, path: string, sign: number): unknown {
    const values = valuesAt(doc, path).flatMap((value) => {
      if (!Array.isArray(value)) return [value === undefined ? null : value]
      return value.length ? (value as unknown[]) : [undefined]
    })
    if (values.length === 0) return null
    return values.reduce((best, value) => (sign * compareValues(value, best, collation) < 0 ? value : best))
  }
}
