import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express'
import type { JitContext } from '../../passport/context'
import { type AdminSource, demandEditable, EditRefusal } from '../../stored-sources/admin-source'
import { type AdminSetup, route } from './admin-context'
import { AdminRefusal, explained } from './admin-refusal'
import { apiSource, apiStandingSource, isObject, sentOptions } from './api-source'
import { standingOf } from './source-status'

/** Room for 1 MiB of metadata in JSON. */
const BODY_LIMIT = '3mb'

/** How deep a body may be nested: a source needs three. */
const MAX_DEPTH = 20

const PATCH = ['application/json', 'application/merge-patch+json']

/** The JSON API: the same sources by the same rules. */
export function apiRoutes(setup: AdminSetup): Router {
  const { editor } = setup.context
  const router = Router()
  router.use(demandJson, express.json({ limit: BODY_LIMIT, type: PATCH }))
  router.get(
    '/sources',
    route(async (_req, res) => {
      const sources = await standingOf(setup.context, editor.list())
      res.json({ sources: sources.map(apiStandingSource) })
    }),
  )
  router.get(
    '/sources/:id',
    route((req, res) => answer(setup, res, 200, editor.get(req.params.id))),
  )
  router.post(
    '/sources',
    route((req, res) => create(setup, req, res)),
  )
  router.patch(
    '/sources/:id',
    route((req, res) => update(setup, req, res)),
  )
  router.delete(
    '/sources/:id',
    route(async (req, res) => {
      const { confirm } = req.query
      await editor.delete(req.params.id, typeof confirm === 'string' ? confirm : undefined)
      res.status(204).end()
    }),
  )
  router.use((_req, _res, next) => next(new AdminRefusal(404, 'Not found', 'The API has no such address.')))
  return router
}

async function create(setup: AdminSetup, req: Request, res: Response): Promise<void> {
  const { source, warnings } = await setup.saving.create(sentOptions(bodyOf(req)).options)
  res.location(`${req.baseUrl}/sources/${encodeURIComponent(source.id)}`)
  await answer(setup, res, 201, source, warnings)
}

async function update(setup: AdminSetup, req: Request<{ id: string }>, res: Response): Promise<void> {
  const { id } = req.params
  // There is no version to send of a source that is in code, or is none.
  demandEditable(setup.context.editor.get(id))
  const { options, version } = sentOptions(bodyOf(req))
  const edited = editedVersion(version, req.get('If-Match'))
  const { source, warnings } = await setup.saving.update(id, options, edited)
  await answer(setup, res, 200, source, warnings)
}

async function answer(
  { context }: AdminSetup,
  res: Response,
  status: number,
  source: AdminSource,
  warnings?: readonly string[],
): Promise<void> {
  const told = (await standingOf(context, [source])).map(apiStandingSource)[0]
  if (source.version !== undefined) res.set('ETag', `"${source.version}"`)
  res.status(status).json({ ...told, ...(warnings && { warnings }) })
}

/** A form of another site cannot send JSON without asking first (CORS), and so cannot change anything. */
const demandJson: RequestHandler = (req, _res, next) => {
  const accepted = req.method === 'PATCH' ? PATCH : ['application/json']
  if (['GET', 'HEAD', 'OPTIONS'].includes(req.method) || accepted.includes(mediaType(req))) return next()
  const message = `Send it with Content-Type: ${accepted.join(' or ')}.`
  next(new AdminRefusal(415, 'Unsupported media type', message))
}

function mediaType(req: Request): string {
  const [type = ''] = (req.get('Content-Type') ?? '').split(';', 1)
  return type.trim().toLowerCase()
}

function bodyOf(req: Request): Record<string, unknown> {
  const body: unknown = req.body
  if (!isObject(body)) throw unusable('', 'must be a JSON object')
  if (isDeeper(body, MAX_DEPTH)) throw unusable('', `must be nested at most ${MAX_DEPTH} deep`)
  return body
}

/** Level by level: what is nested a hundred thousand deep has no place on the stack. */
function isDeeper(value: unknown, depth: number): boolean {
  let level = [value]
  for (let i = 0; i <= depth; i++) {
    level = level.flatMap((one) => (isContainer(one) ? Object.values(one) : []))
  }
  return level.length > 0
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function unusable(option: string, message: string): EditRefusal {
  return new EditRefusal('invalid', 'What was sent cannot be used.', { problems: [{ option, message }] })
}

/** From the body or from `If-Match`; both must agree. */
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

/** Every problem as `application/problem+json` (RFC 9457). What is not this library's own is told without a word of it. */
export function apiErrors(context: JitContext): ErrorRequestHandler {
  return (error: unknown, _req, res, next) => {
    if (res.headersSent) return next(error)
    const told = explained(error)
    if (!told) void context.report(error)
    const { status, title, message } = told ?? unexplained
    res
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify({ type: 'about:blank', title, status, detail: message, ...membersOf(error) }))
  }
}

const unexplained = { status: 500, title: 'Something is broken', message: 'The app’s log says what.' }

function membersOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof EditRefusal)) return {}
  const { problems, current, linkedUsers } = error.details
  return { code: error.reason, errors: problems, current: current && apiSource(current), linkedUsers }
}
