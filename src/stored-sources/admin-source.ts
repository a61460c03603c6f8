import type { SourceConfig } from '../sources/config'
import type { SourceDetails } from '../sources/details'
import type { SourceProblem } from '../sources/validate'

/** Where in a SourceConfig secrets stand. They are encrypted at rest, and no page or JSON ever shows them. */
export const secretOptions = ['saml.privateKey', 'saml.decryptionPvk', 'oidc.clientSecret'] as const

export type SecretOption = (typeof secretOptions)[number]

/** A source as an admin sees it. */
export interface AdminSource {
  id: string
  /** Sources in code are shown, and are read-only. */
  origin: 'code' | 'database'
  /** Counts the edits, from 1; of sources in the database only. */
  version?: number
  /** As it was entered, without secrets. */
  config: SourceConfig
  /** Which secrets are set. */
  secrets: SecretOption[]
  /** What people have to know to set it up; undefined where the source is broken. */
  details?: SourceDetails
  /** Why nobody can sign in through it: options that do not hold, secrets that no key opens. */
  problems: SourceProblem[]
}

/** A source after it was saved, and what an admin should know though it was saved: a provider that is down. */
export interface Saved {
  source: AdminSource
  warnings: string[]
}

/** Adds, edits and deletes sources; the rules behind the admin pages and the JSON API. */
export interface SourceEditor {
  /** Reads at once what other instances have saved, which is seen within three seconds anyway. */
  refresh(): Promise<void>
  /** Every source, in code and in the database, in the order in which they are shown. */
  list(): AdminSource[]
  /** Throws JitError `unknown_source`. */
  get(id: string): AdminSource
  /** The source whose `version` was edited. Rejects with EditRefusal: `stale`, or JitError `unknown_source`. */
  edited(id: string, version: number): Promise<AdminSource>
  /** Rejects with EditRefusal: `invalid`, `exists`, `no_database`. */
  create(config: unknown): Promise<Saved>
  /**
   * Applies a JSON merge patch (RFC 7396): what is left out stays, secrets too. `version` is the one that was
   * edited. Rejects with EditRefusal: `invalid`, `stale`, `read_only`, or JitError `unknown_source`.
   */
  update(id: string, patch: unknown, version: number): Promise<Saved>
  /**
   * Deletes a source. With users linked to it, `confirm` must be its id. Rejects with EditRefusal:
   * `linked_users`, `read_only`, or JitError `unknown_source`.
   */
  delete(id: string, confirm?: string): Promise<void>
  /** How many users are linked to each of these sources, by id, in one query; at most a minute old. */
  linkedUsers(ids: readonly string[]): Promise<ReadonlyMap<string, number>>
}

const statusOf = {
  invalid: 422,
  stale: 409,
  exists: 409,
  read_only: 409,
  linked_users: 409,
  no_database: 409,
}

export type EditRefusalReason = keyof typeof statusOf

/** Why an edit was not carried out; nothing was written. */
export class EditRefusal extends Error {
  override readonly name = 'EditRefusal'
  /** The HTTP status that answers it. */
  readonly status: number

  constructor(
    readonly reason: EditRefusalReason,
    message: string,
    /** `invalid`: every option's problem. `stale`: `current` is what is stored now. `linked_users`: how many. */
    readonly details: { problems?: SourceProblem[]; current?: AdminSource; linkedUsers?: number } = {},
  ) {
    super(message)
    this.status = statusOf[reason]
  }
}

/** Throws EditRefusal `read_only` for a source in code. */
export function demandEditable({ origin }: Pick<AdminSource, 'origin'>): void {
  if (origin === 'database') return
  throw new EditRefusal('read_only', 'This source is in the code of the app, and is changed there.')
}
