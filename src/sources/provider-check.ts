import type { Source } from './config'
import type { SourceProblem } from './validate'

/** How long before its end a certificate counts as expiring, in days. */
export const EXPIRY_NOTICE_DAYS = 21

export interface CertificateState {
  /** The distinguished name on one line. */
  subject: string
  notAfter: Date
  state: 'valid' | 'expiring' | 'expired'
}

/** The signing certificates of a SAML source's identity provider; none for OpenID Connect. */
export function certificateStates(_source: Source, _now: Date = new Date()): CertificateState[] {
  return []
}

/**
 * What an admin should know about the provider of a source that is saved all the same, in sentences: it does
 * not answer, announces something else, its certificates end. Never rejects.
 */
export function checkProvider(_source: Source, _now: Date = new Date()): Promise<string[]> {
  return Promise.resolve([])
}

/**
 * Why a source must not be saved: addresses of its provider that are not https, or private (also by what
 * their names resolve to now). Ask before saving. Never rejects.
 */
export function refusedAddresses(_source: Source): Promise<SourceProblem[]> {
  return Promise.resolve([])
}
