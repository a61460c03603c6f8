import { type Request, type Response, Router } from 'express'
import { demandEditable } from '../../stored-sources/admin-source'
import { readActivity } from './activity-section'
import { type AdminSetup, certificatesOf, route, validSource } from './admin-context'
import { sendAdminPage } from './admin-layout'
import { formValues, valueOf } from './form-data'
import { listingPage } from './listing-page'
import { labelOf } from './page-parts'
import { sourcePage } from './source-page'
import { standingOf } from './source-status'

/** How many sources one page lists. */
const PAGE = 100

/** The listing, the page of each source, and what can be done there. */
export function sourceRoutes(setup: AdminSetup): Router {
  const router = Router()
  router.get(
    '/',
    route((req, res) => showListing(setup, req, res)),
  )
  router.get(
    '/:id',
    route(async (req, res) => {
      const done = savedWords[textOf(req.query['saved'])]
      await showSource(setup, req, res, req.params.id, { done })
    }),
  )
  router.post(
    '/:id/test',
    route((req) => {
      const { id } = req.params
      const returnTo = `${req.baseUrl}/${encodeURIComponent(id)}#test-sign-in`
      return setup.context.startTest(req, id, returnTo)
    }),
  )
  router.post(
    '/:id/delete',
    route((req, res) => deleteSource(setup, req, res)),
  )
  return router
}

/** What was just done to a source, in words. */
export const savedWords: Partial<Record<string, string>> & Record<'added' | 'edited', string> = {
  added: 'Added. Next: enter the integration details below at the identity provider.',
  edited: 'Saved.',
}

interface Said {
  status?: number
  done?: string
  warnings?: readonly string[]
  deleteError?: string
}

/** Sends the page of one source, with what was just done to it. */
export async function showSource(
  setup: AdminSetup,
  req: Request,
  res: Response,
  id: string,
  { status = 200, ...said }: Said,
): Promise<void> {
  const { context, layout } = setup
  const source = context.editor.get(id)
  const page = `${req.baseUrl}/${encodeURIComponent(id)}`
  const [linkedUsers, activity] = await Promise.all([
    context.editor.linkedUsers([id]),
    readActivity(context.activity, id, page, req.query['reference']),
  ])
  const body = sourcePage({
    ...said,
    base: req.baseUrl,
    baseUrl: context.baseUrl,
    source,
    valid: validSource(context, id),
    linkedUsers: linkedUsers.get(id) ?? 0,
    activity,
    certificates: certificatesOf(context, source),
    product: req.query['product'],
  })
  sendAdminPage(req, res, { status, title: `${labelOf(source)} – SSO source`, body }, layout)
}

async function showListing(
  { context, layout, canAdd }: AdminSetup,
  req: Request,
  res: Response,
): Promise<void> {
  const all = context.editor.list()
  const query = textOf(req.query['q'])
  const found = all.filter((source) => isCalled(`${labelOf(source)} ${source.id}`, query))
  const pages = Math.max(1, Math.ceil(found.length / PAGE))
  const page = Math.min(pages, Math.max(1, Math.trunc(Number(req.query['page'])) || 1))
  const shown = found.slice((page - 1) * PAGE, page * PAGE)
  const deleted = textOf(req.query['deleted'])
  const body = listingPage({
    base: req.baseUrl,
    sources: await standingOf(context, shown),
    total: all.length,
    found: found.length,
    query,
    page,
    pages,
    canAdd,
    deleted: /^[\w-]{1,64}$/.test(deleted) ? deleted : undefined,
  })
  sendAdminPage(req, res, { title: 'SSO sources', body }, layout)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isCalled(name: string, query: string): boolean {
  return name.toLocaleLowerCase().includes(query.trim().toLocaleLowerCase())
}

/** The id must be typed, whether or not anybody is linked. */
async function deleteSource(setup: AdminSetup, req: Request<{ id: string }>, res: Response): Promise<void> {
  const { editor } = setup.context
  const { id } = req.params
  demandEditable(editor.get(id))
  const confirm = valueOf(formValues(req.body), 'confirm').trim()
  if (confirm !== id) {
    const deleteError = 'This is not the id of the source. Nothing was deleted.'
    return showSource(setup, req, res, id, { status: 422, deleteError })
  }
  await editor.delete(id, confirm)
  res.redirect(303, `${req.baseUrl}/?deleted=${encodeURIComponent(id)}`)
}
