import type { Change, LoginPlan } from './result'

/** A test sign-in in full, values included: shown only to the admin who runs the test. */
export interface Explanation extends LoginPlan {
  identity: { issuer: string; subject: string | null }
  /** Whether the provider verified the email; `text` if email_verified is text, undefined if it's missing. */
  emailVerified: boolean | 'text' | undefined
  /** The existing user that the assertion is about. */
  user?: { id: string; label: string }
  /**
   * The answer of `decide`: the text of its refusal, and whether it lets an inactive user in. Absent if it wasn't
   * called.
   */
  decision?: { refuse?: string; reactivate: boolean }
  /** The changes that `decide` and the source's `set` make. */
  set: Change[]
  /** Every mapped field, in the model's order. */
  fields: ExplainedField[]
  /** Received attributes that no field is mapped to. */
  unmapped: UnmappedAttribute[]
}

/** What a test sign-in shows of one mapped field. */
export interface ExplainedField {
  path: string
  label: string
  /** The attribute name that was read, or the first of those expected. */
  attribute: string
  /** The alternative names. */
  alternatives: string[]
  /** The value as received; undefined if absent. */
  received: unknown
  /** What the engine made of the value. */
  became:
    | { state: 'absent' | 'empty' }
    | { state: 'invalid'; reason: string }
    | { state: 'value'; value: unknown }
    /** The user that the value refers to. */
    | { state: 'user'; id: string; label: string }
    /** The value refers to a user who doesn't exist yet, or to several. */
    | { state: 'pending' }
  /** Whether this source fills the field in such a sign-in (create or sync). */
  selected: boolean
  /** What would be written; undefined if nothing would. */
  change?: { from: unknown; to: unknown }
  /** Messages about the field: why it is skipped, which of several values is used. */
  notices: string[]
  /** Unmapped names that look like the expected one. */
  nearMisses: string[]
}

export interface UnmappedAttribute {
  name: string
  value: unknown
  /** The mapped name that it looks like, if any. */
  expected?: string
}
