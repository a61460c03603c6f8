import { domainToASCII } from 'node:url'
import { JitError } from '../errors'
import { domainOf } from '../fields/normalize'
import type { Source } from './config'

/**
 * The first of these sources where people with this email have to sign in. Throws JitError, status 400, for what is not
 * text.
 */
export function enforcedSource(sources: readonly Source[], email: unknown): Source | undefined {
  if (typeof email !== 'string') {
    const message = 'The email address must be text.'
    throw new JitError('invalid_assertion', message, { status: 400, details: { check: 'body' } })
  }
  const domain = readableDomain(email)
  return sources.find(({ enforced, domains }) => enforced && domains.includes(domain))
}

/**
 * Where mail systems could read different domains, the text after the last `@` counts: the app may know the account that
 * is meant.
 */
function readableDomain(email: string): string {
  const address = email.trim().toLowerCase()
  const last = address.slice(address.lastIndexOf('@') + 1).trim()
  const withoutDot = last.replace(/\.$/, '')
  return domainOf(address) ?? (domainToASCII(withoutDot) || withoutDot)
}
