import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import MongoStore from 'connect-mongo'
import express from 'express'
import session from 'express-session'
import mongoose, { type Connection } from 'mongoose'
import { type Authenticator, Passport } from 'passport'
import { serve, settings } from '../process/serve'
import { cpuUsed, heapUsed } from '../process/usage'
import { useBare } from './bare-side'
import { Counter } from './counter'
import { useJit } from './jit-side'
import type { AppSettings } from './settings'

/** What an app of the bench can be asked. */
export type AppCommands = {
  origin(): string
  cpuUsed(): number
  heapUsed(): number
  /** What went to each collection since the last time. */
  sent(): ReturnType<Counter['take']>
}

/** An app as teams write it, in a process of its own: the same on each side but for its strategies. */
async function main({ side, uri, signIns, count = false }: AppSettings): Promise<void> {
  const connection = await mongoose.createConnection(uri, { monitorCommands: count }).asPromise()
  const passport = new Passport() as unknown as Authenticator
  if (side === 'jit') await useJit(passport, connection, signIns)
  else await useBare(passport, connection, signIns, side === 'safe')
  const server = appOf(passport, connection).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const counter = new Counter(connection)
  serve({
    origin: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cpuUsed,
    heapUsed,
    sent: () => counter.take(),
  } satisfies AppCommands)
}

function appOf(passport: Authenticator, connection: Connection): express.Express {
  passport.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  passport.deserializeUser((id, done) => {
    const User = connection.model<object>('User')
    User.findById(id).then((user) => done(null, user), done)
  })
  const authenticate: express.RequestHandler<{ id: string }> = (req, res, next) => {
    ;(passport.authenticate(req.params.id) as express.RequestHandler<{ id: string }>)(req, res, next)
  }
  const store = MongoStore.create({ client: connection.getClient() as never, dbName: connection.name })
  const app = express()
  app.use(session({ secret: 'bench', resave: false, saveUninitialized: false, store }))
  app.use(passport.session() as express.RequestHandler)
  app.get('/sso/:id/login', authenticate)
  app.use('/sso/:id/callback', express.urlencoded({ extended: false, limit: '1mb' }))
  app.all('/sso/:id/callback', authenticate, (req, res) => {
    const { jit } = (req.authInfo ?? {}) as { jit?: { outcome: string } }
    res.json({ outcome: jit?.outcome })
  })
  return app
}

void main(settings<AppSettings>())
