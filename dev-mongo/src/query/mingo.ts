import { mapScalars, tagOf } from '../bson/document'
import { CommandError, notImplemented } from '../errors'

/** Runs mingo and turns its errors into mongod's. */
export function runMingo<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof CommandError || !(error instanceof Error)) throw error
    throw new CommandError(2, error.message.replace(/unknown query operator/, 'unknown operator:'))
  }
}

/** Copies a value for mingo's expressions, which compute with JavaScript numbers only. */
export function computable<T>(value: T): T {
  return mapScalars(value, computableScalar) as T
}

function computableScalar(value: unknown): unknown {
  const tag = tagOf(value)
  if (tag === 'Decimal128') throw notImplemented('expressions over documents with a Decimal128')
  if (tag !== 'Long' && tag !== 'Double') return value
  if (!Number.isSafeInteger(Number(value)))
    throw notImplemented('expressions over documents with an integer beyond 2^53')
  return Number(value)
}
