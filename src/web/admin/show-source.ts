import { readActivity } from './activity-view'
import { type Visit, certificatesOf, validSource } from './admin-context'
import { sendAdminPage } from './admin-layout'
import { labelOf } from './page-parts'
import { sourcePage, type SourceView } from './source-page'

interface Outcome extends Pick<SourceView, 'done' | 'warnings' | 'deleteError'> {
  status?: number
}

/** Sends the page of one source, with the outcome of what was just done to it. */
export async function showSource(
  { setup, req, res }: Visit,
  id: string,
  { status = 200, ...outcome }: Outcome,
): Promise<void> {
  const { editor, activity, baseUrl } = setup
  const source = editor.get(id)
  const page = `${req.baseUrl}/${encodeURIComponent(id)}`
  const [linkedUsers, view] = await Promise.all([
    editor.linkedUsers([id]),
    readActivity(activity, { source: id, page, reference: req.query['reference'] }),
  ])
  const body = sourcePage({
    ...outcome,
    base: req.baseUrl,
    baseUrl,
    source,
    valid: validSource(setup, id),
    linkedUsers: linkedUsers.get(id) ?? 0,
    activity: view,
    certificates: certificatesOf(setup, source),
    product: req.query['product'],
  })
  sendAdminPage({ setup, req, res }, { status, title: `${labelOf(source)} – SSO source`, body })
}
