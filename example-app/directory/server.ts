import express, { type Express, type Request, type RequestHandler, type Response } from 'express'
import { loopbackApp } from '../web/loopback-app'
import { sameOriginOnly } from '../web/security'
import { applicationsPage, type ProviderFacts } from './applications-page'
import { readPerson } from './form'
import { listPage, nameMissing, notFoundPage, personPage, saved } from './pages'
import type { People, Person } from './people'
import { newPerson } from './seed'

export interface DirectoryOptions {
  people: People
  /** The address of this server: `http://127.0.0.1:4000`. */
  origin: string
  /** The app that Acme's people sign in to. */
  appUrl: string
  providers: ProviderFacts
}

/** Acme's directory: pages for its admin, and an API for its two providers (`/api/people`). */
export function createDirectory({ people, origin, appUrl, providers }: DirectoryOptions): Express {
  const app = loopbackApp(origin)
  app.use(sameOriginOnly(origin))
  app.use(express.urlencoded({ extended: false, limit: '1mb', parameterLimit: 5000 }))

  app.get('/', (_req, res) => void res.send(listPage(people.all(), appUrl)))
  app.get('/applications', (_req, res) => void res.send(applicationsPage(providers, appUrl)))
  app.get('/api/people', (_req, res) => void res.json(people.all().filter(({ active }) => active)))
  app.get('/people/new', (_req, res) => void res.send(personPage({ input: newPerson })))
  app.post('/people', (req, res) => save(people, req, res))
  app.use('/people/:id', personRouter(people))

  app.use((_req, res) => void res.status(404).send(notFoundPage()))
  return app
}

/** The routes of one person. */
function personRouter(people: People): RequestHandler {
  const router = express.Router({ mergeParams: true })
  router.use((req: Request<{ id: string }>, res, next) => {
    res.locals.person = people.find(req.params.id)
    next(res.locals.person ? undefined : 'router')
  })
  router.get('/', (req, res) => {
    const { person } = res.locals as { person: Person }
    res.send(personPage({ person, input: person, message: 'saved' in req.query ? saved : undefined }))
  })
  router.post('/', (req, res) => save(people, req, res))
  for (const [path, active] of [['/activate', true] as const, ['/deactivate', false] as const]) {
    router.post(path, (_req, res) => {
      const { id } = (res.locals as { person: Person }).person
      people.change(id, { active })
      res.redirect(303, `/people/${id}`)
    })
  }
  return router
}

/** Adds or changes a person from the form. An incomplete form is shown again with its values. */
function save(people: People, req: Request, res: Response): void {
  const { person } = res.locals as { person?: Person }
  const input = readPerson(req.body)
  if (!input.name) return void res.status(422).send(personPage({ person, input, message: nameMissing }))
  const { id } = person ?? people.add(input)
  people.change(id, input)
  res.redirect(303, `/people/${id}?saved`)
}
