import type { RefusalCode, FaultCode } from '../errors'
import type { NoticeCode, Outcome } from '../login/result'

/** One recorded sign-in or refusal: names, and values only where the app allows them. */
export interface ActivityEntry {
  source: string
  /** The source's organization at that time; absent if it had none. */
  organization?: string
  at: Date
  /** `refused`: the person was refused; `failed`: the database or the provider was unavailable. */
  outcome: Outcome | 'refused' | 'failed'
  /** The user who signed in: their id, and a name for people. */
  user?: { id: string; label: string }
  /** The fields that were written; `from` and `to` only with `activity.values`. */
  changes: { path: string; label: string; from?: unknown; to?: unknown }[]
  notices: { code: NoticeCode; path?: string; attribute?: string }[]
  /** Present when `outcome` is `refused` or `failed`. */
  refusal?: ActivityRefusal
}

/** Why a sign-in was refused: names and codes, no values. */
export interface ActivityRefusal {
  code: RefusalCode | FaultCode
  /** The reason, for an admin (`JitError.message`). */
  message: string
  /** The reference on the person's page (`JitError.reference`). */
  reference: string
  /** The protocol check that failed. */
  check?: string
  /** The algorithm that is not accepted. */
  algorithm?: string
  /** Attribute names. */
  expected?: string[]
  received?: string[]
  /** Model paths concerned. */
  paths?: string[]
  /** The provider's error code, and its description. */
  provider?: string
  description?: string
}

/** The sign-ins of one day (UTC, `2026-01-31`). */
export interface DayCount {
  day: string
  /** Of existing users. */
  signedIn: number
  created: number
  /** Refused and failed. */
  refused: number
}
