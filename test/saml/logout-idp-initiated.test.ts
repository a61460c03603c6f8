import { verify } from 'node:crypto'
import MongoStore from 'connect-mongo'
import express from 'express'
import express4 from 'express4'
import { MemoryStore, type Store } from 'express-session'
import type { JitError } from '../../src/index'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser, type Page } from '../helpers/oidc-browser'
import { algorithms, createKeys, encryptedId, type Keys } from '../helpers/saml-idp'
import {
  IDP,
  logoutRequestXml,
  type LogoutRequestOptions,
  me,
  messageIn,
  PERSISTENT,
  postForm,
  redirectQuery,
  samlSignIn,
  SLO,
  slo,
} from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

let keys: Keys
let sp: Keys
let app: WebApp

beforeAll(async () => {
  ;[keys, sp] = await Promise.all([createKeys('idp.example'), createKeys('sp.example')])
})
afterEach(() => app?.close())

const address = (source = 'okta'): string => `${app.origin}/sso/${source}/logout`
/** A browser without the session cookie: the identity provider's frame. */
const stranger = new Browser()

/** Sends a valid request from the identity provider, except for `options`. */
function order(
  options: Partial<LogoutRequestOptions> = {},
  source = 'okta',
  browser = stranger,
): Promise<Page> {
  const xml = logoutRequestXml({ destination: address(source), ...options })
  return browser.request(`${address(source)}?${redirectQuery('SAMLRequest', xml, keys)}`)
}

async function signedIn(as: Parameters<typeof samlSignIn>[3] = {}, on = app): Promise<Browser> {
  const browser = new Browser()
  expect((await samlSignIn(on, keys, browser, as)).status).toBe(302)
  expect(await me(on, browser)).toBeDefined()
  return browser
}

function status(page: Page): string {
  return /StatusCode Value="[^"]*:(\w+)"/.exec(messageIn(page, 'SAMLResponse'))![1]!
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('a LogoutRequest from the identity provider, with %s', (_, framework) => {
  describe.each([
    ['MemoryStore', (): Store => new MemoryStore()],
    ['connect-mongo', (mongo: TestMongo): Store => MongoStore.create({ mongoUrl: mongo.uri })],
  ])('and %s', (_store, makeStore) => {
    let store: Store
    beforeEach(async () => {
      const mongo = await testMongo()
      store = makeStore(mongo)
      app = await webApp({
        sources: () => [slo(keys)],
        framework,
        mongo,
        session: { store, cookie: { maxAge: 3_600_000, sameSite: 'lax' } },
      })
    })
    afterEach(() => (store as { close?: () => Promise<void> }).close?.())

    it.each(['HTTP-Redirect', 'HTTP-POST'])(
      'by %s ends the person’s session, and gets a LogoutResponse',
      async (binding) => {
        const [ann, bob] = [await signedIn(), await signedIn({ nameId: 'bob-1' })]
        const told: unknown[] = []
        app.jit.on('logout', (ended) => told.push(ended))
        const xml = logoutRequestXml({ id: '_order-1', destination: address() })
        const relayState = `a b+c&d=é'()*!~`
        const page =
          binding === 'HTTP-POST'
            ? await stranger.request(address(), postForm('SAMLRequest', xml, keys, relayState))
            : await stranger.request(
                `${address()}?${redirectQuery('SAMLRequest', xml, keys, { relayState })}`,
              )
        expect(page.status).toBe(302)
        const location = new URL(page.headers.get('location')!)
        expect(location.origin + location.pathname).toBe(SLO)
        expect(location.searchParams.get('RelayState')).toBe(relayState)
        expect(messageIn(page, 'SAMLResponse')).toContain(' InResponseTo="_order-1"')
        expect(status(page)).toBe('Success')
        expect([await me(app, ann), await me(app, bob)]).toEqual([undefined, 'bob-1@corp.example'])
        expect(told).toEqual([{ source: 'okta', sessions: [expect.any(String)] }])
      },
    )
  })
})

