import type { LoginResult } from '../login/result'

/** What a sign-in leaves on `req.authInfo`. Every member is absent where another strategy signed the person in. */
export interface JitAuthInfo {
  jit?: LoginResult<Express.User>
  /** Where the person wanted to go: a path of this origin. */
  returnTo?: string | undefined
  /** How a SAML identity provider names the person and its session (Profiles 4.4: single logout). */
  saml?: SamlSession
}

/** A SAML session; null where the assertion doesn't say. */
export interface SamlSession {
  nameId: string | null
  nameIdFormat: string | null
  sessionIndex: string | null
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- how Passport's own typings are extended
  namespace Express {
    /** `extends` lets an app's own declaration narrow a member. */
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface AuthInfo extends JitAuthInfo {}
  }
}
