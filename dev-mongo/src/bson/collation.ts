import { CommandError, notImplemented } from '../errors'
import { type Doc, isDoc, own } from './document'

/** How a query or an index compares strings, if not by their bytes. */
export interface Collation {
  /** The complete specification, as mongod stores it with an index. */
  spec: Doc
  compare(a: string, b: string): number
  /**
   * Gives the same text for all strings that compare as equal. Returns undefined if that text is not known: such a
   * string must be compared with every other.
   */
  fold(text: string): string | undefined
}

const DEFAULTS: Doc = {
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
 * Reads a collation document. Returns undefined for none and for `{ locale: 'simple' }`. Supports the locale `en`
 * with strength 1, 2 or 3 (the default) and the defaults of all other options; refuses anything else.
 */
export function parseCollation(collation: unknown): Collation | undefined {
  if (collation === undefined) return undefined
  if (!isDoc(collation)) throw new CommandError(14, 'collation must be a document')
  if (typeof collation.locale !== 'string')
    throw new CommandError(40414, "BSON field 'collation.locale' is missing but a required field")
  if (collation.locale === 'simple') return undefined
  if (collation.locale !== 'en') throw notImplemented(`the collation locale '${collation.locale}'`)
  for (const [key, value] of Object.entries(collation)) {
    if (key === 'locale' || (key === 'strength' && SENSITIVITY[Number(value)])) continue
    if (!Object.hasOwn(DEFAULTS, key))
      throw new CommandError(40415, `BSON field 'collation.${key}' is an unknown field.`)
    if (value !== own(DEFAULTS, key)) throw notImplemented(`the collation option ${key}: ${String(value)}`)
  }
  const strength = Number(collation.strength ?? DEFAULTS.strength)
  const collator = new Intl.Collator('en', { sensitivity: SENSITIVITY[strength] })
  return { spec: { locale: 'en', ...DEFAULTS, strength }, compare: (a, b) => collator.compare(a, b), fold }
}

/** Folds printable ASCII: in it, two strings that differ in more than case differ at every strength. */
function fold(text: string): string | undefined {
  return /^[\x20-\x7e]*$/.test(text) ? text.toLowerCase() : undefined
}

/** Whether a query and an index compare strings alike. Only then can the index look up the query's strings. */
export function sameCollation(a: Collation | undefined, b: Collation | undefined): boolean {
  return a?.spec.locale === b?.spec.locale && a?.spec.strength === b?.spec.strength
}
