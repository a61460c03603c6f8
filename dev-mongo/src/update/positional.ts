import type { Collation } from '../bson/collation'
import { type Doc, isDoc, own } from '../bson/document'
import { CommandError, notImplemented } from '../errors'
import { compileElement, compileFilter } from '../query/filter'
import { isIndex, valuesAt } from '../query/paths'
import { isCondition } from '../query/prepare'
import type { Update } from './statement'

type Test = (item: unknown) => boolean

/** Resolves `$`, `$[]` and `$[name]` in an update's path to places in arrays: none, one or several paths. */
export function expandPath(doc: Doc, path: string, update: Update): string[] {
  if (!path.includes('$')) return [path]
  return expand({ value: doc, done: [], rest: path.split('.') }, update).map((parts) => parts.join('.'))
}

/** A value on the way, and the parts of the path before and after it. */
interface Step {
  value: unknown
  done: string[]
  rest: string[]
}

function expand({ value, done, rest }: Step, update: Update): string[][] {
  const [part, ...others] = rest
  if (part === undefined) return [done]
  const enter = (key: string, next: unknown) =>
    expand({ value: next, done: [...done, key], rest: others }, update)
  if (part === '$') {
    const index = String(matchedIndex(done.join('.'), value, update))
    return enter(index, own(value, index))
  }
  if (!part.startsWith('$[')) {
    return enter(part, isDoc(value) || (Array.isArray(value) && isIndex(part)) ? own(value, part) : undefined)
  }
  const matches = elementFilter(part.slice(2, -1), update)
  if (!Array.isArray(value)) {
    throw new CommandError(
      2,
      `The path '${done.join('.')}' must exist in the document in order to apply array updates.`,
    )
  }
  return value.flatMap((item: unknown, i) => (matches(item) ? enter(String(i), item) : []))
}

function elementFilter(name: string, { arrayFilters, collation }: Update): Test {
  if (name === '') return () => true
  const belongs = (key: string) => key === name || key.startsWith(`${name}.`)
  const filter = arrayFilters.find((candidate) => Object.keys(candidate).every(belongs))
  if (!filter) throw new CommandError(2, `No array filter found for identifier '${name}' in path`)
  const test = compileFilter(filter, collation)
  return (item) => test({ [name]: item })
}

/** The first place that matched. mongod does not define which it is if several conditions are about the array. */
function matchedIndex(path: string, array: unknown, { filter, collation, inserting }: Update): number {
  const missing = 'The positional operator did not find the match needed from the query.'
  if (inserting || !Array.isArray(array)) throw new CommandError(2, missing)
  const indexes = conditionsOn(path, filter).map((condition) =>
    array.findIndex(elementTest(condition, collation)),
  )
  const [index, ...others] = new Set(indexes)
  if (index === undefined || index < 0) throw new CommandError(2, missing)
  if (others.length)
    throw notImplemented(`'${path}.$' where the conditions on '${path}' match different elements`)
  return index
}

/** A condition on an array: at a path in its elements, or on the elements themselves if the path is empty. */
interface ArrayCondition {
  path: string
  condition: unknown
}

function conditionsOn(array: string, filter: Doc): ArrayCondition[] {
  return Object.entries(filter).flatMap(([key, condition]) => {
    if (key === '$and') return (condition as Doc[]).flatMap((part) => conditionsOn(array, part))
    if (key === array) return [{ path: '', condition }]
    return key.startsWith(`${array}.`) ? [{ path: key.slice(array.length + 1), condition }] : []
  })
}

function elementTest({ path, condition }: ArrayCondition, collation?: Collation): Test {
  if (path === '' && isCondition(condition) && '$elemMatch' in condition)
    return compileElement(condition.$elemMatch, collation)
  const field = path === '' ? 'element' : `element.${path}`
  const test = compileFilter({ [field]: condition }, collation)
  return (element) => valuesAt({ element }, field).length > 0 && test({ element })
}
