import type { Request, RequestHandler, Response } from 'express'
import type { Activity } from '../../activity/activity'
import { activityWithin, type ActivityView } from '../../activity/activity-view'
import type { Field } from '../../fields/catalog'
import type { OrganizationPath } from '../../fields/organization'
import type { Source } from '../../sources/config'
import { comparableOrganization } from '../../sources/with-organization'
import type { AdminSource } from '../../stored-sources/admin-source'
import { type CertificateState, certificateStates } from '../../stored-sources/certificate-states'
import type { Editor, SourceEditor } from '../../stored-sources/editor'
import type { AdminRouterOptions, SourceFence } from './admin-options'

export interface AdminSetup extends AdminRouterOptions {
  /** The public address of `router()`, without a trailing slash. */
  baseUrl: string
  fields: readonly Field[]
  /** Where the users have their organization. */
  organization?: OrganizationPath | undefined
  editor: Editor
  /** Undefined if the app keeps no activity. */
  activity: Activity | undefined
  /** Throws JitError `unknown_source`, or `invalid_configuration` if the source is broken. */
  source: (id: string) => Source
  /** Starts a test sign-in and answers the request. `returnTo`: the path that the result links to. */
  startTest: (req: Request, id: string, returnTo: string) => Promise<void>
  /**
   * Removes the identities at a source of the person with this id or email, and ends the sessions that it began. Resolves
   * to how many it removed.
   */
  disconnect: (source: string, person: string) => Promise<number>
  /** Tells the app's listeners of a fault. */
  report: (error: unknown) => Promise<unknown>
}

/** What one admin may see and do: with every source, or with one organization's. Routes have nothing else. */
export interface AdminView extends Pick<
  AdminSetup,
  'baseUrl' | 'fields' | 'layout' | 'source' | 'startTest' | 'disconnect'
> {
  editor: SourceEditor
  activity: ActivityView | undefined
  /** Lets claimed domains take effect; undefined for an admin of one organization. */
  acceptDomains?: (id: string, domains: readonly string[]) => Promise<void>
}

/** The view of an admin. Within a fence, nothing reaches another organization's source. */
export function viewOf(setup: AdminSetup, fence: SourceFence | undefined): AdminView {
  const { baseUrl, fields, layout, activity, source, startTest, disconnect } = setup
  const view = { baseUrl, fields, layout, source, startTest, disconnect }
  if (!fence) {
    const { editor } = setup
    return { ...view, editor, activity, acceptDomains: (id, domains) => editor.acceptDomains(id, domains) }
  }
  const organization = comparableOrganization(fence.organization, setup.organization)
  const editor = setup.editor.within(organization)
  return {
    ...view,
    editor,
    activity: activity && activityWithin(activity, { organization, has: (id) => editor.has(id) }),
    source: (id) => source(editor.get(id).id),
    disconnect: async (id, person) => disconnect(editor.get(id).id, person),
    startTest: async (req, id, returnTo) => startTest(req, editor.get(id).id, returnTo),
  }
}

/** The views of the requests that `authorize` let in. */
const views = new WeakMap<object, AdminView>()

export function admit(req: object, view: AdminView): void {
  views.set(req, view)
}

/** Throws for a request that nobody let in. */
export function admitted(req: object): AdminView {
  const view = views.get(req)
  if (!view) throw new Error('A route of the admin area was reached without authorize.')
  return view
}

export interface Visit {
  setup: AdminView
  req: Request<{ id: string }>
  res: Response
}

/** Makes a route handler. Its errors reach the error handler under Express 4 too. */
export function route(handler: (visit: Visit) => void | Promise<void>): RequestHandler<{ id: string }> {
  return (req, res, next) => {
    Promise.resolve()
      .then(() => handler({ setup: admitted(req), req, res }))
      .catch(next)
  }
}

/** The validated source; undefined if it is broken. */
export function validSource(setup: AdminView, { id, details }: AdminSource): Source | undefined {
  return details && setup.source(id)
}

/** The certificates of a source's identity provider; none if the source is broken. */
export function certificatesOf(setup: AdminView, source: AdminSource): CertificateState[] {
  const valid = validSource(setup, source)
  return valid ? certificateStates(valid) : []
}
