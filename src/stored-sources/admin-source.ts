import type { SourceConfig } from '../sources/config'
import type { SourceDetails } from '../sources/details'
import type { SecretOption } from '../sources/option-places'
import type { SourceProblem } from '../sources/option-problems'
import type { Delegation } from '../sources/registry'

/** A source as an admin sees it. */
export interface AdminSource {
  id: string
  /** Sources in code are read-only. */
  origin: 'code' | 'database'
  /** Counts the edits, from 1. Only sources in the database have one. */
  version?: number
  /** As it was entered, without secrets. */
  config: SourceConfig
  /** Which secrets are set. */
  secrets: SecretOption[]
  /** What people need to set it up at the identity provider; undefined if the source is broken. */
  details?: SourceDetails
  /** Why nobody can sign in through it: invalid options, secrets that no key opens. */
  problems: SourceProblem[]
  /** Set if an admin of one organization added it, or changed its connection or domains. */
  delegation?: Delegation
}

/** A source after it was saved, with warnings for the admin, such as a provider that is down. */
export type Saved = { source: AdminSource; warnings: string[] }

const statusOf = {
  invalid: 422,
  stale: 409,
  exists: 409,
  read_only: 409,
  linked_users: 409,
  no_database: 409,
}

/** Why an edit was refused. Nothing was written. */
export class EditRefusal extends Error {
  override readonly name = 'EditRefusal'
  /** The HTTP status that answers it. */
  readonly status: number

  constructor(
    readonly reason: keyof typeof statusOf,
    message: string,
    /** `invalid`: every problem. `stale`: the source as it is stored now. `linked_users`: their number. */
    readonly details: { problems?: SourceProblem[]; current?: AdminSource; linkedUsers?: number } = {},
  ) {
    super(message)
    this.status = statusOf[reason]
  }
}

/** Throws EditRefusal `read_only` for a source in code. */
export function demandEditable({ origin }: Pick<AdminSource, 'origin'>): void {
  if (origin === 'database') return
  throw new EditRefusal('read_only', 'This source is set in the app’s code. Change it there.')
}
