import { setTimeout as wait } from 'node:timers/promises'
import MongoStore from 'connect-mongo'
import session from 'express-session'
import mongoose, { type ConnectOptions } from 'mongoose'
import { until } from '../helpers/cluster'
import { type FaultyApp, faultyApp } from '../helpers/faulty-app'
import { OidcIdp, type Person } from '../helpers/idps'
import { testMongo } from '../helpers/mongo'
import type { Mishap } from '../helpers/mongo-proxy'
import { Browser, type Page } from '../helpers/oidc-browser'
import { webApp } from '../helpers/web-app'

let idp: OidcIdp
let faulty: FaultyApp
let browser: Browser
let person: Person
let people = 0

beforeAll(async () => {
  idp = await OidcIdp.start()
})
beforeEach(() => {
  browser = new Browser()
  person = newPerson()
})
afterEach(async () => {
  // Its default.
  mongoose.set('bufferTimeoutMS', 10_000)
  await faulty.close()
})
afterAll(() => idp.close())

function newPerson(): Person {
  const id = `p${++people}`
  return { subject: id, email: `${id}@corp.example`, title: 'Boss' }
}

/** Mongoose's connection options. */
async function connectedWith(connect: ConnectOptions = {}): Promise<FaultyApp> {
  return (faulty = await faultyApp({ idps: [idp], connect }))
}

/** Delivers a response to the app. Also returns the time it took, in milliseconds. */
async function timed(deliver: () => Promise<Page>): Promise<[Page, number]> {
  const started = performance.now()
  return [await deliver(), performance.now() - started]
}

const users = ({ email } = person): Promise<number> => faulty.users.countDocuments({ email })
const signIn = (): Promise<Page> => faulty.signIn(idp, new Browser(), person)

/** Breaks each command of a sign-in in turn. Each ends in time, and the person's next sign-in works. */
async function expectRecovery(mishap: Mishap): Promise<void> {
  let failed = 0
  for (let nth = 1; ; nth++) {
    person = newPerson()
    browser = new Browser()
    const deliver = await faulty.answer(idp, browser, person)
    faulty.proxy.breakAt(mishap, nth)
    const page = await deliver(browser)
    const { broken } = faulty.proxy
    await faulty.proxy.heal()
    expect([302, 503]).toContain(page.status)
    expect(await faulty.whoIs(browser)).toBe(page.status === 302 ? person.email : undefined)
    expect((await signIn()).status).toBe(302)
    expect(await users()).toBe(1)
    if (page.status === 503) failed++
    if (!broken) break
  }
  expect(new Set(faulty.errors.map(({ code }) => code))).toEqual(new Set(['database_unavailable']))
  expect(faulty.errors).toHaveLength(failed)
}

describe('a database that is down', () => {
  it('returns 503 within the driver’s timeout, and accepts the earlier Response once it is back', async () => {
    const { proxy } = await connectedWith({ serverSelectionTimeoutMS: 500 })
    const deliver = await faulty.answer(idp, browser, person)
    await proxy.goAway()
    for (const request of [() => deliver(browser), () => faulty.start(idp, new Browser())]) {
      const page = await request()
      expect([page.status, page.text.includes('database_unavailable')]).toEqual([503, true])
    }
    await proxy.heal()
    expect((await deliver(browser)).status).toBe(302)
    expect([await faulty.whoIs(browser), await users()]).toEqual([person.email, 1])
  })

  it('returns 503 within Mongoose’s own timeout once Mongoose is disconnected', async () => {
    mongoose.set('bufferTimeoutMS', 300)
    const { proxy, app } = await connectedWith({ serverSelectionTimeoutMS: 300, heartbeatFrequencyMS: 500 })
    const deliver = await faulty.answer(idp, browser, person)
    await proxy.goAway()
    await until(() => app.User.db.readyState === mongoose.ConnectionStates.disconnected)
    const page = await deliver(browser)
    expect([page.status, page.text.includes('database_unavailable')]).toEqual([503, true])
    await proxy.heal()
    expect((await deliver(browser)).status).toBe(302)
  })

  it('returns 503 if it goes down at any command of a sign-in, and the next sign-in works once it is back', async () => {
    await connectedWith({ serverSelectionTimeoutMS: 300 })
    await expectRecovery('gone')
  })
})

describe('a slow database', () => {
  it('slows sign-ins down', async () => {
    const { proxy } = await connectedWith()
    proxy.breakAt({ delayMs: 100 })
    const [page, took] = await timed(signIn)
    expect(page.status).toBe(302)
    expect(took).toBeGreaterThan(800)
  })

  it('returns 503 if it exceeds the driver’s timeout, and a late write creates no second user', async () => {
    const { proxy } = await connectedWith({ socketTimeoutMS: 200 })
    const deliver = await faulty.answer(idp, browser, person)
    proxy.breakAt({ delayMs: 700 }, 4)
    expect((await deliver(browser)).status).toBe(503)
    expect([proxy.broken, await users()]).toEqual(['insert', 0])
    await proxy.heal()
    expect((await signIn()).status).toBe(302)
    await wait(800)
    expect(await users()).toBe(1)
    person.title = 'Chief'
    expect((await signIn()).status).toBe(302)
    expect(await faulty.users.find({ email: person.email }).toArray()).toMatchObject([
      { title: 'Chief', identities: [{ subject: person.subject }] },
    ])
  })
})

