import { isDoc, own } from '../bson/document'
import { CommandError } from '../errors'
import { isIndex } from '../query/paths'

const MISSING = Symbol('missing')
const EMPTY = Symbol('empty')

/** One field of an index on its way through a document. */
interface Step {
  value: unknown
  rest: string[]
  /** The value is a key as it is, even if it is an array (an array within an array). */
  whole?: boolean
}

/**
 * The values that an index holds for a document, one for each field. An array on the way to a field gives several
 * such lists. A sparse index leaves out a document without any of the fields.
 */
export function indexValues(doc: unknown, paths: string[], sparse: boolean): IndexValues {
  const multikey = paths.map(() => false)
  const lists = expand(paths.map((path) => ({ value: doc, rest: path.split('.') })))
    .filter((values) => !sparse || values.some((value) => value !== MISSING))
    .map((values) => values.map((value) => (value === MISSING ? null : value)))
  return { lists, multikey }

  function expand(starts: Step[]): unknown[][] {
    const steps = starts.map(descend)
    const arrays = steps.filter((step) => Array.isArray(step.value) && !step.whole)
    const array = arrays[0]?.value as unknown[] | undefined
    if (!array) return [steps.map((step) => step.value)]
    if (arrays.some((step) => step.value !== array))
      throw new CommandError(171, 'cannot index parallel arrays')
    steps.forEach((step, i) => (multikey[i] ||= step.value === array && !step.whole))
    const elements = array.length ? array : [EMPTY]
    return elements.flatMap((element) =>
      expand(steps.map((step) => (step.value === array && !step.whole ? into(step, element) : step))),
    )
  }
}

export interface IndexValues {
  lists: unknown[][]
  /** For each field whether an array was on the way to it. */
  multikey: boolean[]
}

/** Goes into an element of an array. */
function into(step: Step, element: unknown): Step {
  // mongod indexes an empty array as undefined, and a field inside of one as missing.
  if (element === EMPTY) return { value: step.rest.length ? MISSING : undefined, rest: [], whole: true }
  if (step.rest.length && !isDoc(element)) return { value: MISSING, rest: [], whole: true }
  return { value: element, rest: step.rest, whole: step.rest.length === 0 }
}

/** Follows a path to its end or to the first array on the way. */
function descend({ value, rest, whole }: Step): Step {
  let at = 0
  for (const part of rest) {
    if (Array.isArray(value)) {
      if (!isIndex(part) || Number(part) >= value.length) break
      value = (value as unknown[])[Number(part)]
    } else if (isDoc(value) && Object.hasOwn(value, part)) value = own(value, part)
    else return { value: MISSING, rest: [], whole: true }
    at++
  }
  return { value, rest: rest.slice(at), whole }
}
