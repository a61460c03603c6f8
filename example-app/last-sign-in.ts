import { model, Schema, type Types } from 'mongoose'
import type { Change, Jit, Notice, Outcome } from '../src/index'
import type { UserDocument } from './user'

export interface LastSignInRecord {
  /** The user's own id: there is one record for each. */
  _id: Types.ObjectId
  /** The SSO source's id. */
  source: string
  at: Date
  outcome: Outcome
  changes: Change[]
  notices: Notice[]
}

/** What each user's last sign-in did. The library tells it, the app keeps it. */
export const LastSignIn = model(
  'LastSignIn',
  new Schema<LastSignInRecord>({
    _id: { type: Schema.Types.ObjectId, required: true },
    source: { type: String, required: true },
    at: { type: Date, required: true },
    outcome: { type: String, required: true },
    changes: [{ _id: false, path: String, label: String, from: Schema.Types.Mixed, to: Schema.Types.Mixed }],
    notices: [{ _id: false, code: String, path: String, attribute: String, message: String }],
  }),
)

/** Keeps the result of every sign-in from now on; a sign-in waits until it is kept. */
export function keepLastSignIns(jit: Jit<UserDocument>): void {
  jit.on('login', ({ user, outcome, changes, notices }, source) =>
    LastSignIn.replaceOne(
      { _id: user._id },
      { source, at: new Date(), outcome, changes, notices },
      { upsert: true },
    ),
  )
}