describe('a database that does not respond', () => {
  it('returns 503 for a command within socketTimeoutMS', async () => {
    await connectedWith({ socketTimeoutMS: 200 })
    await expectRecovery('hang')
  })

  it('returns 503 once the driver’s monitoring detects it', async () => {
    const { proxy } = await connectedWith({
      ...{ heartbeatFrequencyMS: 500, connectTimeoutMS: 200, serverSelectionTimeoutMS: 500 },
    })
    const deliver = await faulty.answer(idp, browser, person)
    proxy.fallSilent()
    const page = await deliver(browser)
    expect(page.status).toBe(503)
    await proxy.heal()
    expect((await signIn()).status).toBe(302)
  })

  it('without any timeout, signs the person in on a retry, and does not delay others', async () => {
    const { proxy } = await connectedWith()
    const deliver = await faulty.answer(idp, browser, person)
    proxy.breakAt('hang', 2)
    const hanging = deliver(browser).catch(() => undefined)
    while (!proxy.broken) await wait(10)
    expect(proxy.broken).toBe('find')
    await proxy.heal()
    const [next, took] = await timed(signIn)
    expect([next.status, took > 4_000]).toEqual([302, true])
    const [other, tookOther] = await timed(() => faulty.signIn(idp, new Browser(), newPerson()))
    expect([other.status, tookOther < took]).toEqual([302, true])
    await proxy.goAway()
    await hanging
    await proxy.heal()
    expect(await users()).toBe(1)
  })

  it('returns 503 to a second person within waitQueueTimeoutMS if the first holds the only connection', async () => {
    const { proxy } = await connectedWith({ maxPoolSize: 1, waitQueueTimeoutMS: 200 })
    const [other, otherBrowser] = [newPerson(), new Browser()]
    const deliver = await faulty.answer(idp, browser, person)
    const deliverOther = await faulty.answer(idp, otherBrowser, other)
    proxy.breakAt({ delayMs: 2_000 }, 2)
    let ended = false
    const first = deliver(browser).finally(() => (ended = true))
    while (!proxy.broken) await wait(5)
    const page = await deliverOther(otherBrowser)
    expect([page.status, ended]).toEqual([503, false])
    expect(faulty.errors.map(({ cause }) => (cause as Error).name)).toEqual(['MongoWaitQueueTimeoutError'])
    expect((await first).status).toBe(302)
    expect((await deliverOther(otherBrowser)).status).toBe(302)
  })
})

describe('a primary that steps down', () => {
  it.each([
    [10107, 'NotWritablePrimary'],
    [11602, 'InterruptedDueToReplStateChange'],
    [91, 'ShutdownInProgress'],
  ])('returns 503 with %d %s at any command, and the next sign-in works', async (code, codeName) => {
    await connectedWith()
    await expectRecovery({ answer: { ok: 0, code, codeName, errmsg: 'not primary' } })
  })
})

describe('a session store', () => {
  /** An app that keeps its sessions in another place than its users. */
  async function signInWith(
    store: session.Store,
  ): Promise<{ status: number; session: string | null; users: number }> {
    const mongo = await testMongo()
    const sources = [idp.source('oidc')]
    const app = await webApp({ sources: () => sources, mongo, store: () => store })
    const start = await browser.request(`${app.origin}/sso/oidc/login`)
    const { status } = await (await idp.answer(browser, start, person))(browser)
    const { user } = JSON.parse((await browser.request(`${app.origin}/me`)).text) as {
      user: { email: string } | null
    }
    const found = await app.User.countDocuments({ email: person.email })
    await app.close()
    return { status, session: user?.email ?? null, users: found }
  }

  it('returns 503 and signs nobody in if its MongoDB is down', async () => {
    await connectedWith()
    const { proxy } = faulty
    const store = MongoStore.create({ mongoUrl: proxy.uri, mongoOptions: { serverSelectionTimeoutMS: 300 } })
    await new Promise<void>((resolve) => store.length(() => resolve()))
    await proxy.goAway()
    expect(await signInWith(store)).toEqual({ status: 503, session: null, users: 1 })
    await proxy.heal()
    expect(await signInWith(store)).toEqual({ status: 302, session: person.email, users: 1 })
    await store.close()
  })

  it('leaves its own error to the app, and signs nobody in, if it fails once', async () => {
    await connectedWith()
    const store = new session.MemoryStore()
    jest.spyOn(store, 'set').mockImplementationOnce((_id, _session, done) => done?.(new Error('away')))
    expect(await signInWith(store)).toEqual({ status: 500, session: null, users: 1 })
  })
})
