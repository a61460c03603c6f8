import { randomUUID } from 'node:crypto'
import MongoStore from 'connect-mongo'
import express from 'express'
import express4 from 'express4'
import { MemoryStore, type Store } from 'express-session'
import { SignJWT } from 'jose'
import type { JitError, OidcOptions, SourceConfig } from '../../src/index'
import { certificate } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser, type Page } from '../helpers/oidc-browser'
import { cut, HostileProvider, type Json, makeKey } from '../helpers/oidc-hostile'
import { me } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const provider = new HostileProvider()
let app: WebApp

beforeAll(() => provider.start())
afterAll(() => provider.close())
beforeEach(async () => {
  Object.assign(provider, { bend: {}, keys: [await makeKey()] })
})
afterEach(() => app?.close())

function source(id = 'entra', oidc: Partial<OidcOptions> = {}): SourceConfig {
  return {
    id,
    protocol: 'oidc',
    provisioning: true,
    linking: 'trusted',
    oidc: { issuer: provider.issuer, clientID: 'app', clientSecret: 's'.repeat(40), ...oidc },
  }
}

interface As {
  source?: string
  sub?: string
  sid?: string
  claims?: Json
}

async function signedIn(as: As = {}, browser = new Browser()): Promise<Browser> {
  const { sub = 'ann', sid, claims } = as
  provider.bend.claims = (given) => ({
    ...given,
    sub,
    email: `${sub}@corp.example`,
    ...(sid && { sid }),
    ...claims,
  })
  provider.bend.userInfo = { sub }
  const page = await browser.follow(`${app.origin}/sso/${as.source ?? 'entra'}/login`)
  expect(JSON.parse(page.text)).toMatchObject({ user: { email: `${sub}@corp.example` } })
  return browser
}

const address = (id = 'entra'): string => `${app.origin}/sso/${id}/backchannel-logout`

/** A valid logout token, except for `changes`; undefined omits a claim. */
function tokenClaims(changes: Json = {}): Json {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: provider.issuer, aud: 'app', iat: now, exp: now + 120, jti: randomUUID(), sub: 'ann' }
  return { ...claims, events: { [EVENT]: {} }, ...changes }
}

/** Posts a token as the provider does, without a cookie. */
function post(token: string, id = 'entra'): Promise<Page> {
  return new Browser().request(address(id), { logout_token: token })
}

async function order(changes: Json = {}, id = 'entra'): Promise<Page> {
  return post(await provider.sign(tokenClaims(changes), { typ: 'logout+jwt' }), id)
}

const stored = (): Promise<Json[]> =>
  app.User.db
    .collection('jitSessions')
    .find({ orderedAt: { $exists: false } })
    .toArray()
const signOut = (browser: Browser, on = app): Promise<Page> =>
  browser.request(`${on.origin}/sso/logout`, {}, { origin: app.origin })

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('a logout token, with %s', (_, framework) => {
  it.each([
    ['MemoryStore', (): Store => new MemoryStore()],
    ['connect-mongo', (mongo: TestMongo): Store => MongoStore.create({ mongoUrl: mongo.uri })],
  ])('ends the session identified by sid, with %s', async (_store, makeStore) => {
    const mongo = await testMongo()
    const store = makeStore(mongo)
    app = await webApp({ sources: () => [source()], framework, mongo, session: { store } })
    const [laptop, phone] = [await signedIn({ sid: 's1' }), await signedIn({ sid: 's2' })]
    const bob = await signedIn({ sub: 'bob', sid: 's3' })
    const told: unknown[] = []
    app.jit.on('logout', (ended) => told.push(ended))
    const page = await order({ sub: undefined, sid: 's1' })
    expect([page.status, page.headers.get('cache-control'), page.text]).toEqual([200, 'no-store', ''])
    expect([await me(app, laptop), await me(app, phone), await me(app, bob)]).toEqual([
      undefined,
      'ann@corp.example',
      'bob@corp.example',
    ])
    expect(told).toEqual([{ source: 'entra', sessions: [expect.any(String)] }])
    await (store as { close?: () => Promise<void> }).close?.()
  })
})

