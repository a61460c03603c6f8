import { didYouMean } from '../fields/near-miss'

/** What a SAML message may be at most; what is larger is refused before anything in it is looked at. */
export interface SamlLimits {
  /** Bytes of a message, decoded. The forms that `router()` reads may be twice as long, for base64. Default: 524,288 (512 KiB). */
  bytes: number
  /** Bytes that a compressed message (HTTP-Redirect, Bindings 3.4.4.1) may inflate to. Default: 65,536 (64 KiB). */
  inflatedBytes: number
  /** Elements, in an encrypted assertion counted anew. Default: 4,500, for 2,000 attributes of one value each. */
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

/** A message is read by functions that call themselves for each level. */
const MOST_DEPTH = 1000

/** What is wrong with the limits that an app gives, each with its remedy. */
export function samlLimitProblems(given: unknown): string[] {
  if (given === undefined) return []
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return ['samlLimits: must be an object']
  }
  const names = Object.keys(defaultSamlLimits)
  return Object.entries(given).flatMap(([name, value]) => {
    if (!names.includes(name)) {
      return [`samlLimits.${name}: there is no such option${didYouMean(name, names)}`]
    }
    const most = name === 'depth' ? MOST_DEPTH : Number.MAX_SAFE_INTEGER
    const fits = value === undefined || (Number.isInteger(value) && value >= 1 && value <= most)
    const range = name === 'depth' ? `from 1 to ${MOST_DEPTH}` : 'of at least 1'
    return fits ? [] : [`samlLimits.${name}: must be a whole number ${range}`]
  })
}

/** The limits that an app gives, and the defaults of those that it does not. */
export function completeSamlLimits(given: Partial<SamlLimits> = {}): Readonly<SamlLimits> {
  const set = Object.entries(given).filter(([, value]) => value !== undefined)
  return Object.freeze({ ...defaultSamlLimits, ...Object.fromEntries(set) })
}

/** Bytes of a form that holds the largest message in base64, its characters escaped, and what else an answer has. */
export function formBytes({ bytes }: Readonly<SamlLimits>): number {
  return 2 * bytes + 16 * 1024
}