describe('a LogoutRequest', () => {
  it('ends every session of the person at that source, in every browser, and no other', async () => {
    app = await webApp({ sources: () => [slo(keys), slo(keys, 'other')] })
    const laptop = await signedIn({ sessionIndex: 'one' })
    const phone = await signedIn({ sessionIndex: 'two' })
    const unnamed = await signedIn({ sessionIndex: null })
    const elsewhere = await signedIn({ source: 'other', sessionIndex: 'one' })
    expect(status(await order())).toBe('Success')
    const left = await Promise.all([laptop, phone, unnamed, elsewhere].map((browser) => me(app, browser)))
    expect(left).toEqual([undefined, undefined, undefined, 'ann-1@corp.example'])
  })

  it('ends the sessions that it names, and the person’s sessions without a SessionIndex', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const sessions = ['one', 'two', 'three', null]
    const browsers = []
    for (const sessionIndex of sessions) browsers.push(await signedIn({ sessionIndex }))
    const bob = await signedIn({ nameId: 'bob-1', sessionIndex: 'one' })
    expect(status(await order({ sessionIndexes: ['one', 'two', 'unheard of'] }))).toBe('Success')
    expect(await Promise.all([...browsers, bob].map((browser) => me(app, browser)))).toEqual([
      undefined,
      undefined,
      'ann-1@corp.example',
      undefined,
      'bob-1@corp.example',
    ])
  })

  const named = (attributes: string) => ({ name: `<saml:NameID ${attributes}>ann-1</saml:NameID>` })
  it.each([
    ['in another format', `Format="${PERSISTENT.replace('persistent', 'transient')}"`, false],
    ['qualified by another provider', `Format="${PERSISTENT}" NameQualifier="https://other.example"`, false],
    [
      'qualified for another service',
      `Format="${PERSISTENT}" SPNameQualifier="https://other.example"`,
      false,
    ],
    ['without a format', '', true],
    ['in the unspecified format', 'Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"', false],
    ['in an empty format', 'Format="" NameQualifier=""', true],
    [
      'with the original qualifiers',
      `Format="${PERSISTENT}" NameQualifier="${IDP}" SPNameQualifier="sp"`,
      true,
    ],
  ])('with a NameID %s ends only a matching session', async (_, attributes, ends) => {
    app = await webApp({ sources: () => [slo(keys)] })
    const name = `Format="${PERSISTENT}" NameQualifier="${IDP}" SPNameQualifier="sp"`
    const ann = await signedIn({ name })
    expect(status(await order(named(attributes)))).toBe('Success')
    expect(await me(app, ann)).toBe(ends ? undefined : 'ann-1@corp.example')
  })

  it('is read no matter how its XML is formatted', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const [one, two] = [await signedIn({ sessionIndex: 'one' }), await signedIn({ sessionIndex: 'two' })]
    const printed = {
      issuer: `\n  ${IDP}\n`,
      destination: ` ${address()}&#10;`,
      name: `<saml:NameID Format=" ${PERSISTENT} ">\n  ann-1\n</saml:NameID>`,
      sessionIndexes: ['\n  one\n'],
    }
    expect(status(await order(printed))).toBe('Success')
    expect([await me(app, one), await me(app, two)]).toEqual([undefined, 'ann-1@corp.example'])
  })

  it.each(['ann-1 ', ' ann-1', 'ann-1\n'])('with the NameID %j doesn’t match ann-1', async (nameId) => {
    app = await webApp({ sources: () => [slo(keys)] })
    const ann = await signedIn()
    expect(status(await order({ nameId }))).toBe('Success')
    expect(await me(app, ann)).toBe('ann-1@corp.example')
  })

  it('is answered at the address for responses if one is set', async () => {
    const logoutResponseUrl = `${IDP}/done?tenant=7`
    app = await webApp({ sources: () => [slo(keys, 'okta', { logoutResponseUrl })] })
    const page = await order()
    expect(page.headers.get('location')).toContain(`${logoutResponseUrl}&SAMLResponse=`)
    expect(messageIn(page, 'SAMLResponse')).toContain(` Destination="${logoutResponseUrl}"`)
  })

  it('ends the session of a transient NameID', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const format = `Format="${PERSISTENT.replace('persistent', 'transient')}"`
    // Needs an existing user: a transient name alone creates none.
    await signedIn({ email: 'ann@corp.example' })
    const ann = await signedIn({ nameId: '_t1', name: format, email: 'ann@corp.example' })
    expect(status(await order({ name: `<saml:NameID ${format}>_t1</saml:NameID>` }))).toBe('Success')
    expect(await me(app, ann)).toBeUndefined()
  })

  it('can name the person in an EncryptedID', async () => {
    app = await webApp({
      sources: () => [slo(keys, 'okta', { decryptionPvk: sp.key, decryptionCert: sp.cert })],
    })
    const [ann, bob] = [await signedIn(), await signedIn({ nameId: 'bob-1' })]
    const text = '<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">ann-1</saml:NameID>'
    const name = await encryptedId(text, sp)
    expect(status(await order({ name }))).toBe('Success')
    expect([await me(app, ann), await me(app, bob)]).toEqual([undefined, 'bob-1@corp.example'])
  })

  it('ends the session of the requesting browser, which is not saved again', async () => {
    app = await webApp({ sources: () => [slo(keys)], session: { resave: true, saveUninitialized: true } })
    const ann = await signedIn()
    expect(status(await order({}, 'okta', ann))).toBe('Success')
    expect(await me(app, ann)).toBeUndefined()
  })

  it('succeeds for a person who is not signed in', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    expect(status(await order({ nameId: 'nobody' }))).toBe('Success')
  })

  it('works at another instance with the same database and store, through a source disabled there', async () => {
    const mongo = await testMongo()
    const stores = [0, 1].map(() => MongoStore.create({ mongoUrl: mongo.uri }))
    app = await webApp({ sources: () => [slo(keys)], mongo, session: { store: stores[0] } })
    const [ann, bob] = [await signedIn(), await signedIn({ nameId: 'bob-1' })]
    const other = await webApp({
      sources: () => [{ ...slo(keys), enabled: false }],
      mongo: { uri: mongo.uri, close: () => Promise.resolve() },
      options: { baseUrl: `${app.origin}/sso` },
      session: { store: stores[1] },
    })
    const query = redirectQuery('SAMLRequest', logoutRequestXml({ destination: address() }), keys)
    expect(status(await stranger.request(`${other.origin}/sso/okta/logout?${query}`))).toBe('Success')
    expect([await me(app, ann), await me(app, bob)]).toEqual([undefined, 'bob-1@corp.example'])
    await other.close()
    await Promise.all(stores.map((store) => store.close()))
  })

  it('gets a signed LogoutResponse if there is a key, and otherwise an unsigned one', async () => {
    app = await webApp({
      sources: () => [slo(keys), slo(keys, 'signing', { privateKey: sp.key, publicCert: sp.cert })],
    })
    expect((await order()).headers.get('location')).not.toContain('Signature')
    const xml = logoutRequestXml({ destination: address('signing') })
    const query = redirectQuery('SAMLRequest', xml, keys, { relayState: "it's (a) state!*~" })
    const page = await stranger.request(`${address('signing')}?${query}`)
    const [signed, signature] = new URL(page.headers.get('location')!).search.slice(1).split('&Signature=')
    expect(signed).toMatch(/^SAMLResponse=[^&]+&RelayState=[^&]+&SigAlg=[^&]+rsa-sha256$/)
    const value = Buffer.from(decodeURIComponent(signature!), 'base64')
    expect(verify('RSA-SHA256', Buffer.from(signed!), sp.cert, value)).toBe(true)
  })

  it('ends sessions and says so if there is no URL to respond to', async () => {
    app = await webApp({ sources: () => [slo(keys, 'okta', { logoutUrl: undefined })] })
    const ann = await signedIn()
    const page = await order()
    expect([page.status, page.text.includes('You are signed out')]).toEqual([200, true])
    expect(await me(app, ann)).toBeUndefined()
  })

  it('can use SHA-1 if the source allows it', async () => {
    app = await webApp({ sources: () => [slo(keys, 'okta', { allowSha1: true })] })
    const ann = await signedIn()
    const xml = logoutRequestXml({ destination: address() })
    const query = redirectQuery('SAMLRequest', xml, keys, { algorithm: algorithms.rsaSha1 })
    expect(status(await stranger.request(`${address()}?${query}`))).toBe('Success')
    expect(await me(app, ann)).toBeUndefined()
  })
})