describe('a logout token', () => {
  it('without a sid, ends every session of that person at that source, and no other', async () => {
    app = await webApp({ sources: () => [source(), source('other')] })
    const ended = [await signedIn({ sid: 's1' }), await signedIn({ sid: 's2' }), await signedIn()]
    const left = [await signedIn({ sub: 'bob' }), await signedIn({ source: 'other', sid: 's1' })]
    expect((await order()).status).toBe(200)
    expect(await Promise.all(ended.map((browser) => me(app, browser)))).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(await Promise.all(left.map((browser) => me(app, browser)))).toEqual([
      'bob@corp.example',
      'ann@corp.example',
    ])
  })

  it('with sub and sid, ends that person’s session with that sid and those without one', async () => {
    app = await webApp({ sources: () => [source()] })
    const ended = [await signedIn({ sid: 's1' }), await signedIn()]
    const left = [await signedIn({ sid: 's2' }), await signedIn({ sub: 'bob', sid: 's1' })]
    expect((await order({ sid: 's1' })).status).toBe(200)
    expect(await Promise.all(ended.map((browser) => me(app, browser)))).toEqual([undefined, undefined])
    expect(await Promise.all(left.map((browser) => me(app, browser)))).toEqual([
      'ann@corp.example',
      'bob@corp.example',
    ])
  })

  it.each([undefined, 'JWT', 'jwt', 'logout+jwt', 'application/logout+jwt'])(
    'can be of type %s',
    async (typ) => {
      app = await webApp({ sources: () => [source()] })
      expect((await post(await provider.sign(tokenClaims(), { typ }))).status).toBe(200)
    },
  )

  it('can be about an unknown person, for a disabled source, and for several audiences', async () => {
    app = await webApp({ sources: () => [{ ...source(), enabled: false }] })
    expect((await order({ aud: ['other', 'app'] })).status).toBe(200)
  })

  it('can be signed with the provider’s newest key', async () => {
    app = await webApp({ sources: () => [source()] })
    const ann = await signedIn()
    provider.keys = [await makeKey('RS256')]
    expect((await order()).status).toBe(200)
    expect(await me(app, ann)).toBeUndefined()
  })

  it('may lack an expiry if it is at most five minutes old, and works once', async () => {
    app = await webApp({ sources: () => [source()] })
    for (const age of [0, 280]) {
      const ann = await signedIn()
      const iat = Math.floor(Date.now() / 1000) - age
      const token = await provider.sign(tokenClaims({ exp: undefined, iat }))
      expect((await post(token)).status).toBe(200)
      expect(await me(app, ann)).toBeUndefined()
      const again = await signedIn()
      expect((await post(token)).status).toBe(400)
      expect(await me(app, again)).toBe('ann@corp.example')
    }
  })

  it('is accepted once across instances, even at the same moment', async () => {
    const mongo = await testMongo()
    app = await webApp({ sources: () => [source()], mongo })
    const other = await webApp({
      sources: () => [source()],
      mongo: { uri: mongo.uri, close: () => Promise.resolve() },
      options: { baseUrl: `${app.origin}/sso` },
    })
    const form = { logout_token: await provider.sign(tokenClaims({ jti: 'once' })) }
    const path = '/sso/entra/backchannel-logout'
    const pages = await Promise.all(
      [app, other, app, other].map(({ origin }) => new Browser().request(origin + path, form)),
    )
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400])
    await other.close()
  })

  it('returns 400 if it could not be carried out, and can be sent again', async () => {
    const store = new MemoryStore()
    app = await webApp({ sources: () => [source()], session: { store } })
    const ann = await signedIn()
    const errors: string[] = []
    app.jit.on('error', (error) => errors.push((error as JitError).code))
    const token = await provider.sign(tokenClaims())
    const destroy = jest.spyOn(store, 'destroy').mockImplementation(() => {
      throw new Error('store is down')
    })
    const page = await post(token)
    expect([page.status, page.headers.get('cache-control')]).toEqual([400, 'no-store'])
    expect(JSON.parse(page.text)).toEqual({
      error: 'logout_failed',
      error_description: expect.stringMatching(/^The logout token was not carried out in full \(\w+\)\.$/),
    })
    expect(errors).toEqual(['database_unavailable'])
    expect(await me(app, ann)).toBe('ann@corp.example')
    destroy.mockRestore()
    expect((await post(token)).status).toBe(200)
    expect(await me(app, ann)).toBeUndefined()
  })
})

