import { model, Schema, type Types } from 'mongoose'
import type { Change, Jit, Notice, Outcome } from '../src/index'
import type { UserDocument } from './user'

export interface LastSignInRecord {
  /** The user's id. There is one record per user. */
  _id: Types.ObjectId
  /** The SSO source's id. */
  source: string
  at: Date
  outcome: Outcome
  changes: Change[]
  notices: Notice[]
}

/** The result of each user's last sign-in. The library reports it, and the app stores it. */
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

/** Stores the result of every sign-in. A sign-in waits until its result is stored. */
export function keepLastSignIns(jit: Jit<UserDocument>): void {
  jit.on('login', ({ user, outcome, changes, notices }, source) =>
    LastSignIn.replaceOne(
      { _id: user._id },
      { source, at: new Date(), outcome, changes, notices },
      { upsert: true },
    ),
  )
}
