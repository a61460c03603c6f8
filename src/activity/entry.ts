import type { RefusalCode, FaultCode } from '../errors'
import type { NoticeCode, Outcome } from '../login/result'

/** One sign-in as it is remembered: names, and values only where the app allows them. */
export interface ActivityEntry {
  source: string
  at: Date
  /** `refused`: a person was; `failed`: the database or the provider was not there. */
  outcome: Outcome | 'refused' | 'failed'
  /** Who signed in: the user's id, and what people would call them. */
  user?: { id: string; label: string }
  /** The fields that were written; `from` and `to` only with `activity.values`. */
  changes: { path: string; label: string; from?: unknown; to?: unknown }[]
  notices: { code: NoticeCode; path?: string; attribute?: string }[]
  /** Present when `outcome` is `refused` or `failed`. */
  refusal?: ActivityRefusal
}

/** Why somebody was not let in: names and codes, no values. */
export interface ActivityRefusal {
  code: RefusalCode | FaultCode
  /** The reason in an admin's words (`JitError.message`). */
  message: string
  /** What the person's page shows (`JitError.reference`). */
  reference: string
  /** The protocol check that failed. */
  check?: string
  /** Attribute names. */
  expected?: string[]
  received?: string[]
  /** Model paths concerned. */
  paths?: string[]
  /** The error code that the provider itself sent. */
  provider?: string
}

/** Sign-ins of one day (UTC, `2026-01-31`). */
export interface DayCount {
  day: string
  /** Somebody known. */
  signedIn: number
  created: number
  /** Refused or failed. */
  refused: number
}
