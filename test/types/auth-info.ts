// The result of a sign-in on the request has the type of the app's user. An app can extend it.
import type { Request, Response } from 'express'
import type { JitAuthInfo, LoginResult } from 'passport-jit'
import { exactly } from './exactly.js'

declare global {
  namespace Express {
    interface AuthInfo {
      /** From another strategy of this app. */
      scope?: string
      /** Narrower than the package's type: this app always sets it. */
      returnTo: string
    }
  }
}

export function callback(req: Request, res: Response): void {
  const { jit, returnTo, saml, scope } = req.authInfo!
  exactly<LoginResult<Express.User> | undefined>()(jit, true)
  exactly<boolean | undefined>()(jit?.user.isAdmin, true)
  exactly<string>()(returnTo, true)
  exactly<string | null | undefined>()(saml?.sessionIndex, true)
  exactly<string | undefined>()(scope, true)
  // @ts-expect-error -- the package leaves nothing of this name
  void req.authInfo?.issuer
  res.redirect(returnTo)
}

export const info: JitAuthInfo = { returnTo: undefined }
