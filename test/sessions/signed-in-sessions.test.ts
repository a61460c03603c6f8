import { setTimeout as wait } from 'node:timers/promises'
import express, { type RequestHandler } from 'express'
import { MemoryStore } from 'express-session'
import mongoose from 'mongoose'
import { type CommandInfo, startDevMongo } from 'dev-mongo'
import type { JitError } from '../../src/index'
import { SignedInSessions } from '../../src/sessions/signed-in-sessions'
import type { ProviderLogout, ProviderSession } from '../../src/sessions/provider-session'
import { testMongo } from '../helpers/mongo'
import { Browser, type Page } from '../helpers/oidc-browser'
import { createKeys, type Keys } from '../helpers/saml-idp'
import {
  IDP,
  logoutRequestXml,
  me,
  redirectQuery,
  samlAnswer,
  samlSignIn,
  slo,
} from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

const DAY = 86_400_000

let keys: Keys
let app: WebApp
let browser: Browser

beforeAll(async () => {
  keys = await createKeys('idp')
})
beforeEach(() => {
  browser = new Browser()
})
afterEach(async () => {
  await app?.close()
  app = undefined as never
})

const stored = (): Promise<Record<string, unknown>[]> =>
  app.User.db
    .collection('jitSessions')
    .find({ source: { $exists: true } })
    .toArray()

/** A LogoutRequest for Ann, issued this many seconds from now. */
function order(issued = 0, sessionIndexes: string[] = []): Promise<Page> {
  const destination = `${app.origin}/sso/okta/logout`
  const xml = logoutRequestXml({ destination, issued, sessionIndexes })
  return new Browser().request(`${destination}?${redirectQuery('SAMLRequest', xml, keys)}`)
}

describe('a session that starts at the app’s own route', () => {
  const own = (
    handler: (req: express.Request, res: express.Response, next: express.NextFunction) => RequestHandler,
  ) => {
    const router = express.Router()
    router.use('/sso/okta/callback', express.urlencoded({ extended: false }), (req, res, next) => {
      app.passport.use(app.jit.strategy('okta'))
      handler(req, res, next)(req, res, next)
    })
    router.use('/sso/okta/callback', (req, res) => void res.json({ user: req.user ?? null }))
    return router
  }
  const plain = (options: object = {}): RequestHandler =>
    app.passport.authenticate('okta', options) as RequestHandler
  const withCallback = (
    req: express.Request,
    res: express.Response,
    next: express.NextFunction,
  ): RequestHandler =>
    app.passport.authenticate('okta', (error: unknown, user: Express.User) => {
      req.login(user, (failed: unknown) => (failed ? next(failed) : res.json({ user: req.user })))
    }) as RequestHandler

  it.each([
    ['signed in by Passport', () => plain()],
    ['signed in by the app in a callback', withCallback],
    ['with keepSessionInfo', () => plain({ keepSessionInfo: true })],
    [
      'signed in by the strategy itself',
      () => app.passport.authenticate(app.jit.strategy('okta')) as RequestHandler,
    ],
  ])('can be ended by the provider: %s', async (_, handler) => {
    app = await webApp({ sources: () => [slo(keys)], before: [own(handler)] })
    await samlSignIn(app, keys, browser)
    expect(await me(app, browser)).toBe('ann-1@corp.example')
    await order()
    expect(await me(app, browser)).toBeUndefined()
    expect(await stored()).toEqual([])
  })

  it('does not start if it cannot be saved before the response', async () => {
    const store = new MemoryStore()
    const save = store.set.bind(store)
    let saves = 0
    store.set = (id, data, done) => (++saves === 1 ? done?.(new Error('no room')) : save(id, data, done))
    app = await webApp({ sources: () => [slo(keys)], before: [own(() => plain())], session: { store } })
    const failed = await samlSignIn(app, keys, browser)
    expect([failed.status, saves]).toEqual([500, 1])
    expect(await me(app, browser)).toBeUndefined()
  })

  it.each([
    ['Passport’s session option is false', { session: false }],
    ['the user goes to another property', { assignProperty: 'account' }],
  ])('is not recorded if %s', async (_, options) => {
    app = await webApp({ sources: () => [slo(keys)], before: [own(() => plain(options))] })
    expect((await samlSignIn(app, keys, browser)).status).toBe(200)
    expect(await stored()).toEqual([])
  })
})

