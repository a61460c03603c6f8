import { CommandError, notImplemented } from './errors'
import { isIndex, valuesAt } from './paths'
import { compileFilter, elementTest, isCondition } from './query'
import type { Update } from './update'
import type { Doc } from './values'
import { isDoc, own } from './values'

/** Puts places in arrays for the `$`, `$[]` and `$[name]` of an update's path: none, one or several paths. */
export function expandPath(doc: Doc, path: string, update: Update): string[] {
  if (!path.includes('$')) return [path]
  return expand(doc, path.split('.'), [], update).map((parts) => parts.join('.'))
}

function expand(value: unknown, rest: string[], done: string[], update: Update): string[][] {
  const [part, ...others] = rest
  if (part === undefined) return [done]
  if (part === '$') {
    const index = String(matchedIndex(done.join('.'), value, update))
    return expand(own(value, index), others, [...done, index], update)
  }
  if (!part.startsWith('$[')) {
    const next = isDoc(value) || (Array.isArray(value) && isIndex(part)) ? own(value, part) : undefined
    return expand(next, others, [...done, part], update)
  }
  const wanted = elementFilter(part.slice(2, -1), update)
  if (!Array.isArray(value)) {
    throw new CommandError(
      2,
      `The path '${done.join('.')}' must exist in the document in order to apply array updates.`,
    )
  }
  return value.flatMap((item: unknown, i) =>
    wanted(item) ? expand(item, others, [...done, String(i)], update) : [],
  )
}

function elementFilter(name: string, { arrayFilters, collation }: Update): (item: unknown) => boolean {
  if (name === '') return () => true
  const belongs = (key: string) => key === name || key.startsWith(`${name}.`)
  const filter = arrayFilters.find((candidate) => Object.keys(candidate).every(belongs))
  if (!filter) throw new CommandError(2, `No array filter found for identifier '${name}' in path`)
  const test = compileFilter(filter, collation)
  return (item) => test({ [name]: item })
}

/** The first place that matched; mongod leaves open which it is where several conditions are about the array. */
function matchedIndex(path: string, array: unknown, { filter, collation, inserting }: Update): number {
  const missing = 'The positional operator did not find the match needed from the query.'
  if (inserting || !Array.isArray(array)) throw new CommandError(2, missing)
  const indexes = conditionsOn(path, filter).map(([rest, condition]) => {
    const test = elementCondition(rest, condition)
    return array.findIndex((item) => test(item))
  })
  const [index, ...others] = new Set(indexes)
  if (index === undefined || index < 0) throw new CommandError(2, missing)
  if (others.length)
    throw notImplemented(`'${path}.$' where the conditions on '${path}' match different elements`)
  return index

  function elementCondition(rest: string, condition: unknown): (item: unknown) => boolean {
    if (rest === '' && isCondition(condition) && '$elemMatch' in condition)
      return elementTest(condition.$elemMatch, collation)
    const field = rest === '' ? 'element' : `element.${rest}`
    const test = compileFilter({ [field]: condition }, collation)
    return (item) => valuesAt({ element: item }, field).length > 0 && test({ element: item })
  }
}

function conditionsOn(path: string, filter: Doc): [rest: string, condition: unknown][] {
  return Object.entries(filter).flatMap(([key, value]) => {
    if (key === '$and') return (value as Doc[]).flatMap((part) => conditionsOn(path, part))
    if (key === path) return [['', value] as [string, unknown]]
    return key.startsWith(`${path}.`) ? [[key.slice(path.length + 1), value] as [string, unknown]] : []
  })
}
