import type { Protocol } from '../../sources/config'
import type { SourceProblem } from '../../sources/validate'
import { controlOf } from './form-data'

/** Problems by the control that they stand beside, and those that no control is for. */
export interface SortedProblems {
  errors: ReadonlyMap<string, readonly string[]>
  others: readonly SourceProblem[]
}

/** Puts every problem beside its control, in an admin's words. */
export function sortProblems(problems: readonly SourceProblem[], protocol: Protocol): SortedProblems {
  const errors = new Map<string, string[]>()
  const others: SourceProblem[] = []
  for (const problem of problems) {
    const control = controlOf(problem.option, protocol) ?? pairControl(problem)
    if (control === undefined) others.push(problem)
    else errors.set(control, [...new Set([...(errors.get(control) ?? []), inWords(problem, control)])])
  }
  return { errors, others }
}

/** A key and its certificate are checked together, as a problem of all options. */
function pairControl({ option, message }: SourceProblem): string | undefined {
  if (option !== 'saml') return undefined
  return /privateKey/.test(message) ? 'saml.publicCert' : 'saml.decryptionCert'
}

/** A problem in an admin's words. The shape of what was typed is left out: it can be seen. */
export function inWords({ message }: SourceProblem, control?: string): string {
  const plain = message.replace(/ \(got .*\)$/, '')
  if (plain === 'missing' || plain === 'must not be empty') return 'This is needed. Enter it.'
  if (control === 'saml.publicCert' || control === 'saml.decryptionCert') {
    if (plain.startsWith('give ')) return 'Give the private key and its certificate together, or neither.'
  }
  if (control === 'id' && plain.startsWith('must be 1 to 64')) {
    return 'Use 1 to 64 letters, digits, - or _; it is part of addresses.'
  }
  return `${plain.charAt(0).toUpperCase()}${plain.slice(1)}${/[.!?)]$/.test(plain) ? '' : '.'}`
}
