import type { Request } from 'express'
import type { PassportStatic } from 'passport'
import type { JitError } from '../errors'

/** Options of `jit.router()`. */
export interface RouterOptions {
  /** Where to go after a sign-in that began without `returnTo`, and after signing out. Default: `/`. */
  successRedirect?: string
  /** Where to go after a refusal. Default: a page that explains it, with its status. */
  failureRedirect?: string | ((error: JitError, req: Request) => string)
}

/** What we use of Passport. The shared instance has it, and so has an app's own, whose type differs. */
export type PassportInstance = Pick<PassportStatic, 'authenticate'>