describe('if sessions cannot be ended,', () => {
  it('ends the others, tells the provider, and accepts the same request again', async () => {
    const store = new MemoryStore()
    app = await webApp({ sources: () => [slo(keys)], session: { store } })
    const browsers = [await signedIn({ sessionIndex: 'a' }), await signedIn({ sessionIndex: 'b' })]
    const [errors, ended]: [JitError[], number[]] = [[], []]
    app.jit.on('error', (error) => errors.push(error as JitError))
    app.jit.on('logout', ({ sessions }) => ended.push(sessions.length))
    const stubborn = Object.keys(store['sessions' as never])[0]
    const really = store.destroy.bind(store)
    const destroy = jest.spyOn(store, 'destroy').mockImplementation((id, done) => {
      if (id === stubborn) done?.(new Error('store is down'))
      else really(id, done)
    })
    const again = { id: '_again' }
    expect(status(await order(again))).toBe('Responder')
    expect(await Promise.all(browsers.map((browser) => me(app, browser)))).toEqual([
      'ann-1@corp.example',
      undefined,
    ])
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['database_unavailable', expect.stringContaining('could not end 1 of')],
    ])
    destroy.mockRestore()
    expect(status(await order(again))).toBe('Success')
    expect(await me(app, browsers[0]!)).toBeUndefined()
    expect(ended).toEqual([1, 1])
    expect((await order(again)).status).toBe(403)
  })

  it('tells the provider if express-session is missing', async () => {
    const withoutStore: express.RequestHandler = (req, _res, next) => {
      Object.assign(req, { sessionStore: undefined })
      next()
    }
    app = await webApp({ sources: () => [slo(keys)], before: [withoutStore] })
    const errors: string[] = []
    app.jit.on('error', ({ message }) => errors.push(message))
    expect(status(await order())).toBe('Responder')
    expect(errors).toEqual([expect.stringContaining('express-session must come before the router')])
  })

  it('ends a session again if a concurrent request saved it back', async () => {
    let goOn: (() => void) | undefined
    const slow: express.RequestHandler = (req, res, next) => {
      if (req.path !== '/slow') return next()
      Object.assign(req.session, { cart: 1 })
      goOn = () => void res.end()
    }
    const store = new MemoryStore()
    app = await webApp({ sources: () => [slo(keys)], before: [slow], session: { store } })
    const ann = await signedIn()
    const underWay = ann.request(`${app.origin}/slow`)
    await until(() => Promise.resolve(goOn !== undefined))
    expect(status(await order())).toBe('Success')
    const written = jest.spyOn(store, 'set')
    goOn?.()
    await underWay
    expect(written).toHaveBeenCalledTimes(1)
    await until(async () => (await me(app, ann)) === undefined)
  })
})

async function until(so: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 5_000; !(await so());) {
    if (Date.now() > end) throw new Error('It did not come')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
