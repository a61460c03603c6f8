import type { LoginPlan } from './result'

/** A sign-in told in full, values included: for the admin who runs a test, and for nobody else. */
export interface Explanation extends LoginPlan {
  identity: { issuer: string; subject: string | null }
  /** Whether the provider vouches for the e-mail address; undefined where it says nothing. */
  emailVerified: boolean | undefined
  /** The existing user that the assertion is about. */
  user?: { id: string; label: string }
  /** Every mapped field, in the model's order. */
  fields: ExplainedField[]
  /** What arrived under a name that no field has. */
  unmapped: UnmappedAttribute[]
}

/** What became of one mapped field. */
export interface ExplainedField {
  path: string
  label: string
  /** The name under which it was expected. */
  attribute: string
  /** As it arrived; undefined where it did not. */
  received: unknown
  /** What the engine made of it. */
  became:
    | { state: 'absent' | 'empty' }
    | { state: 'invalid'; reason: string }
    | { state: 'value'; value: unknown }
    /** The user to whom it refers. */
    | { state: 'user'; id: string; label: string }
    /** It refers to nobody who is there yet, or to several. */
    | { state: 'pending' }
  /** Whether this source fills the field in such a sign-in (create or sync). */
  selected: boolean
  /** What would be written; undefined where nothing would. */
  change?: { from: unknown; to: unknown }
  /** Sentences about it: why it is skipped, which of several values was taken. */
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