describe('the record of a session', () => {
  it('contains what logout needs, and nothing else about the person', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    await samlSignIn(app, keys, browser, { name: `Format="f" NameQualifier="n" SPNameQualifier="s"` })
    expect(await stored()).toEqual([
      {
        _id: expect.stringMatching(/^\S{32}$/),
        ...{ source: 'okta', issuer: IDP, subject: 'ann-1', providerSession: 'session-1' },
        nameId: { format: 'f', nameQualifier: 'n', spNameQualifier: 's' },
        issuedAt: expect.any(Date),
        ...{ person: expect.stringMatching(/^\S{43}$/), atProvider: expect.stringMatching(/^\S{43}$/) },
        user: expect.stringMatching(/^\S{43}$/),
        expiresAt: expect.any(Date),
      },
    ])
  })

  it.each([
    ['its cookie lives', { maxAge: 30 * DAY }, 120],
    ['stores keep a session without a lifetime', {}, 104],
  ])('is kept 90 days longer than %s', async (_, cookie, days) => {
    app = await webApp({ sources: () => [slo(keys)], session: { cookie } })
    await samlSignIn(app, keys, browser)
    const [record] = await stored()
    const left = (record!['expiresAt'] as Date).getTime() - Date.now()
    expect(Math.abs(left - days * DAY)).toBeLessThan(60_000)
    const indexes = await app.User.db.collection('jitSessions').indexes()
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }))
  })

  it('is deleted with its session when the person signs out', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    await samlSignIn(app, keys, browser)
    await browser.request(`${app.origin}/sso/logout`, {}, { origin: app.origin })
    expect(await stored()).toEqual([])
  })

  it('is separate from another app’s with the same database and source but its own sessions', async () => {
    const mongo = await testMongo()
    app = await webApp({ sources: () => [slo(keys)], mongo })
    const other = await webApp({
      sources: () => [slo(keys)],
      mongo: { uri: mongo.uri, close: () => Promise.resolve() },
      session: { name: 'other.sid' },
    })
    await samlSignIn(app, keys, browser)
    await samlSignIn(other, keys, browser)
    await order()
    expect([await me(app, browser), await me(other, browser)]).toEqual([undefined, 'ann-1@corp.example'])
    expect(await stored()).toHaveLength(1)
    await other.close()
  })
})

describe('a session whose record cannot be written', () => {
  it('does not start, and the person can try again', async () => {
    const database = await startDevMongo()
    const store = new MemoryStore()
    app = await webApp({
      sources: () => [slo(keys)],
      session: { store },
      mongo: { uri: `${database.uri}/test`, close: () => database.close() },
    })
    const errors: string[] = []
    app.jit.on('error', (error) => errors.push((error as JitError).code))
    await samlSignIn(app, keys, new Browser())
    const signedIn = (): number =>
      Object.values(store['sessions' as never]).filter((text) => String(text).includes('"user"')).length
    expect(signedIn()).toBe(1)
    const behave = database.misbehave({ command: 'update', drop: true })
    const page = await samlSignIn(app, keys, browser)
    expect([page.status, page.text.includes('database_unavailable')]).toEqual([503, true])
    behave()
    expect(errors).toEqual(['database_unavailable'])
    expect(await me(app, browser)).toBeUndefined()
    expect(signedIn()).toBe(1)
    expect((await samlSignIn(app, keys, browser)).status).toBe(302)
    expect(await me(app, browser)).toBe('ann-1@corp.example')
  })
})

const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'

describe('an assertion that arrives after a logout', () => {
  it.each([
    ['a logout of the person', []],
    ['a logout of the session', ['session-1']],
  ])('starts no session if it was issued before: %s', async (_, indexes) => {
    app = await webApp({ sources: () => [slo(keys)] })
    await samlSignIn(app, keys, new Browser())
    const start = await browser.request(`${app.origin}/sso/okta/login`)
    await order(0, indexes)
    const refused: unknown[] = []
    app.jit.on('refused', ({ code, details }) => refused.push(code, details.check))
    const page = await samlAnswer(app, keys, browser, { issued: -5 }, start)
    expect([page.status, refused]).toEqual([403, ['invalid_assertion', 'session']])
    expect(await me(app, browser)).toBeUndefined()
    expect(await stored()).toEqual([])
  })

  it('starts a session if it was requested after the logout, with any issue time', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    await order()
    expect((await samlSignIn(app, keys, browser, { issued: -5 })).status).toBe(302)
    expect(await me(app, browser)).toBeDefined()
  })

  it.each([
    ['was issued after the logout', { issued: 0 }, []],
    ['belongs to another session', { issued: -5, sessionIndex: 'session-2' }, ['session-1']],
    ['belongs to another person', { issued: -5, nameId: 'bob-1' }, []],
    ['has a NameID of another format', { issued: -5, name: `Format="${EMAIL}"` }, []],
  ])('starts a session if it %s', async (_, as, indexes) => {
    app = await webApp({ sources: () => [slo(keys)] })
    const start = await browser.request(`${app.origin}/sso/okta/login`)
    await order(-2, indexes)
    expect((await samlAnswer(app, keys, browser, as, start)).status).toBe(302)
    expect(await me(app, browser)).toBeDefined()
  })

  it('starts no session that survives a concurrent logout', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const sessions = new SignedInSessions(app.User.db, `${app.origin}/sso`)
    for (let i = 0; i < 100; i++) {
      const person = { source: 'okta', issuer: IDP, subject: `ann-${i}` }
      const signedIn: ProviderSession = { ...person, issuedAt: new Date(Date.now() - 1000) }
      const logout: ProviderLogout = { ...person, providerSessions: [], issuedAt: new Date() }
      const [begun, ended] = await Promise.all([
        wait((i % 10) / 2).then(() => sessions.begin(`session-${i}`, signedIn)),
        wait((i % 7) / 2).then(() => sessions.endedBy(logout)),
      ])
      if (begun) expect(ended).toEqual([`session-${i}`])
    }
  })
})

