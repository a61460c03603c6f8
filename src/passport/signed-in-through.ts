import type { Request } from 'express'
import type { Source } from '../sources/config'
import { pick } from '../sources/merge-patch'

/** The source through which a session began, by ids. */
export interface SignedInThrough {
  source: string
  /** The source's organization at the sign-in; absent where it had none. */
  organization?: string
}

interface Session {
  passport?: { user?: unknown }
  /** `user`: the text of what Passport kept of the user. */
  passportJit?: SignedInThrough & { user: string }
}

/** Remembers in the session that Passport has begun through which source it began. */
export function rememberSource(req: Request, source: Source): void {
  const session = sessionOf(req)
  if (session)
    session.passportJit = { source: source.id, ...pick(source, ['organization']), user: userOf(session) }
}

/** Undefined if the session began otherwise, or has another user now. */
export function signedInThrough(req: Request): SignedInThrough | undefined {
  const session = sessionOf(req)
  const { user, ...through } = session?.passportJit ?? {}
  if (!session || user === undefined || session.passport?.user === undefined) return undefined
  return user === userOf(session) ? (through as SignedInThrough) : undefined
}

function sessionOf(req: Request): Session | undefined {
  return (req as { session?: Session | null }).session ?? undefined
}

function userOf({ passport }: Session): string {
  return JSON.stringify(passport?.user ?? null)
}
