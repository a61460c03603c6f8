import { didYouMean } from '../fields/near-miss'
import { isObject } from '../sources/merge-patch'

/** The most that a SAML message may hold. A larger one is refused before anything in it is looked at. */
export interface SamlLimits {
  /** Bytes of a decoded message. The forms that `router()` reads may be twice as long, for base64. Default: 524,288 (512 KiB). */
  bytes: number
  /** Bytes that a compressed message (HTTP-Redirect, Bindings 3.4.4.1) may inflate to. Default: 65,536 (64 KiB). */
  inflatedBytes: number
  /** Elements; those of an encrypted assertion are counted separately. Default: 4,500, for 2,000 attributes of one value each. */
  elements: number
  /** Attributes of all elements together, namespace declarations included. Default: 10,000. */
  attributes: number
  /** Elements within elements, 1,000 at most. Default: 64. */
  depth: number
}

export const defaultSamlLimits: Readonly<SamlLimits> = Object.freeze({
  bytes: 512 * 1024,
  inflatedBytes: 64 * 1024,
  elements: 4500,
  attributes: 10_000,
  depth: 64,
})

/** Messages are read by recursive functions. */
const MAX_DEPTH = 1000

/** The problems of the limits that an app sets. */
export function samlLimitProblems(limits: unknown): string[] {
  if (limits === undefined) return []
  if (!isObject(limits)) return ['samlLimits: must be an object']
  const names = Object.keys(defaultSamlLimits)
  return Object.entries(limits as Record<string, number>).flatMap(([name, value]) => {
    if (!names.includes(name))
      return [`samlLimits.${name}: there is no such option${didYouMean(name, names)}`]
    const max = name === 'depth' ? MAX_DEPTH : Number.MAX_SAFE_INTEGER
    const isValid = value === undefined || (Number.isInteger(value) && value >= 1 && value <= max)
    const range = name === 'depth' ? `from 1 to ${MAX_DEPTH}` : 'of at least 1'
    return isValid ? [] : [`samlLimits.${name}: must be a whole number ${range}`]
  })
}

/** The limits that an app sets, completed with the defaults. */
export function completeSamlLimits(limits: Partial<SamlLimits> = {}): Readonly<SamlLimits> {
  const set = Object.entries(limits).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaultSamlLimits, ...Object.fromEntries(set) })
}

/** Bytes of a form that holds the largest message in escaped base64, and the other fields of an answer. */
export function formBytes({ bytes }: Readonly<SamlLimits>): number {
  return 2 * bytes + 16 * 1024
}
