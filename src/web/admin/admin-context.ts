import type { Request, RequestHandler, Response } from 'express'
import type { JitContext } from '../../passport/context'
import type { Field } from '../../fields/catalog'
import { JitError } from '../../errors'
import type { AdminSource } from '../../stored-sources/admin-source'
import type { Source } from '../../sources/config'
import { type CertificateState, certificateStates } from '../../stored-sources/provider-check'
import type { AdminLayout } from './admin-layout'
import type { Saving } from './saving'

export interface AdminRouterOptions {
  /**
   * Whether this request may see and change SSO sources; it may be a promise. Falsy answers 401 where nobody is
   * signed in (`req.user`), else 403.
   */
  authorize: (req: Request) => unknown
  /** The app's own document around each page. Default: a plain one. */
  layout?: AdminLayout
}

/** What every route of the admin area needs. */
export interface AdminSetup extends AdminRouterOptions {
  context: JitContext
  fields: readonly Field[]
  saving: Saving
  /** Whether there is a database to add sources to. */
  canAdd: boolean
}

/** A handler of which every error reaches the error handler under Express 4 too. */
export function route(
  handler: (req: Request<{ id: string }>, res: Response) => void | Promise<void>,
): RequestHandler {
  return (req, res, next) => {
    Promise.resolve()
      .then(() => handler(req as unknown as Request<{ id: string }>, res))
      .catch(next)
  }
}

/** The source, whole; undefined where it is broken. */
export function validSource(context: JitContext, id: string): Source | undefined {
  try {
    return context.anySource(id)
  } catch (error) {
    if (error instanceof JitError && error.code === 'invalid_configuration') return undefined
    throw error
  }
}

/** The certificates of a source's identity provider; none where it is broken. */
export function certificatesOf(context: JitContext, { id }: AdminSource): CertificateState[] {
  const source = validSource(context, id)
  return source ? certificateStates(source) : []
}
