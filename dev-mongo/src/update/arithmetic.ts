import { Double, Long } from 'bson'
import { isInt32 } from '../bson/document'
import { show } from '../bson/show'
import { isNumeric, typeOf } from '../bson/types'
import { CommandError, notImplemented } from '../errors'
import { makePlace, store, type UpdateOperator } from './target'

interface Arithmetic {
  name: string
  verb: string
  floating: (a: number, b: number) => number
  integral: (a: bigint, b: bigint) => bigint
}

/** The update operators that calculate. The result has the wider of the two types. */
export const arithmetic: Record<string, UpdateOperator> = {
  $inc: calculating({
    name: '$inc',
    verb: 'increment',
    floating: (a, b) => a + b,
    integral: (a, b) => a + b,
  }),
  $mul: calculating({
    name: '$mul',
    verb: 'multiply',
    floating: (a, b) => a * b,
    integral: (a, b) => a * b,
  }),
}

function calculating(operator: Arithmetic): UpdateOperator {
  const { name, verb } = operator
  return (target, operand) => {
    if (!isNumeric(operand)) {
      const argument = `{${target.path}: ${show(operand)}}`
      throw new CommandError(14, `Cannot ${verb} with non-numeric argument: ${argument}`)
    }
    const place = makePlace(target)
    const { value = 0, key } = place
    if (!isNumeric(value)) {
      const where = `{_id: ${show(target.doc._id)}} has the field '${key}' of non-numeric type ${typeOf(value).name}`
      throw new CommandError(14, `Cannot apply ${name} to a value of non-numeric type. ${where}`)
    }
    store(place, calculate(operator, value, operand))
  }
}

function calculate({ name, floating, integral }: Arithmetic, value: unknown, operand: unknown): unknown {
  const types: string[] = [typeOf(value).name, typeOf(operand).name]
  if (types.includes('decimal')) throw notImplemented(`${name} with Decimal128`)
  if (types.includes('double')) {
    const result = floating(Number(value), Number(operand))
    return isInt32(result) ? new Double(result) : result
  }
  const result = integral(BigInt(String(value)), BigInt(String(operand)))
  if (result !== BigInt.asIntN(64, result))
    throw new CommandError(2, `Failed to apply ${name} operations to current value`)
  return types.includes('long') || !isInt32(Number(result)) ? Long.fromBigInt(result) : Number(result)
}
