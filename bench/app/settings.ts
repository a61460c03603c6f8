import type { BenchField } from '../people/fields'

/** Which code signs people in. */
export type Side =
  /** This library. */
  | 'jit'
  /** The bare strategies, with the verify callback that most teams write. */
  | 'bare'
  /** The same, SAML made as safe as its own options can make it. */
  | 'safe'

/** What an app of the bench is started with. */
export interface AppSettings {
  side: Side
  uri: string
  signIns: SignInSource[]
  /** Count commands and bytes to the database; that costs time, so nothing else is measured then. */
  count?: boolean
}

/** One way to sign in, which each app has: the same provider, the same options. */
export type SignInSource = { id: string } & (
  | {
      protocol: 'saml'
      entryPoint: string
      idpIssuer: string
      idpCert: string
      /** What must be signed. */
      signed: 'assertion' | 'both'
    }
  | {
      protocol: 'oidc'
      issuer: string
      clientID: string
      clientSecret: string
      /** Where the claims are. */
      claims: 'id-token' | 'userinfo'
    }
)

/** Where the app believes to be; requests reach it wherever it listens. */
export const BASE_URL = 'http://app.corp.example/sso'

/** How many attributes arrive, and how many fields the model has. */
export const FIELDS = 30

export type Fields = BenchField[]
