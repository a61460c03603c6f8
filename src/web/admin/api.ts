import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  Router,
} from 'express'
import { type AdminSource, EditRefusal } from '../../sources/admin'
import { type AdminSetup, route } from './admin-context'
import { AdminRefusal, explained } from './admin-refusal'
import { apiSource, isObject, sentOptions } from './api-source'

/** Room for 1 MiB of metadata in JSON. */
const BODY_LIMIT = '3mb'

const PATCH = ['application/json', 'application/merge-patch+json']

/** The JSON API: the same sources by the same rules. */
export function apiRoutes(setup: AdminSetup): Router {
  const { editor } = setup.context
  const router = Router()
  router.use(demandJson, express.json({ limit: BODY_LIMIT, type: PATCH }))
  router.get('/sources', (_req, res) => void res.json({ sources: editor.list().map(apiSource) }))
  router.get(
    '/sources/:id',
    route((req, res) => answer(res, 200, editor.get(req.params.id))),
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

async function create({ saving }: AdminSetup, req: Request, res: Response): Promise<void> {
  const { source, warnings } = await saving.create(sentOptions(bodyOf(req)).options)
  res.location(`${req.baseUrl}/sources/${encodeURIComponent(source.id)}`)
  answer(res, 201, source, warnings)
}

async function update({ saving }: AdminSetup, req: Request<{ id: string }>, res: Response): Promise<void> {
  const { options, version } = sentOptions(bodyOf(req))
  const edited = editedVersion(version, req.get('If-Match'))
  const { source, warnings } = await saving.update(req.params.id, options, edited)
  answer(res, 200, source, warnings)
}

function answer(res: Response, status: number, source: AdminSource, warnings?: readonly string[]): void {
  if (source.version !== undefined) res.set('ETag', `"${source.version}"`)
  res.status(status).json({ ...apiSource(source), ...(warnings && { warnings }) })
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
  if (isObject(body)) return body
  throw new EditRefusal('invalid', 'The body must be a JSON object.', {
    problems: [{ option: '', message: 'must be a JSON object' }],
  })
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
  throw new EditRefusal('invalid', 'The version is not valid.', {
    problems: [{ option: 'version', message: 'must be the whole number that the source was read with' }],
  })
}

/** Every problem as `application/problem+json` (RFC 9457). */
export const apiErrors: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  const told = explained(error)
  if (!told || res.headersSent) return next(error)
  const { status, title, message } = told
  res
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title, status, detail: message, ...membersOf(error) }))
}

function membersOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof EditRefusal)) return {}
  const { problems, current, linkedUsers } = error.details
  return { code: error.reason, errors: problems, current: current && apiSource(current), linkedUsers }
}
