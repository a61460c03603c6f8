import MongoStore from 'connect-mongo'
import mongoose, { type Collection, type ConnectOptions } from 'mongoose'
import type { JitError, JitOptions } from '../../src'
import type { Deliver, Person, TestIdp } from './idps'
import { testMongo } from './mongo'
import { MongoProxy } from './mongo-proxy'
import { Browser, type Page } from './oidc-browser'
import { webApp, type WebApp } from './web-app'

/** An app that keeps users and sessions in a database which it reaches through a proxy that breaks things. */
export interface FaultyApp {
  app: WebApp
  proxy: MongoProxy
  /** The users, past the proxy. */
  users: Collection
  /** What reached the `error` event, since the test took it. */
  errors: JitError[]
  start(idp: TestIdp, browser: Browser): Promise<Page>
  /** Lets a person start a sign-in and sign in at the provider, up to the answer. */
  answer(idp: TestIdp, browser: Browser, person: Person): Promise<Deliver>
  /** A whole sign-in. */
  signIn(idp: TestIdp, browser: Browser, person: Person): Promise<Page>
  /** The e-mail address of the user as whom the app knows this browser; undefined for nobody. */
  whoIs(browser: Browser): Promise<string | undefined>
  close(): Promise<void>
}

interface Setup {
  idps: TestIdp[]
  connect?: ConnectOptions
  options?: Partial<JitOptions>
}

/** The sources are called after their protocols. Has had one sign-in each, so that connections and indexes are there. */
export async function faultyApp({ idps, connect, options }: Setup): Promise<FaultyApp> {
  const mongo = await testMongo()
  const proxy = await MongoProxy.before(mongo)
  const direct = await mongoose.createConnection(mongo.uri).asPromise()
  const app = await webApp({
    sources: () => idps.map((idp) => idp.source(idp.protocol)),
    mongo: { uri: proxy.uri, close: () => proxy.close() },
    // How long the driver waits between two looks at a server that was lost; no documented option.
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
