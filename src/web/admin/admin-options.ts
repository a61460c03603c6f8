import type { Request } from 'express'

/** Options of `jit.adminRouter()`. */
export interface AdminRouterOptions {
  /**
   * Whether this request may see and change SSO sources: true for all of them, `{ organization }` for that organization's
   * alone. It may return a promise. A falsy value answers 401 if nobody is signed in (`req.user`), else 403. Every other
   * object, such as a user, answers 403.
   */
  authorize: (req: Request) => unknown
  /** The app's own document around each page. Default: a plain one. */
  layout?: AdminLayout
}

/** The organization whose sources an admin may see and change. */
export interface SourceFence {
  organization: string
}

/** One page of the admin area, for the app's own layout. */
export interface AdminPage {
  title: string
  /** Markup, to insert unescaped. */
  body: string
  /** The addresses of the assets that the markup needs. */
  stylesheet: string
  script: string
  req: Request
}

/** Makes the whole document around a page's body. */
export type AdminLayout = (page: AdminPage) => string
