import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import session, { type SessionOptions } from 'express-session'
import mongoose, { Schema } from 'mongoose'
import passport from 'passport'
import {
  createJit,
  type Jit,
  type JitOptions,
  jitUser,
  type JitUserOptions,
  type RouterOptions,
  type SourceConfig,
} from '../../src'
import { companyFields, companySchema } from './company'
import { testMongo, type TestMongo } from './mongo'

/** A typical app with the router mounted, listening on loopback. */
export interface WebApp {
  origin: string
  jit: Jit
  /** The app's own instance. */
  passport: InstanceType<typeof passport.Passport>
  User: mongoose.Model<Record<string, unknown>>
  close(): Promise<void>
}

interface Setup {
  sources: (baseUrl: string) => SourceConfig[] | Promise<SourceConfig[]>
  router?: RouterOptions
  /** More options of `createJit`. */
  options?: Partial<JitOptions>
  /** More options of express-session. */
  session?: Partial<SessionOptions>
  /** The app's middleware before the router. */
  before?: RequestHandler[]
  /** The framework. Default: Express 5. */
  framework?: typeof express
  fields?: { schema: mongoose.SchemaDefinition; fields: JitUserOptions['fields'] }
  /** A schema that already uses the plugin. */
  schema?: Schema
  /** A database to use instead of a fresh one. */
  mongo?: Pick<TestMongo, 'uri' | 'close'>
  /** More connection options for Mongoose. */
  connect?: mongoose.ConnectOptions
  /** The session store. Default: in memory. */
  store?: (connection: mongoose.Connection) => session.Store
}

export async function webApp(setup: Setup): Promise<WebApp> {
  const { sources, router, options, before = [], framework = express, mongo = await testMongo() } = setup
  const connection = await mongoose
    .createConnection(mongo.uri, { serverSelectionTimeoutMS: 1000, ...setup.connect })
    .asPromise()
  const { schema, fields } = setup.fields ?? { schema: companySchema, fields: companyFields }
  const User = connection.model('User', setup.schema ?? new Schema(schema).plugin(jitUser, { fields }))
  const app = framework()
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const own = new passport.Passport()
  own.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  own.deserializeUser((id, done) => {
    User.findById(id).then((user) => done(null, user), done)
  })
  const baseUrl = `${origin}/sso`
  const jit = createJit({
    ...{ userModel: User, baseUrl, sources: await sources(baseUrl), passport: own },
    ...(options as object),
  })
  await jit.ready()

  const store = setup.store?.(connection)
  app.use(
    session({
      ...{ secret: 'test', resave: false, saveUninitialized: false, cookie: { sameSite: 'lax' }, store },
      ...setup.session,
    }),
  )
  app.use(own.session())
  before.forEach((middleware) => app.use(middleware))
  app.use('/sso', jit.router(router))
  app.get('/sources', jit.exposeSources(), (_req, res) => void res.json(res.locals['ssoSources']))
  app.use((req, res) => void res.json({ at: req.url, user: req.user ?? null }))
  return {
    origin,
    jit,
    passport: own,
    User: User as never,
    async close() {
      server.closeAllConnections()
      server.close()
      await jit.close()
      await connection.close()
      await mongo.close()
    },
  }
}