describe('a refused back-channel request', () => {
  const now = (): number => Math.floor(Date.now() / 1000)
  let issued = ''
  const claims: [string, string, () => Json][] = [
    ['from another issuer', 'iss', () => ({ iss: 'https://other.example' })],
    ['without an issuer', 'iss', () => ({ iss: undefined })],
    ['for another client', 'aud', () => ({ aud: 'other' })],
    ['without an audience', 'aud', () => ({ aud: undefined })],
    ['that has expired', 'exp', () => ({ exp: now() - 61 })],
    ['with a null expiry', 'exp', () => ({ exp: null })],
    ['without an expiry, five and a half minutes old', 'iat', () => ({ exp: undefined, iat: now() - 330 })],
    ['without an expiry and a time', 'iat', () => ({ exp: undefined, iat: undefined })],
    ['without an expiry and an ID', 'jti', () => ({ exp: undefined, jti: undefined })],
    ['that is seven minutes old', 'iat', () => ({ iat: now() - 420 })],
    ['from the future', 'iat', () => ({ iat: now() + 70 })],
    ['without a time', 'iat', () => ({ iat: undefined })],
    ['with a time that is a string', 'iat', () => ({ iat: `${now()}` })],
    ['without a jti', 'jti', () => ({ jti: undefined })],
    ['with a jti that is a number', 'jti', () => ({ jti: 7 })],
    ['with an empty jti', 'jti', () => ({ jti: '' })],
    ['without events', 'events', () => ({ events: undefined })],
    ['with another event', 'events', () => ({ events: { 'http://schemas.openid.net/event/other': {} } })],
    ['with an event that is true', 'events', () => ({ events: { [EVENT]: true } })],
    ['with an event that is a list', 'events', () => ({ events: { [EVENT]: [] } })],
    ['with events that are a list', 'events', () => ({ events: [EVENT] })],
    ['with a nonce', 'nonce', () => ({ nonce: 'n' })],
    ['with a nonce that is null', 'nonce', () => ({ nonce: null })],
    ['without a subject or session', 'sub', () => ({ sub: undefined })],
    ['with a subject that is an object', 'sub', () => ({ sub: { $gt: '' } })],
    ['with an empty subject', 'sub', () => ({ sub: '' })],
    ['with a sid that is an object', 'sid', () => ({ sid: { $gt: '' } })],
    ['with a sid that is null', 'sid', () => ({ sid: null })],
  ]
  const tokens: [string, string, () => Promise<string> | string][] = [
    ...claims.map(
      ([name, check, changes]) =>
        [name, check, () => provider.sign(tokenClaims(changes()))] as [string, string, () => Promise<string>],
    ),
    ['that is the ID token of a sign-in', 'events', () => issued],
    ['with the type of an access token', 'typ', () => provider.sign(tokenClaims(), { typ: 'at+jwt' })],
    [
      'signed with another key',
      'signature',
      async () => provider.sign(tokenClaims(), {}, { ...(await makeKey()), kid: provider.keys[0]!.kid }),
    ],
    [
      'signed with an unknown key',
      'signature',
      async () => provider.sign(tokenClaims(), {}, await makeKey()),
    ],
    [
      'that was changed',
      'signature',
      async () =>
        (await provider.sign(tokenClaims())).replace(
          /\.[^.]+\./,
          `.${encoded(tokenClaims({ sub: 'bob' }))}.`,
        ),
    ],
    ['that is unsigned', 'alg', () => `${encoded({ alg: 'none' })}.${encoded(tokenClaims())}.`],
    [
      'signed with the client secret',
      'alg',
      () => new SignJWT(tokenClaims()).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from('s'.repeat(40))),
    ],
    ['that is not a JWT', 'logout_token', () => 'x.y.z'],
    ['that is empty', 'logout_token', () => ''],
  ]
  it.each(tokens)('a token %s', async (_, check, token) => {
    app = await webApp({ sources: () => [source()] })
    provider.bend.sign = async (given) => (issued = await provider.sign({ ...given, jti: randomUUID() }))
    const ann = await signedIn({ sid: 's1' })
    const refused: JitError[] = []
    app.jit.on('refused', (error) => refused.push(error))
    const page = await post(await token())
    expect(refused.map(({ code, details }) => [code, details.check])).toEqual([['invalid_assertion', check]])
    expect([page.status, page.headers.get('cache-control')]).toEqual([400, 'no-store'])
    expect(JSON.parse(page.text)).toEqual({
      error: 'invalid_request',
      error_description: `The logout token was refused (${refused[0]!.reference}).`,
    })
    expect(await me(app, ann)).toBe('ann@corp.example')
  })

  it('a token from another issuer, with both names in the message', async () => {
    app = await webApp({ sources: () => [source()] })
    const refused: JitError[] = []
    app.jit.on('refused', (error) => refused.push(error))
    await post(await provider.sign(tokenClaims({ iss: `${provider.issuer}/` })))
    const names = `"${provider.issuer}/", and \`oidc.issuer\` is "${provider.issuer}"`
    expect(refused[0]?.message).toContain(names)
  })

  it('a token over the length limit, even if the app parses long forms first', async () => {
    app = await webApp({
      sources: () => [source()],
      before: [express.urlencoded({ extended: false, limit: '1mb' })],
    })
    const ann = await signedIn()
    const refused: unknown[] = []
    app.jit.on('refused', ({ details }) => refused.push(details.check))
    const page = await post(await provider.sign(tokenClaims({ more: 'x'.repeat(16 * 1024) })))
    expect([page.status, refused, await me(app, ann)]).toEqual([400, ['size'], 'ann@corp.example'])
  })

  it.each<[string, string, () => Promise<RequestInit>]>([
    [
      'a request without a form',
      'logout_token',
      async () => json({ logout_token: await provider.sign(tokenClaims()) }),
    ],
    ['a form without a token', 'logout_token', () => form('other=1')],
    ['a form with two tokens', 'logout_token', async () => form(`${await field()}&${await field()}`)],
    ['a form of 11 KB', 'size', async () => form(`${await field()}&x=${'x'.repeat(11_000)}`)],
    ['nothing', 'logout_token', () => Promise.resolve({ method: 'POST' })],
  ])('%s', async (_, check, init) => {
    // An app that parses JSON on every route.
    app = await webApp({ sources: () => [source()], before: [express.json()] })
    const ann = await signedIn()
    const refused: unknown[] = []
    app.jit.on('refused', ({ details }) => refused.push(details.check))
    const response = await fetch(address(), await init())
    expect([response.status, refused]).toEqual([400, [check]])
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
    expect(await me(app, ann)).toBe('ann@corp.example')
  })

  it('a token for a source that does not exist or is not an OpenID Connect source', async () => {
    const saml = {
      entryPoint: 'https://idp.example/sso',
      idpIssuer: 'https://idp.example',
      idpCert: certificate,
    }
    app = await webApp({ sources: () => [source(), { id: 'okta', protocol: 'saml', saml }] })
    expect((await order({}, 'nope')).status).toBe(404)
    expect((await order({}, 'okta')).status).toBe(404)
    expect((await new Browser().request(address())).text).toContain('backchannel-logout')
  })

  it('an ID token instead of a logout token', async () => {
    app = await webApp({ sources: () => [source()] })
    provider.bend.sign = (given) => provider.sign(tokenClaims({ aud: given.aud }))
    const refused: unknown[] = []
    app.jit.on('refused', ({ details }) => refused.push(details.check))
    expect((await new Browser().follow(`${app.origin}/sso/entra/login`)).status).toBe(403)
    expect(refused).toEqual(['nonce'])
  })

  it('any token while the provider’s keys are unavailable', async () => {
    app = await webApp({ sources: () => [source()] })
    provider.bend.reply = { jwks: cut() }
    const page = await order()
    expect([page.status, JSON.parse(page.text)]).toMatchObject([400, { error: 'logout_failed' }])
  })

  async function field(): Promise<string> {
    return `logout_token=${await provider.sign(tokenClaims())}`
  }
  function form(body: string): Promise<RequestInit> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return Promise.resolve({ method: 'POST', headers, body })
  }
  function json(body: object): RequestInit {
    return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
  }
})

