import MongoStore from 'connect-mongo'
import mongoose, { type Collection, type ConnectOptions } from 'mongoose'
import type { JitError, JitOptions } from '../../src'
import type { Deliver, Person, TestIdp } from './idps'
import { testMongo } from './mongo'
import { MongoProxy } from './mongo-proxy'
import { Browser, type Page } from './oidc-browser'
import { webApp, type WebApp } from './web-app'

/** An app that reaches its users and sessions through a faulty proxy. */
export interface FaultyApp {
  app: WebApp
  proxy: MongoProxy
  /** The users, read without the proxy. */
  users: Collection
  /** The errors emitted since the test last read them. */
  errors: JitError[]
  start(idp: TestIdp, browser: Browser): Promise<Page>
  /** Starts a sign-in and signs in at the provider. Returns how to deliver the response. */
  answer(idp: TestIdp, browser: Browser, person: Person): Promise<Deliver>
  /** A whole sign-in. */
  signIn(idp: TestIdp, browser: Browser, person: Person): Promise<Page>
  /** The email of the user signed in in this browser, or undefined. */
  whoIs(browser: Browser): Promise<string | undefined>
  close(): Promise<void>
}

interface Setup {
  idps: TestIdp[]
  connect?: ConnectOptions
  options?: Partial<JitOptions>
}

/** The sources are named after their protocols. Each has had one sign-in, so connections and indexes exist. */
export async function faultyApp({ idps, connect, options }: Setup): Promise<FaultyApp> {
  const mongo = await testMongo()
  const proxy = await MongoProxy.before(mongo)
  const direct = await mongoose.createConnection(mongo.uri).asPromise()
  const app = await webApp({
    sources: () => idps.map((idp) => idp.source(idp.protocol)),
    mongo: { uri: proxy.uri, close: () => proxy.close() },
    // The driver's pause between two checks of a lost server; an undocumented option.
    connect: { minHeartbeatFrequencyMS: 1, ...connect },
    store: (connection) => MongoStore.create({ client: connection.getClient() as never }),
    options,
  })
  const errors: JitError[] = []
  app.jit.on('error', (error) => void errors.push(error as JitError))
  const made: FaultyApp = {
    ...{ app, proxy, errors, users: direct.collection('users') },
    start: (idp, browser) => browser.request(`${app.origin}/sso/${idp.protocol}/login`),
    async answer(idp, browser, person) {
      return idp.answer(browser, await made.start(idp, browser), person)
    },
    async signIn(idp, browser, person) {
      return (await made.answer(idp, browser, person))(browser)
    },
    async whoIs(browser) {
      const page = await browser.request(`${app.origin}/me`)
      return (JSON.parse(page.text) as { user: { email?: string } | null }).user?.email
    },
    async close() {
      await app.close()
      await direct.close()
      await mongo.close()
    },
  }
  for (const idp of idps) {
    const first = { subject: 'first', email: `${idp.protocol}@first.example`, title: 'First' }
    await made.signIn(idp, new Browser(), first)
  }
  return made
}
