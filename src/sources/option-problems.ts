import { z } from 'zod'
import { didYouMean } from '../fields/near-miss'
import type { Option, OptionTable } from './option-table'
import { refusedOptions } from './options'

/** One thing that is wrong with a source. */
export interface SourceProblem {
  /** The option's place in SourceConfig: `saml.entryPoint`, `domains.0`. */
  option: string
  /** What is wrong and what to do. Contains a value only where the option has a fixed set of them. */
  message: string
  /** The values to choose from, where there are several to choose from. */
  choices?: readonly string[]
}

/** `data` is undefined if there is a problem. */
type Checked = { data?: Record<string, unknown>; problems: SourceProblem[] }

/**
 * A check of the options of one table, to be made once. `place`: where they are in SourceConfig; '' for the
 * general ones.
 */
export function checkOf(table: OptionTable, place = ''): (options: object) => Checked {
  const schema = makeSchema(table)
  const names = [...Object.keys(table), ...(place === '' ? ['saml', 'oidc'] : [])]
  return (options) => {
    const { data, error } = schema.safeParse(options)
    const problems = (error?.issues ?? []).flatMap((issue) => describeIssue(issue, options, names))
    const placed = (option: string): string => [place, option].filter((part) => part !== '').join('.')
    return { data, problems: problems.map(({ option, message }) => ({ option: placed(option), message })) }
  }
}

function makeSchema(table: OptionTable): z.ZodType<Record<string, unknown>> {
  const rows = Object.entries(table)
  const schema = z.strictObject(Object.fromEntries(rows.map(([name, option]) => [name, valueSchema(option)])))
  return rows.reduce<z.ZodType<Record<string, unknown>>>((refined, [name, { pairedWith }]) => {
    if (pairedWith === undefined) return refined
    const isPaired = (options: Record<string, unknown>): boolean => !options[name] === !options[pairedWith]
    return refined.refine(isPaired, `give ${pairedWith} and ${name} together`)
  }, schema)
}

function valueSchema({ schema, required }: Option): z.ZodType {
  const value = schema as z.ZodType
  return required ? value : value.optional()
}

function describeIssue(issue: z.core.$ZodIssue, options: object, names: readonly string[]): SourceProblem[] {
  const option = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      option: [...issue.path, key].join('.'),
      message: describeUnknown(key, option === '' ? names : namesWithin[option]),
    }))
  }
  const value = issue.path.reduce<unknown>(
    (within, key) => (within as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  )
  if (value === undefined) return [{ option, message: 'missing' }]
  const got = isChoice(issue) ? choiceOf(value) : shapeOf(value)
  return [{ option, message: `${remedyFor(issue)} (got ${got})` }]
}

const namesWithin: Record<string, string[]> = { fields: ['provision', 'sync'] }

function describeUnknown(key: string, names: readonly string[] = []): string {
  if (Object.hasOwn(refusedOptions, key)) return `cannot be set; ${refusedOptions[key]}`
  return `there is no such option${didYouMean(key, names)}`
}

function remedyFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  if (issue.code === 'invalid_union') return remedyForUnion(issue)
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1)
}

/** For a value that fits none of several forms, the problem with it in the form that it comes nearest to, else every form. */
function remedyForUnion({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const nearest = errors.flat().find(({ code }) => code === 'custom' || code === 'too_small')
  if (nearest) return remedyFor(nearest)
  return errors.flatMap(([first]) => (first ? [remedyFor(first)] : [])).join(', or ')
}

/** Whether an option has a fixed set of values, true and false included. */
function isChoice(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union') return issue.errors.flat().some(isChoice)
  return issue.code === 'invalid_value' || (issue.code === 'invalid_type' && issue.expected === 'boolean')
}

/** A value as it was given, if it could be meant as a choice. Anything longer may be a secret in the wrong place. */
function choiceOf(value: unknown): string {
  if (typeof value === 'boolean' || typeof value === 'number') return String(value)
  return typeof value === 'string' && /^[\w -]{0,24}$/.test(value) ? `'${value}'` : shapeOf(value)
}

/** Describes a value without giving it away. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'string') return `a string of ${value.length} characters`
  return value === null ? 'null' : `a value of type ${typeof value}`
}
