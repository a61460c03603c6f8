import type { SourceDetails } from '../sources/details'
import type { Change, Outcome } from './result'

/** The argument of the app's `decide`: a sign-in that no other rule refuses. */
export interface DecideContext<User = unknown, Received = Record<string, unknown>> {
  source: SourceDetails
  /** The source's organization; absent if it has none. */
  organization?: string
  /** The received attributes, by name. */
  attributes: Readonly<Record<string, unknown>>
  /**
   * The received value of each field, cast, by path (`'custom.costCenter'`). Fields without a usable value are missing.
   */
  received: Received
  /** The user as stored, or null for a new one. Changing it is an error; return `set` instead. */
  user: User | null
  /** The outcome that the sign-in would have. */
  outcome: Outcome
  changes: Change[]
}

/** The answer of `decide`. Nothing, or an empty object, lets the person in. */
export interface Decision<Settable = Record<string, unknown>> {
  /** Refuses the sign-in with `app_refused`. The person sees this text. */
  refuse?: string | undefined
  /**
   * Values by path. Those that differ from the stored ones are written with the sign-in, through the model's setters
   * and validators. They override received values, and `undefined` clears.
   */
  set?: Settable | undefined
  /** Lets an inactive user in. Use `set` to make the user active again. */
  reactivate?: boolean | undefined
}

type Answer<Settable> = Decision<Settable> | undefined | void

export type Decide<User = unknown, Received = Record<string, unknown>, Settable = Record<string, unknown>> = (
  context: DecideContext<User, Received>,
) => Answer<Settable> | Promise<Answer<Settable>>
