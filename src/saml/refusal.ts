import { JitError } from '../errors'
import { legible } from '../fields/near-miss'
import type { SamlSource } from '../sources/config'

export function refusal(source: string, check: string, message: string): JitError {
  return new JitError('invalid_assertion', message, { source, details: { check } })
}

/** The refusal of a message that is malformed: a bad request. */
export function malformed(source: string, check: string, message: string): JitError {
  return new JitError('invalid_assertion', message, { source, status: 400, details: { check } })
}

interface Unaccepted {
  check: 'algorithm' | 'encryption'
  algorithm: string
  /** The beginning of the message: `The signature uses`. */
  uses: string
}

/** The refusal of an algorithm, which is public and so is named. */
export function unaccepted(source: string, { check, algorithm, uses }: Unaccepted): JitError {
  const name = properName(algorithm)
  const message = `${uses} ${name ?? 'an algorithm without a proper name'}, which this source does not accept`
  return new JitError('invalid_assertion', message, {
    source,
    details: { check, ...(name !== undefined && { algorithm: name }) },
  })
}

/** An algorithm's name, if it can be shown to an admin as it is. */
export function properName(algorithm: string): string | undefined {
  return /^[\x21-\x7e]{1,100}$/.test(algorithm) ? algorithm : undefined
}

/** The refusal of a message of another issuer than the source's, with both names: an entity ID is public. */
export function otherIssuer({ id, saml }: SamlSource, kind: string, issuers: readonly string[]): JitError {
  const name = legible(issuers.join(', ').slice(0, 200))
  const message = `The ${kind} is from the issuer "${name}", but this source expects "${saml.idpIssuer}" (idpIssuer)`
  return refusal(id, 'issuer', message)
}