describe('an app that reads from secondaries', () => {
  it('has sign-ins and logouts read from the primary, which has the latest writes', async () => {
    const mongo = await testMongo()
    // Mongoose creates no indexes on a connection like this.
    await (await webApp({ sources: () => [slo(keys)], mongo: { ...mongo, close: async () => {} } })).close()
    const uri = new URL(mongo.uri)
    uri.searchParams.set('readPreference', 'secondaryPreferred')
    app = await webApp({ sources: () => [slo(keys)], mongo: { ...mongo, uri: uri.href } })
    const find = jest.spyOn(mongoose.mongo.Collection.prototype, 'find')
    await samlSignIn(app, keys, browser)
    expect((await order()).status).toBe(302)
    await samlSignIn(app, keys, browser)
    await browser.request(`${app.origin}/sso/logout`, {}, { origin: app.origin })
    const reads = find.mock.contexts.map((collection, i) => {
      const { readPreference } = find.mock.calls[i]?.[1] as { readPreference?: string }
      return `${(collection as { collectionName: string }).collectionName}: ${readPreference}`
    })
    find.mockRestore()
    expect(reads.filter((read) => read.startsWith('jitSessions'))).toEqual(
      Array(4).fill('jitSessions: primary'),
    )
  })
})

describe('among many sessions', () => {
  it('never scans, and adds two commands to a sign-in', async () => {
    const mongo = await testMongo()
    app = await webApp({ sources: () => [slo(keys)], mongo })
    await app.User.db.collection('jitSessions').insertMany(
      Array.from({ length: 5_000 }, (_, i) => ({
        ...{
          source: 'okta',
          issuer: IDP,
          subject: `p${i}`,
          person: `person ${i}`,
          atProvider: `session ${i}`,
        },
        ...{ issuedAt: new Date(), expiresAt: new Date(Date.now() + DAY) },
      })),
    )
    await samlSignIn(app, keys, browser)
    const seen: CommandInfo[] = []
    const note = (info: CommandInfo): void => void (info.collection === 'jitSessions' && seen.push(info))
    mongo.devMongo?.on('command', note)
    await samlSignIn(app, keys, browser)
    const signIn = seen.map(({ name }) => name)
    await order()
    await samlSignIn(app, keys, browser)
    await browser.request(`${app.origin}/sso/logout`, {}, { origin: app.origin })
    mongo.devMongo?.off('command', note)
    // Another server does not report its scans.
    if (!mongo.devMongo) return
    expect(signIn).toEqual(['update', 'find'])
    expect(seen.filter(({ plan }) => plan === 'COLLSCAN')).toEqual([])
    expect(Math.max(...seen.map(({ docsExamined }) => docsExamined))).toBeLessThan(5)
  })

  it('finds a session by the provider’s SessionIndex or sid without a scan', async () => {
    const mongo = await testMongo()
    app = await webApp({ sources: () => [slo(keys)], mongo })
    const sessions = new SignedInSessions(app.User.db, `${app.origin}/sso`)
    const at = { source: 'entra', issuer: IDP }
    for (const sid of ['a', 'b', 'c']) {
      await sessions.begin(`session-${sid}`, {
        ...at,
        subject: 'ann',
        providerSession: sid,
        issuedAt: new Date(),
      })
    }
    const plans: (string | undefined)[] = []
    mongo.devMongo?.on('command', ({ name, plan }) => plans.push(`${name} ${plan}`))
    const ended = await sessions.endedBy({ ...at, providerSessions: ['b'], issuedAt: new Date() })
    expect(ended).toEqual(['session-b'])
    if (mongo.devMongo) expect(plans).toEqual(['update IXSCAN', 'find IXSCAN'])
  })
})
