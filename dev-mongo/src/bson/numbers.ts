import { Double, type Long } from 'bson'
import { tagOf } from './document'

/** Compares two numbers of any BSON types by their exact values. NaN comes first. */
export function compareNumbers(a: unknown, b: unknown): number {
  if (tagOf(a) === 'Decimal128' || tagOf(b) === 'Decimal128') {
    const [x, y] = [decimalOf(a), decimalOf(b)]
    if (x && y) {
      const exponent = Math.min(x.exponent, y.exponent)
      return order(
        x.digits * 10n ** BigInt(x.exponent - exponent),
        y.digits * 10n ** BigInt(y.exponent - exponent),
      )
    }
  }
  return order(plainNumber(a), plainNumber(b))
}

function order(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(b)) - Number(Number.isNaN(a))
  return a < b ? -1 : a > b ? 1 : 0
}

function plainNumber(value: unknown): number | bigint {
  return tagOf(value) === 'Long' ? (value as Long).toBigInt() : Number(String(value))
}

type Decimal = { digits: bigint; exponent: number }

/** The exact decimal value; undefined for NaN and the infinities. */
function decimalOf(value: unknown): Decimal | undefined {
  // A hundred digits tell a double from every Decimal128, which has 34.
  const text =
    typeof value === 'number' || value instanceof Double ? Number(value).toPrecision(100) : String(value)
  const match = /^(-?\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(text)
  if (!match) return undefined
  const [, whole = '', fraction = '', exponent = '0'] = match
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

/** A text that two numbers share exactly if they are equal. */
export function numberKey(value: unknown): string {
  const number = plainNumber(value)
  if (typeof number === 'bigint') return String(number)
  if (Number.isInteger(number) && tagOf(value) !== 'Decimal128') return String(BigInt(number))
  const decimal = decimalOf(value)
  if (!decimal) return String(number)
  const text = String(decimal.digits)
  const digits = text.replace(/(?<=\d)0+$/, '')
  const exponent = decimal.exponent + text.length - digits.length
  return exponent >= 0 ? String(BigInt(digits) * 10n ** BigInt(exponent)) : `${digits}e${exponent}`
}