describe('sign-out at the provider', () => {
  const announced = (document: Json): Json => ({
    ...document,
    end_session_endpoint: `${provider.issuer}/end?tenant=7`,
  })

  it('follows the end of the local session, with the ID token as a hint', async () => {
    provider.bend.discovery = announced
    app = await webApp({ sources: () => [source()], router: { successRedirect: '/bye' } })
    let idToken = ''
    provider.bend.sign = async (claims) => (idToken = await provider.sign(claims))
    const ann = await signedIn({ sid: 's1' })
    const page = await signOut(ann)
    expect(await me(app, ann)).toBeUndefined()
    const location = new URL(page.headers.get('location')!)
    expect([page.status, location.origin + location.pathname]).toEqual([302, `${provider.issuer}/end`])
    expect(Object.fromEntries(location.searchParams)).toEqual({
      tenant: '7',
      id_token_hint: idToken,
      client_id: 'app',
      post_logout_redirect_uri: `${app.origin}/sso/entra/logout`,
    })
    expect(await stored()).toEqual([])
    const configuration = app.jit.source('entra').configuration
    expect(configuration).toContainEqual({
      name: 'Post-logout redirect URI',
      value: location.searchParams.get('post_logout_redirect_uri'),
    })
    expect(configuration).toContainEqual({ name: 'Back-channel logout URI', value: address() })
  })

  it.each(['', '?state=unknown', '?error=x&redirect=https://evil.example'])(
    'returns for “%s”, and continues to the home page',
    async (query) => {
      app = await webApp({ sources: () => [source()], router: { successRedirect: '/bye' } })
      const ann = await signedIn()
      const page = await ann.request(`${app.origin}/sso/entra/logout${query}`)
      expect([page.status, page.headers.get('location')]).toEqual([302, '/bye'])
      expect(await me(app, ann)).toBe('ann@corp.example')
    },
  )

  it('uses the URL from the configuration if there is one', async () => {
    provider.bend.discovery = announced
    app = await webApp({ sources: () => [source('entra', { endSessionURL: `${provider.issuer}/bye` })] })
    expect((await signOut(await signedIn())).headers.get('location')).toMatch(
      `${provider.issuer}/bye?id_token_hint=`,
    )
  })

  it('is skipped if the provider has no end_session_endpoint, and no ID token is stored', async () => {
    app = await webApp({ sources: () => [source()], router: { successRedirect: '/bye' } })
    const ann = await signedIn()
    expect(await stored()).toEqual([expect.not.objectContaining({ idToken: expect.anything() as unknown })])
    expect((await signOut(ann)).headers.get('location')).toBe('/bye')
  })

  it('stores the ID token as long as the session’s cookie lives, and works without it', async () => {
    provider.bend.discovery = announced
    app = await webApp({ sources: () => [source()], session: { cookie: { maxAge: 3_600_000 } } })
    const ann = await signedIn()
    const records = app.User.db.collection('jitSessions')
    const hint = await records.findOne({ idToken: { $exists: true } })
    const left = (hint!['expiresAt'] as Date).getTime() - Date.now()
    expect(left).toBeGreaterThan(3_590_000)
    expect(left).toBeLessThanOrEqual(3_600_000)
    await records.deleteOne({ _id: hint!._id })
    const location = new URL((await signOut(ann)).headers.get('location')!)
    expect([...location.searchParams.keys()]).toEqual(['tenant', 'client_id', 'post_logout_redirect_uri'])
    expect(await stored()).toEqual([])
  })

  it('leaves out a hint that would make the URL too long', async () => {
    provider.bend.discovery = announced
    app = await webApp({ sources: () => [source()] })
    const ann = await signedIn({
      claims: { groups: Array.from({ length: 300 }, () => 'a-group-with-a-long-name') },
    })
    const location = new URL((await signOut(ann)).headers.get('location')!)
    expect([...location.searchParams.keys()]).toEqual(['tenant', 'client_id', 'post_logout_redirect_uri'])
  })

  it('signs the person out here even if the provider cannot be reached', async () => {
    provider.bend.discovery = announced
    const mongo = await testMongo()
    const store = new MemoryStore()
    app = await webApp({ sources: () => [source()], mongo, session: { store } })
    const ann = await signedIn()
    // Another instance has not requested discovery yet.
    const other = await webApp({
      sources: () => [source()],
      mongo: { uri: mongo.uri, close: () => Promise.resolve() },
      options: { baseUrl: `${app.origin}/sso` },
      session: { store },
    })
    const errors: string[] = []
    other.jit.on('error', (error) => errors.push((error as JitError).code))
    provider.bend.reply = { discovery: cut() }
    const page = await signOut(ann, other)
    expect([page.status, page.text]).toEqual([200, expect.stringContaining('You are signed out here')])
    expect(errors).toEqual(['provider_unavailable'])
    expect(await me(app, ann)).toBeUndefined()
    await other.close()
  })

  it.each(['http://op.example/end', 'javascript:alert(1)', 'nonsense'])(
    'never redirects to %s',
    async (address) => {
      provider.bend.discovery = (document) => ({ ...document, end_session_endpoint: address })
      app = await webApp({ sources: () => [source()] })
      const ann = await signedIn()
      const page = await signOut(ann)
      expect([
        page.status,
        page.headers.get('location'),
        page.text.includes('may still hold a session'),
      ]).toEqual([200, null, true])
      expect(await me(app, ann)).toBeUndefined()
    },
  )
})

function encoded(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
