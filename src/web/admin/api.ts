import express, { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express'
import { isObject } from '../../sources/merge-patch'
import { type AdminSource, demandEditable, EditRefusal } from '../../stored-sources/admin-source'
import { errorHandler } from '../error-handler'
import { type AdminSetup, route, type Visit } from './admin-context'
import { AdminRefusal, describeError } from './admin-refusal'
import { apiSource, apiSourceStatus, sentOptions } from './api-source'
import { statusesOf } from './source-status'

/** Room for 1 MiB of metadata in JSON. */
const BODY_LIMIT = '3mb'

/** How deep a body may be nested. A source needs three levels. */
const MAX_DEPTH = 20

const PATCH = ['application/json', 'application/merge-patch+json']

/** The JSON API. It edits the same sources by the same rules as the pages. */
export function apiRoutes(): Router {
  const router = Router()
  router.use(demandJson, express.json({ limit: BODY_LIMIT, type: PATCH }))
  router.get(
    '/sources',
    route(async ({ setup, res }) => {
      const sources = await statusesOf(setup, setup.editor.list())
      res.json({ sources: sources.map(apiSourceStatus) })
    }),
  )
  const showOne = (visit: Visit): Promise<void> => answer(visit, visit.setup.editor.get(visit.req.params.id))
  router.get('/sources/:id', route(showOne))
  router.post('/sources', route(create))
  router.patch('/sources/:id', route(update))
  router.delete(
    '/sources/:id',
    route(async ({ setup, req, res }) => {
      const { confirm } = req.query
      await setup.editor.delete(req.params.id, typeof confirm === 'string' ? confirm : undefined)
      res.status(204).end()
    }),
  )
  router.use((_req, _res, next) => next(new AdminRefusal(404, 'Not found', 'The API has no such path.')))
  return router
}

async function create(visit: Visit): Promise<void> {
  const { setup, req, res } = visit
  const { source, warnings } = await setup.editor.create(sentOptions(bodyOf(req)).options)
  res.status(201).location(`${req.baseUrl}/sources/${encodeURIComponent(source.id)}`)
  await answer(visit, source, warnings)
}

async function update(visit: Visit): Promise<void> {
  const { setup, req } = visit
  const { id } = req.params
  // First, since a source in code has no version to send.
  demandEditable(setup.editor.get(id))
  const { options, version } = sentOptions(bodyOf(req))
  const edited = editedVersion(version, req.get('If-Match'))
  const { source, warnings } = await setup.editor.update(id, options, edited)
  await answer(visit, source, warnings)
}

async function answer({ setup, res }: Visit, source: AdminSource, warnings?: string[]): Promise<void> {
  const [status] = await statusesOf(setup, [source])
  if (source.version !== undefined) res.set('ETag', `"${source.version}"`)
  res.json({ ...apiSourceStatus(status!), ...(warnings && { warnings }) })
}

/**
 * A form of another site can't send JSON without asking first (CORS), so it can't change anything. A request without a
 * body needs no type: its origin was checked before.
 */
const demandJson: RequestHandler = (req, _res, next) => {
  const accepted = req.method === 'PATCH' ? PATCH : ['application/json']
  const isExempt = ['GET', 'HEAD', 'OPTIONS'].includes(req.method) || !hasBody(req)
  if (isExempt || accepted.includes(mediaType(req))) return next()
  const message = `Send it with Content-Type: ${accepted.join(' or ')}.`
  next(new AdminRefusal(415, 'Unsupported media type', message))
}

/** RFC 9112 6.3. */
function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0
}

function mediaType(req: Request): string {
  const [type = ''] = (req.get('Content-Type') ?? '').split(';', 1)
  return type.trim().toLowerCase()
}

function bodyOf(req: Visit['req']): Record<string, unknown> {
  const body: unknown = req.body
  if (!isObject(body)) throw unusable('', 'must be a JSON object')
  if (isDeeper(body, MAX_DEPTH)) throw unusable('', `must be nested at most ${MAX_DEPTH} deep`)
  return body
}

/** Goes level by level, since recursion into deep nesting would overflow the stack. */
function isDeeper(value: unknown, depth: number): boolean {
  let level = [value]
  for (let i = 0; i <= depth; i++) {
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? Object.values(item as Record<string, unknown>) : [],
    )
  }
  return level.length > 0
}

function unusable(option: string, message: string): EditRefusal {
  return new EditRefusal('invalid', 'The request can’t be used.', { problems: [{ option, message }] })
}

/** From the body or from `If-Match`. If both are sent, they must agree. */
function editedVersion(inBody: unknown, header: string | undefined): number {
  const inHeader = header === undefined ? undefined : Number(/^(?:W\/)?"?(\d+)"?$/.exec(header.trim())?.[1])
  if (inBody === undefined && inHeader === undefined) {
    const message = 'Send the version that was edited, as "version" or in If-Match.'
    throw new AdminRefusal(428, 'The version is missing', message)
  }
  const version = inBody ?? inHeader
  if (Number.isInteger(version) && (inHeader === undefined || inHeader === version)) return version as number
  throw unusable('version', 'must be the whole number that the source was read with')
}

/** Answers errors as `application/problem+json` (RFC 9457), without a word of errors that aren't this library's own. */
export function apiErrors({ report }: AdminSetup): ErrorRequestHandler {
  return errorHandler(({ error, res, next }) => {
    if (res.headersSent) return next(error)
    const description = describeError(error)
    if (!description) void report(error)
    const { status, title, message } = description ?? unexplained
    res
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title, status, detail: message, ...membersOf(error) }))
  })
}

const unexplained = { status: 500, title: 'Something is broken', message: 'The app’s log says what.' }

function membersOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof EditRefusal)) return {}
  const { problems, current, linkedUsers } = error.details
  return { code: error.reason, errors: problems, current: current && apiSource(current), linkedUsers }
}
