import type { SourceDetails } from '../sources/details'
import type { Change, Outcome } from './result'

/** What the app's `decide` is told about a sign-in that nothing else refuses. */
export interface DecideContext<User = unknown, Received = Record<string, unknown>> {
  source: SourceDetails
  /** The source's organization; absent where it has none. */
  organization?: string
  /** What arrived, by attribute name. */
  attributes: Readonly<Record<string, unknown>>
  /** What arrived for each field, cast, by path (`'custom.costCenter'`). Fields without a usable value are missing. */
  received: Received
  /** The user as stored, or null for a new one. Changing it is an error; return `set` instead. */
  user: User | null
  /** What the sign-in would do. */
  outcome: Outcome
  changes: Change[]
}

/** What `decide` answers. Nothing, or an empty object, lets the person in. */
export interface Decision<Settable = Record<string, unknown>> {
  /** Refuses the sign-in with `app_refused`. The person sees this text. */
  refuse?: string | undefined
  /**
   * Written with the sign-in where it differs from what is stored, by path, through the model's setters and validators.
   * It wins over what arrived, and `undefined` clears.
   */
  set?: Settable | undefined
  /** Lets an inactive user in. Say in `set` what makes the user active again. */
  reactivate?: boolean | undefined
}

type Answer<Settable> = Decision<Settable> | undefined | void

export type Decide<User = unknown, Received = Record<string, unknown>, Settable = Record<string, unknown>> = (
  context: DecideContext<User, Received>,
) => Answer<Settable> | Promise<Answer<Settable>>
