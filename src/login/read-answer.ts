import { JitError, type RefusalCode } from '../errors'
import { didYouMean } from '../fields/near-miss'
import type { Source } from '../sources/config'
import type { Decision } from './decision'
import type { LoginPlan } from './result'

/** A valid answer of `decide`. `error`: the JitError that refuses, if `decide` threw one. */
export type Answer =
  | { refusal: NonNullable<LoginPlan['refusal']>; error?: JitError }
  | { refusal?: undefined; set: Readonly<Record<string, unknown>>; reactivate: boolean }

const properties = ['refuse', 'set', 'reactivate']

/** Checks what `decide` returned, or the JitError that it threw. Throws JitError `invalid_configuration`. */
export function readAnswer(source: Source, answer: unknown): Answer {
  if (answer instanceof JitError) return thrown(source, answer)
  if (answer === undefined || answer === null) return { set: {}, reactivate: false }
  if (!isRecord(answer)) throw decideFault(source, 'decide: must return an object, or nothing')
  for (const name of Object.keys(answer)) {
    if (properties.includes(name)) continue
    const remedy = didYouMean(name, properties, ` (there are ${properties.join(', ')})`)
    throw decideFault(source, `decide: returned an unknown property '${name}'${remedy}`)
  }
  const { refuse, set = {}, reactivate = false } = answer as Decision
  if (refuse !== undefined && (typeof refuse !== 'string' || refuse.trim() === '')) {
    throw decideFault(source, 'decide: refuse must be a text that the person can read')
  }
  if (!isRecord(set)) throw decideFault(source, 'decide: set must be an object of values by path')
  if (typeof reactivate !== 'boolean') throw decideFault(source, 'decide: reactivate must be true or false')
  return refuse === undefined
    ? { set, reactivate }
    : { refusal: { code: 'app_refused', message: refuse, details: {} } }
}

/** Returns an error that refuses as the answer, and throws any other. */
function thrown(source: Source, error: JitError): Answer {
  if (!error.refused) throw error
  const { code, message, details, status } = error
  const named = error.source === undefined
  return {
    refusal: { code: code as RefusalCode, message, details },
    error: named ? new JitError(code, message, { details, status, source: source.id, cause: error }) : error,
  }
}

/** Whether a value keeps its content in properties. A Map, a Date or an Error doesn't, and would look empty. */
function isRecord(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]'
}

/** The error about an answer of `decide`, or a `set`, that can't be used. */
export function decideFault({ id }: Source, problem: string, cause?: unknown): JitError {
  return new JitError('invalid_configuration', problem, {
    source: id,
    details: { problems: [problem] },
    cause,
  })
}
