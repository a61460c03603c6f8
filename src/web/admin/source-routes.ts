import { Router } from 'express'
import { JitError } from '../../errors'
import { demandEditable } from '../../stored-sources/admin-source'
import { readActivity } from './activity-section'
import { certificatesOf, route, validSource, type Visit } from './admin-context'
import { sendAdminPage } from './admin-layout'
import { formValues, valueOf } from './form-values'
import { listingPage } from './listing-page'
import { labelOf } from './page-parts'
import { sourcePage, type SourceView } from './source-page'
import { statusesOf } from './source-status'

const PAGE_SIZE = 100

/** The listing, the page of each source, its test sign-in and its deletion. */
export function sourceRoutes(): Router {
  const router = Router()
  router.get('/', route(showListing))
  router.get(
    '/:id',
    route((visit) => {
      const done = savedMessages[textOf(visit.req.query['saved'])]
      return showSource(visit, visit.req.params.id, { done })
    }),
  )
  router.post(
    '/:id/test',
    route(({ setup, req }) => {
      const { id } = req.params
      return setup.startTest(req, id, `${req.baseUrl}/${encodeURIComponent(id)}#test-sign-in`)
    }),
  )
  router.post('/:id/disconnect', route(disconnectPerson))
  router.post('/:id/delete', route(deleteSource))
  router.post('/:id/domains', route(acceptDomains))
  return router
}

export const savedMessages: Partial<Record<string, string>> & Record<'added' | 'edited', string> = {
  added: 'Added. Next: enter the integration details below at the identity provider.',
  edited: 'Saved.',
  accepted: 'Accepted. People of these domains can sign in.',
}

interface Outcome extends Pick<SourceView, 'done' | 'warnings' | 'deleteError' | 'disconnectError'> {
  status?: number
}

/** Sends the page of one source, with the outcome of what was just done to it. */
export async function showSource(visit: Visit, id: string, outcome: Outcome): Promise<void> {
  const { setup, req } = visit
  const { status, ...shown } = outcome
  const { editor, activity, baseUrl } = setup
  const source = editor.get(id)
  const page = `${req.baseUrl}/${encodeURIComponent(id)}`
  const [linkedUsers, view] = await Promise.all([
    editor.linkedUsers([id]),
    readActivity(activity, { source: id, page, reference: req.query['reference'] }),
  ])
  const body = sourcePage({
    ...shown,
    base: req.baseUrl,
    baseUrl,
    source,
    valid: validSource(setup, source),
    linkedUsers: linkedUsers.get(id) ?? 0,
    activity: view,
    protocolOf: (other) => editor.list().find((listed) => listed.id === other)?.config.protocol,
    certificates: certificatesOf(setup, source),
    product: req.query['product'],
    canAccept: setup.acceptDomains !== undefined,
  })
  sendAdminPage(visit, { status, title: `${labelOf(source)} – SSO source`, body })
}

async function showListing(visit: Visit): Promise<void> {
  const { setup, req } = visit
  const sources = setup.editor.list()
  const query = textOf(req.query['q'])
  const matches = sources.filter((source) => isCalled(`${labelOf(source)} ${source.id}`, query))
  const pages = Math.max(1, Math.ceil(matches.length / PAGE_SIZE))
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(req.query['page'])) || 1))
  const deleted = textOf(req.query['deleted'])
  const body = listingPage({
    base: req.baseUrl,
    sources: await statusesOf(setup, matches.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)),
    total: sources.length,
    matches: matches.length,
    query,
    page,
    pages,
    canAdd: setup.editor.canAdd,
    deleted: /^[\w-]{1,64}$/.test(deleted) ? deleted : undefined,
  })
  sendAdminPage(visit, { title: 'SSO sources', body })
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isCalled(name: string, query: string): boolean {
  return name.toLocaleLowerCase().includes(query.trim().toLocaleLowerCase())
}

async function disconnectPerson(visit: Visit): Promise<void> {
  const { setup, req } = visit
  const { id } = setup.editor.get(req.params.id)
  const removed = await setup.disconnect(id, valueOf(formValues(req.body), 'person').trim())
  if (removed > 0)
    return showSource(visit, id, { done: 'Disconnected. The sessions that began here have ended.' })
  const disconnectError = 'No account with this email or ID is connected to this source.'
  await showSource(visit, id, { status: 422, disconnectError })
}

/** Accepts the domains that were on the page, and no others. For an admin of one organization, there is no such route. */
async function acceptDomains({ setup, req, res }: Visit): Promise<void> {
  const { id } = req.params
  if (!setup.acceptDomains)
    throw new JitError('unknown_source', 'There is no such SSO source.', { source: id })
  await setup.acceptDomains(id, formValues(req.body).get('domain') ?? [])
  res.redirect(303, `${req.baseUrl}/${encodeURIComponent(id)}?saved=accepted`)
}

/** Demands the typed id, even if no user is linked. */
async function deleteSource(visit: Visit): Promise<void> {
  const { setup, req, res } = visit
  const { id } = req.params
  demandEditable(setup.editor.get(id))
  const confirm = valueOf(formValues(req.body), 'confirm').trim()
  if (confirm !== id) {
    const deleteError = 'This isn’t the source’s id. Nothing was deleted.'
    return showSource(visit, id, { status: 422, deleteError })
  }
  await setup.editor.delete(id, confirm)
  res.redirect(303, `${req.baseUrl}/?deleted=${encodeURIComponent(id)}`)
}
