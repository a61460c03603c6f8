import type { AdminSource } from '../../stored-sources/admin-source'
import type { CertificateState } from '../../stored-sources/certificate-states'
import { type AdminView, certificatesOf } from './admin-context'

/** A source, and its state beyond its configuration. */
export interface SourceStatus {
  source: AdminSource
  /** At most a minute old. */
  linkedUsers: number
  /** Undefined if nobody has signed in yet, or the app keeps no activity. */
  lastSignIn: Date | undefined
  /** The certificates of its identity provider; none for OpenID Connect. */
  certificates: readonly CertificateState[]
}

/** The status of each source, in the same order. Two queries in all. */
export async function statusesOf(setup: AdminView, sources: readonly AdminSource[]): Promise<SourceStatus[]> {
  const ids = sources.map(({ id }) => id)
  const [linkedUsers, lastSignIns] = await Promise.all([
    setup.editor.linkedUsers(ids),
    setup.activity?.lastSignIn(ids),
  ])
  return sources.map((source) => ({
    source,
    linkedUsers: linkedUsers.get(source.id) ?? 0,
    lastSignIn: lastSignIns?.get(source.id),
    certificates: certificatesOf(setup, source),
  }))
}
