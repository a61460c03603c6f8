/** An Express app in a process of its own. Both sides run the same app with different strategies. Prints its origin. */
import type { AddressInfo } from 'node:net'
import MongoStore from 'connect-mongo'
import express from 'express'
import session from 'express-session'
import mongoose, { type Connection } from 'mongoose'
import { type Authenticator, Passport } from 'passport'
import { type AppSettings, cpuUsed } from '../settings'
import { useBare } from '../subjects/bare'
import { Counter } from '../subjects/counter'
import { useJit } from '../subjects/jit'

type Handler = express.RequestHandler<{ id: string }>

async function main({ side, uri, sources, count = false }: AppSettings): Promise<void> {
  const connection = await mongoose.createConnection(uri, { monitorCommands: count }).asPromise()
  const passport = new Passport() as unknown as Authenticator
  await (side === 'jit' ? useJit : useBare)(passport, connection, sources)
  const counter = new Counter(connection)
  const app = express()
  app.get('/cpu', (_req, res) => void res.json(cpuUsed()))
  app.get('/sent', (_req, res) => void res.json(counter.take()))
  app.use('/sso', signInRoutes(passport, connection))
  const server = app.listen(0, '127.0.0.1', () => {
    console.log(`ORIGIN=http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
}

function signInRoutes(passport: Authenticator, connection: Connection): express.Router {
  passport.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  passport.deserializeUser((id, done) => {
    const User = connection.model<object>('User')
    User.findById(id).then((user) => done(null, user), done)
  })
  const authenticate: Handler = (req, res, next) => {
    ;(passport.authenticate(req.params.id) as Handler)(req, res, next)
  }
  const store = MongoStore.create({ client: connection.getClient() as never, dbName: connection.name })
  const router = express.Router()
  router.use(session({ secret: 'bench', resave: false, saveUninitialized: false, store }))
  router.use(passport.session() as express.RequestHandler)
  router.get('/:id/login', authenticate)
  router.use('/:id/callback', express.urlencoded({ extended: false, limit: '1mb' }))
  router.all('/:id/callback', authenticate, (req, res) => {
    const { jit } = (req.authInfo ?? {}) as { jit?: { outcome: string } }
    res.json({ outcome: jit?.outcome })
  })
  return router
}

process.stdin.resume().on('end', () => process.exit())
void main(JSON.parse(process.argv[2]!) as AppSettings)
