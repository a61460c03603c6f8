import type { LoginResult } from '../login/result'
import type { SamlAuthInfo } from '../saml/strategy'

/** What a sign-in leaves on `req.authInfo`; nothing of it is there where another strategy has signed somebody in. */
export interface JitAuthInfo {
  jit?: LoginResult<Express.User>
  /** Where the person wanted to go: a path of this origin. */
  returnTo?: string | undefined
  /** By what a SAML identity provider knows its session. */
  saml?: SamlAuthInfo['saml']
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace -- how Passport's own typings are added to
  namespace Express {
    /** By `extends`, so that an app whose own declaration says more of a member than this one may do so. */
    // eslint-disable-next-line @typescript-eslint/no-empty-object-type
    interface AuthInfo extends JitAuthInfo {}
  }
}
