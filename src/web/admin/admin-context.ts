import type { Request, RequestHandler, Response } from 'express'
import type { Activity } from '../../activity/activity'
import type { Field } from '../../fields/catalog'
import type { Source } from '../../sources/config'
import type { AdminSource } from '../../stored-sources/admin-source'
import { type CertificateState, certificateStates } from '../../stored-sources/certificate-states'
import type { Editor } from '../../stored-sources/editor'
import type { AdminRouterOptions } from './admin-options'

export interface AdminSetup extends AdminRouterOptions {
  /** The public address of `router()`, without a trailing slash. */
  baseUrl: string
  fields: readonly Field[]
  editor: Editor
  /** Undefined if the app keeps no activity. */
  activity: Activity | undefined
  /** Throws JitError `unknown_source`, or `invalid_configuration` if the source is broken. */
  source: (id: string) => Source
  /** Starts a test sign-in and answers the request. `returnTo`: the path that the result links to. */
  startTest: (req: Request, id: string, returnTo: string) => Promise<void>
  /** The model's user with this id or email; undefined if there is none. */
  findUser: (idOrEmail: string) => Promise<{ _id: unknown } | undefined>
  /** Removes a user's identities at a source, and ends the sessions that it began. Resolves to how many it removed. */
  disconnect: (user: unknown, source: string, options: { force: true }) => Promise<number>
  /** Tells the app's listeners of a fault. */
  report: (error: unknown) => Promise<unknown>
}

export interface Visit {
  setup: AdminSetup
  req: Request<{ id: string }>
  res: Response
}

/** Makes route handlers. Their errors reach the error handler under Express 4 too. */
export function routesOf(
  setup: AdminSetup,
): (handler: (visit: Visit) => void | Promise<void>) => RequestHandler<{ id: string }> {
  return (handler) => (req, res, next) => {
    Promise.resolve()
      .then(() => handler({ setup, req, res }))
      .catch(next)
  }
}

/** The validated source; undefined if it is broken. */
export function validSource(setup: AdminSetup, { id, details }: AdminSource): Source | undefined {
  return details && setup.source(id)
}

/** The certificates of a source's identity provider; none if the source is broken. */
export function certificatesOf(setup: AdminSetup, source: AdminSource): CertificateState[] {
  const valid = validSource(setup, source)
  return valid ? certificateStates(valid) : []
}
