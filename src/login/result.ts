import type { HydratedDocument } from 'mongoose'
import type { ErrorDetails, RefusalCode } from '../errors'

/** What a sign-in did: created a user, linked an existing one, changed fields, or none of these. */
export type Outcome = 'provisioned' | 'linked' | 'synced' | 'unchanged'

export type NoticeCode =
  | 'attribute_missing'
  | 'invalid_value'
  | 'conflict'
  | 'multiple_values'
  | 'near_miss'
  | 'not_cleared'
  | 'reference_pending'
  | 'owned_elsewhere'

/** One field that a sign-in wrote, or would write. */
export interface Change {
  path: string
  label: string
  from: unknown
  to: unknown
}

/** Something an admin should know about a sign-in that succeeded. `message` holds names, never values. */
export interface Notice {
  code: NoticeCode
  path?: string
  attribute?: string
  message: string
}

export interface LoginResult<User = HydratedDocument<unknown>> {
  outcome: Outcome
  user: User
  changes: Change[]
  notices: Notice[]
  /** The source's organization; absent if it has none. */
  organization?: string
}

/** What a sign-in would do; made by `preview`, which writes nothing. */
export interface LoginPlan {
  outcome: Outcome | 'refused'
  changes: Change[]
  notices: Notice[]
  /** Present when `outcome` is `refused`. */
  refusal?: { code: RefusalCode; message: string; details: ErrorDetails }
}
