import type { Protocol } from '../../sources/config'
import type { SourceProblem } from '../../sources/option-problems'
import { controlLabel, controlOf, formOptions } from './controls'

/** Problems by the control beside which they are shown, and those without one. */
interface SortedProblems {
  errors: ReadonlyMap<string, readonly string[]>
  others: readonly SourceProblem[]
  /** The values to choose from, by the control. */
  choices: ReadonlyMap<string, readonly string[]>
}

/** Puts every problem beside its control, worded for an admin. */
export function sortProblems(problems: readonly SourceProblem[], protocol: Protocol): SortedProblems {
  const errors = new Map<string, string[]>()
  const others: SourceProblem[] = []
  const choices = new Map<string, readonly string[]>()
  for (const problem of problems) {
    const control = controlOf(problem.option, protocol) ?? pairControl(problem, protocol)
    if (control === undefined) others.push(problem)
    else {
      const messages = new Set([...(errors.get(control) ?? []), problemMessage(problem, control)])
      errors.set(control, [...messages])
      if (problem.choices) choices.set(control, problem.choices)
    }
  }
  return { errors, others, choices }
}

/** A key and its certificate are checked together, so their problem belongs to `saml` as a whole. */
function pairControl({ option, message }: SourceProblem, protocol: Protocol): string | undefined {
  if (option !== protocol) return undefined
  const pairs = [...formOptions(protocol)].filter(([, { pairedWith }]) => pairedWith !== undefined)
  return pairs.find(([, { pairedWith }]) => message.includes(pairedWith!))?.[0]
}

/** A problem worded for an admin. It leaves out the shape of the typed value, which the admin sees. */
export function problemMessage({ option, message }: SourceProblem, control?: string): string {
  const plain = message.replace(/ \(got .*\)$/, '')
  if (plain === 'missing' || plain === 'must not be empty') {
    const label = controlLabel(control ?? option)
    return `Enter the ${label.charAt(0).toLowerCase()}${label.slice(1)}.`
  }
  if (control && plain.startsWith('give ') && plain.endsWith(' together')) {
    return 'Enter both the private key and its certificate, or neither.'
  }
  if (control === 'id' && plain.startsWith('must be 1 to 64')) {
    return 'Use 1 to 64 letters, digits, - or _; it is part of addresses.'
  }
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}${/[.!?)]$/.test(plain) ? '' : '.'}`
}
