import type { Request } from 'express'
import { MemoryStore } from 'express-session'
import { createJit, type SessionStore } from '../../src'
import { Browser } from '../helpers/oidc-browser'
import { createKeys, type Keys } from '../helpers/saml-idp'
import { me, samlAnswer, samlSignIn, slo } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

let keys: Keys
let store: MemoryStore
let app: WebApp
let requests: Request[]
let ended: unknown[]

beforeAll(async () => {
  keys = await createKeys('idp')
})
beforeEach(async () => {
  store = new MemoryStore()
  requests = []
  app = await webApp({
    sources: () => [slo(keys, 'okta', { allowIdpInitiated: true }), slo(keys, 'partners')],
    store: () => store,
    before: [
      (req, res, next) => {
        requests.push(req)
        if (req.path !== '/password') return next()
        void app.User.findOne({ email: 'ann-1@corp.example' }).then((user) =>
          req.logIn(user as never, () => res.end()),
        )
      },
    ],
  })
  ended = []
  app.jit.on('logout', (logout) => void ended.push(logout))
})
afterEach(() => app.close())

const signedIn = async (as: Parameters<typeof samlSignIn>[3] = {}): Promise<Browser> => {
  const browser = new Browser()
  await samlSignIn(app, keys, browser, as)
  return browser
}
const who = (browsers: Browser[]): Promise<(string | undefined)[]> =>
  Promise.all(browsers.map((browser) => me(app, browser)))
const ann = async (): Promise<{ _id: unknown }> => (await app.User.findOne({ email: 'ann-1@corp.example' }))!

describe('endSessions', () => {
  it('ends every session of the user, at every source, and no other', async () => {
    const browsers = [
      await signedIn(),
      await signedIn(),
      await signedIn({ source: 'partners' }),
      await signedIn({ nameId: 'bo-1' }),
    ]
    expect(await app.jit.endSessions(await ann())).toBe(3)
    expect(await who(browsers)).toEqual([undefined, undefined, undefined, 'bo-1@corp.example'])
    expect(ended).toEqual([
      { source: 'okta', sessions: [expect.any(String), expect.any(String)] },
      { source: 'partners', sessions: [expect.any(String)] },
    ])
    expect(await app.jit.endSessions(await ann())).toBe(0)
  })

  it.each(['a document', 'an id', 'the text of an id'])('takes %s', async (kind) => {
    const browser = await signedIn()
    const { _id } = await ann()
    const user = { 'a document': await ann(), 'an id': _id, 'the text of an id': String(_id) }[kind]
    expect(await app.jit.endSessions(user)).toBe(1)
    expect(await me(app, browser)).toBeUndefined()
  })

  it.each([undefined, null, {}, 'ann', { id: 7 }])('refuses %p, which isn’t a user', async (user) => {
    await expect(app.jit.endSessions(user)).rejects.toMatchObject({ code: 'invalid_configuration' })
  })

  it('keeps the session of the request in except', async () => {
    const browsers = [await signedIn(), await signedIn()]
    await me(app, browsers[0]!)
    expect(await app.jit.endSessions(await ann(), { except: requests.at(-1)! })).toBe(1)
    expect(await who(browsers)).toEqual(['ann-1@corp.example', undefined])
  })

  it('ends a session that began without a NameID', async () => {
    const browser = await signedIn({ nameId: null, email: 'ann-1@corp.example' })
    expect(await me(app, browser)).toBe('ann-1@corp.example')
    expect(await app.jit.endSessions(await ann())).toBe(1)
    expect(await me(app, browser)).toBeUndefined()
  })

  it('keeps a session that began with a password', async () => {
    await signedIn()
    const browser = new Browser()
    await browser.request(`${app.origin}/password`)
    expect(await app.jit.endSessions(await ann())).toBe(1)
    expect(await me(app, browser)).toBe('ann-1@corp.example')
  })

  it('refuses a session to an earlier sign-in, but not to a later one', async () => {
    await signedIn()
    const browser = new Browser()
    const begun = await browser.request(`${app.origin}/sso/okta/login`)
    expect(await app.jit.endSessions(await ann())).toBe(1)
    expect((await samlAnswer(app, keys, browser, {}, begun)).status).toBe(403)
    expect(await me(app, browser)).toBeUndefined()
    await samlSignIn(app, keys, browser)
    expect(await me(app, browser)).toBe('ann-1@corp.example')
  })

  it('doesn’t affect another person’s pending sign-in', async () => {
    await signedIn()
    const browser = new Browser()
    const begun = await browser.request(`${app.origin}/sso/okta/login`)
    await app.jit.endSessions(await ann())
    await samlAnswer(app, keys, browser, { nameId: 'bo-1' }, begun)
    expect(await me(app, browser)).toBe('bo-1@corp.example')
  })

  it('rejects if the store fails, and ends the remaining sessions on the next call', async () => {
    const browsers = [await signedIn(), await signedIn()]
    const destroy = jest.spyOn(store, 'destroy')
    destroy.mockImplementationOnce((_id, done) => done?.(new Error('the store is down')))
    await expect(app.jit.endSessions(await ann())).rejects.toMatchObject({ code: 'database_unavailable' })
    expect(await app.jit.endSessions(await ann())).toBe(1)
    expect(await who(browsers)).toEqual([undefined, undefined])
  })
})

describe('the session store', () => {
  const other = (sessionStore?: SessionStore): Promise<WebApp> =>
    webApp({
      sources: () => [slo(keys)],
      options: { ...(sessionStore && { sessionStore }), baseUrl: `${app.origin}/sso` },
      mongo: { uri: uriOf(app), close: () => Promise.resolve() },
    })

  it('is the one given to createJit, even before the first request', async () => {
    const browser = await signedIn()
    const instance = await other(store)
    expect(await instance.jit.endSessions(await ann())).toBe(1)
    await instance.close()
    expect(await me(app, browser)).toBeUndefined()
  })

  it('is required, and no session ends without it', async () => {
    const browser = await signedIn()
    const instance = await other()
    await expect(instance.jit.endSessions(await ann())).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining('createJit({ sessionStore })') as string,
    })
    await instance.close()
    expect(await me(app, browser)).toBe('ann-1@corp.example')
  })

  it('must be an express-session store', () => {
    const given = { userModel: app.User, baseUrl: app.origin, sources: [], sessionStore: {} as SessionStore }
    expect(() => createJit(given)).toThrow('sessionStore: must be a session store')
  })
})

function uriOf({ User }: WebApp): string {
  const { host, port, name } = User.db
  return `mongodb://${host}:${port}/${name}`
}
