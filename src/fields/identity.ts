/** The link between a user and one person at one identity provider. */
export interface Identity {
  /** The SSO source's id. */
  source: string
  issuer: string
  subject: string
  linkedAt: Date
  /** Moves at most once an hour, and with every sign-in that writes. */
  lastLoginAt: Date
  /** The user's email came through this identity, unverified and in no domain of the source. */
  unvouchedEmail?: boolean
}
