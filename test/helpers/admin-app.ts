import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type RequestHandler } from 'express'
import mongoose, { Schema } from 'mongoose'
import passport from 'passport'
import {
  type AdminRouterOptions,
  createJit,
  type Jit,
  jitUser,
  type JitOptions,
  type JitUserOptions,
  mongoSources,
  type SourceConfig,
} from '../../src'
import { companyFields, companySchema } from './company'
import { testMongo, type TestMongo } from './mongo'

/** An app with an admin area at `/admin/sso`. The cookie `who` (admin, member) sets who is signed in. */
export interface AdminApp {
  origin: string
  /** The address of the admin area. */
  admin: string
  jit: Jit
  User: mongoose.Model<Record<string, unknown>>
  connection: mongoose.Connection
  /** The editor of its sources in the database. */
  encryptionKey: Buffer
  close(): Promise<void>
}

interface Setup {
  /** Sources in code. */
  code?: SourceConfig[]
  /** Whether it has a database of sources. Default: true. */
  database?: boolean
  framework?: typeof express
  /** The app's middleware before the admin area, such as body parsers. */
  before?: RequestHandler[]
  options?: Partial<JitOptions>
  admin?: Partial<AdminRouterOptions>
  fields?: JitUserOptions & { schema: mongoose.SchemaDefinition }
  mongo?: TestMongo
}

export async function adminApp(setup: Setup = {}): Promise<AdminApp> {
  const { code = [], database = true, framework = express, before = [] } = setup
  const mongo = setup.mongo ?? (await testMongo())
  const connection = await mongoose.createConnection(mongo.uri).asPromise()
  const { schema, ...model } = setup.fields ?? { schema: companySchema, fields: companyFields }
  const User = connection.model('User', new Schema(schema).plugin(jitUser, model))
  const app = framework()
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const encryptionKey = randomBytes(32)
  const stored = database ? [mongoSources(connection, { encryptionKey })] : []
  const jit = createJit({
    ...{ userModel: User, baseUrl: `${origin}/sso`, sources: [...code, ...stored] },
    passport: new passport.Passport() as never,
    ...(setup.options as object),
  })
  await jit.ready()
  app.use(signedIn, ...before)
  app.use('/sso', jit.router())
  app.use('/admin/sso', jit.adminRouter({ authorize: isAdmin, ...setup.admin }))
  return {
    origin,
    admin: `${origin}/admin/sso`,
    jit: jit as unknown as Jit,
    User: User as never,
    connection,
    encryptionKey,
    async close() {
      server.closeAllConnections()
      server.close()
      await jit.close()
      await connection.close()
      await mongo.close()
    },
  }
}

const signedIn: RequestHandler = (req, _res, next) => {
  const who = /\bwho=(\w+)/.exec(req.get('Cookie') ?? '')?.[1]
  if (who) req.user = { who }
  next()
}

const isAdmin: AdminRouterOptions['authorize'] = (req) => {
  const user: { who?: string } = { ...req.user }
  return Promise.resolve(user.who === 'admin')
}
