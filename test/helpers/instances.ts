import { once } from 'node:events'
import { createServer, request as forward, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Request } from 'express'
import session, { MemoryStore } from 'express-session'
import mongoose, { type Connection, Schema } from 'mongoose'
import passport from 'passport'
import type { CommandStartedEvent } from 'mongodb'
import { createJit, type EncryptionKey, type Jit, jitUser, mongoSources } from '../../src'
import { companyFields, companySchema } from './company'
import { testMongo, type TestMongo } from './mongo'

/** One of several instances of an app behind one address. */
export interface AppInstance {
  jit: Jit
  /** The messages of its `error` and `refused` events. */
  told: Error[]
  /** The number of database commands on a collection since the last call. */
  commands(collection: string): number
}

/** Instances with one database, behind one address that leads to one of them. */
export interface Instances {
  origin: string
  mongo: TestMongo
  connection: Connection
  all: AppInstance[]
  /** Makes the address lead to this instance. */
  use(instance: AppInstance | undefined): void
  close(): Promise<void>
}

/**
 * Starts one instance per encryption key. `prepare` fills the database before they start. The header `x-admin` makes a
 * request an admin's.
 */
export async function startInstances(
  keys: readonly EncryptionKey[],
  prepare?: (connection: Connection) => Promise<void>,
): Promise<Instances> {
  const mongo = await testMongo()
  const connection = await mongoose.createConnection(mongo.uri).asPromise()
  await prepare?.(connection)
  let target = 0
  const balancer = await listening((req, res) => {
    const { method, url, headers } = req
    const onward = forward({ host: '127.0.0.1', port: target, method, path: url, headers }, (answer) => {
      res.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(res)
    })
    req.pipe(onward.on('error', () => res.destroy()))
  })
  const origin = originOf(balancer)
  const sessions = new MemoryStore()
  const started = await Promise.all(keys.map((key) => startInstance(mongo, key, `${origin}/sso`, sessions)))
  const use = (instance: AppInstance | undefined): void => {
    target = started.find((one) => one.instance === instance)!.port
  }
  const all = started.map(({ instance }) => instance)
  use(all[0])
  return {
    ...{ origin, mongo, connection, all, use },
    async close() {
      end(balancer)
      for (const one of started) await one.close()
      await connection.close()
      await mongo.close()
    },
  }
}

async function startInstance(mongo: TestMongo, key: EncryptionKey, baseUrl: string, store: MemoryStore) {
  const connection = await mongoose.createConnection(mongo.uri, { monitorCommands: true }).asPromise()
  const User = connection.model('User', new Schema(companySchema).plugin(jitUser, { fields: companyFields }))
  const own = new passport.Passport()
  own.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  own.deserializeUser((id, done) => void User.findById(id).then((user) => done(null, user), done))
  const jit = createJit({
    ...{ userModel: User, baseUrl, passport: own as never },
    sources: [mongoSources(connection, { encryptionKey: key })],
  })
  const told: Error[] = []
  jit.on('error', (error) => void told.push(error))
  jit.on('refused', (error) => void told.push(error))
  await jit.ready()
  const app = express()
  app.use(session({ store, secret: 'test', resave: false, saveUninitialized: false }), own.session())
  app.use('/sso', jit.router())
  app.use('/admin/sso', jit.adminRouter({ authorize: (req: Request) => req.get('x-admin') }))
  app.get('/sources', jit.exposeSources(), (_req, res) => void res.json(res.locals['ssoSources']))
  app.use((req, res) => void res.json({ at: req.url, user: req.user ?? null }))
  const server = await listening(app)
  let sent: string[] = []
  connection.getClient().on('commandStarted', ({ command }: CommandStartedEvent) => {
    sent.push(...Object.values(command as object).filter((one) => typeof one === 'string'))
  })
  const commands = (collection: string): number => {
    const count = sent.filter((one) => one === collection).length
    sent = sent.filter((one) => one !== collection)
    return count
  }
  const instance: AppInstance = { jit: jit, told, commands }
  const close = async (): Promise<void> => {
    end(server)
    await jit.close()
    await connection.close()
  }
  return { instance, close, port: Number(new URL(originOf(server)).port) }
}

async function listening(handler: Parameters<typeof createServer>[1]): Promise<Server> {
  const server = createServer(handler as never).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function end(server: Server): void {
  server.closeAllConnections()
  server.close()
}
