import type { JitContext } from '../../passport/context'
import type { AdminSource } from '../../stored-sources/admin-source'
import type { CertificateState } from '../../stored-sources/provider-check'
import { certificatesOf } from './admin-context'

/** A source, and how it stands: what is known of it beside its configuration. */
export interface StandingSource {
  source: AdminSource
  /** At most a minute old. */
  linkedUsers: number
  /** Undefined where nobody has signed in yet, and where the app keeps no activity. */
  lastSignIn: Date | undefined
  /** Of its identity provider; none for OpenID Connect. */
  certificates: readonly CertificateState[]
}

/** How these sources stand, in the same order: two queries for however many. */
export async function standingOf(
  context: JitContext,
  sources: readonly AdminSource[],
): Promise<StandingSource[]> {
  const ids = sources.map(({ id }) => id)
  const [linkedUsers, lastSignIns] = await Promise.all([
    context.editor.linkedUsers(ids),
    context.activity?.lastSignIn(ids),
  ])
  return sources.map((source) => ({
    source,
    linkedUsers: linkedUsers.get(source.id) ?? 0,
    lastSignIn: lastSignIns?.get(source.id),
    certificates: certificatesOf(context, source),
  }))
}
