import { CommandError, notImplemented } from './errors'
import type { Doc } from './values'
import { isDoc } from './values'

/** How strings compare where a query or an index asks for something other than their bytes. */
export interface Collation {
  /** The whole specification, as mongod stores it with an index. */
  spec: Doc
  compare(a: string, b: string): number
  /**
   * The same for all strings that compare as equal; undefined where that is not known, and such a string
   * has to be compared with every other.
   */
  fold(text: string): string | undefined
}

const DEFAULTS = {
  caseLevel: false,
  caseFirst: 'off',
  strength: 3,
  numericOrdering: false,
  alternate: 'non-ignorable',
  maxVariable: 'punct',
  normalization: false,
  backwards: false,
  version: '57.1',
}
const SENSITIVITY: Record<number, 'base' | 'accent' | 'variant'> = { 1: 'base', 2: 'accent', 3: 'variant' }

/**
 * Reads a collation document: undefined for none and for `{ locale: 'simple' }`. The locale is `en`, the strength
 * 1, 2 or 3 (default 3), and all else as it is by default; anything else is refused.
 */
export function parseCollation(given: unknown): Collation | undefined {
  if (given === undefined) return undefined
  if (!isDoc(given)) throw new CommandError(14, 'collation must be a document')
  if (typeof given.locale !== 'string')
    throw new CommandError(40414, "BSON field 'collation.locale' is missing but a required field")
  if (given.locale === 'simple') return undefined
  if (given.locale !== 'en') throw notImplemented(`the collation locale '${given.locale}'`)
  for (const [key, value] of Object.entries(given)) {
    if (key === 'locale' || (key === 'strength' && SENSITIVITY[Number(value)])) continue
    if (!Object.hasOwn(DEFAULTS, key))
      throw new CommandError(40415, `BSON field 'collation.${key}' is an unknown field.`)
    if (value !== own(key)) throw notImplemented(`the collation option ${key}: ${String(value)}`)
  }
  const strength = Number(given.strength ?? DEFAULTS.strength)
  const collator = new Intl.Collator('en', { sensitivity: SENSITIVITY[strength] })
  return { spec: { locale: 'en', ...DEFAULTS, strength }, compare: (a, b) => collator.compare(a, b), fold }
}

function own(key: string): unknown {
  return DEFAULTS[key as keyof typeof DEFAULTS]
}

/** Printable ASCII is the only text of which two different strings are known to differ in every strength but in case. */
function fold(text: string): string | undefined {
  return /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : undefined
}

/** Whether a query and an index order strings alike, which is when the index can serve the query's strings. */
export function sameCollation(a: Collation | undefined, b: Collation | undefined): boolean {
  return a?.spec.locale === b?.spec.locale && a?.spec.strength === b?.spec.strength
}
