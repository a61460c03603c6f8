import type { Request } from 'express'
import supertest from 'supertest'
import { Browser, type Page } from '../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../helpers/oidc-hostile'
import { createKeys, type Keys } from '../helpers/saml-idp'
import { assertedXml, me, samlSignIn, slo } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

const provider = new HostileProvider()
const here = { 'Sec-Fetch-Site': 'same-origin' }
let keys: Keys
let app: WebApp
let ann: Browser
let logIns: number

beforeAll(async () => {
  provider.keys = [await makeKey()]
  ;[keys] = await Promise.all([createKeys('idp'), provider.start()])
})
afterAll(() => provider.close())
beforeEach(async () => {
  logIns = 0
  const oidc = { issuer: provider.issuer, clientID: 'app' }
  app = await webApp({
    sources: () => [
      slo(keys),
      { ...slo(keys, 'partners'), linking: 'never' },
      { id: 'entra', protocol: 'oidc', linking: 'never', oidc },
      { id: 'listed', protocol: 'oidc', domains: ['corp.example'], oidc },
    ],
    session: { saveUninitialized: true },
    before: [
      (req, res, next) => {
        const [, id] = /^\/connect\/(\w+)$/.exec(req.path) ?? []
        if (id !== undefined) return app.jit.connect(id)(req, res, next)
        const logIn = req.logIn.bind(req) as (...args: unknown[]) => void
        req.logIn = ((...args: unknown[]) => {
          logIns++
          logIn(...args)
        }) as Request['logIn']
        next()
      },
    ],
  })
  ann = new Browser()
  await samlSignIn(app, keys, ann)
  logIns = 0
  provider.bend = { claims: (claims) => ({ ...claims, email: 'ann@home.example' }) }
})
afterEach(() => app.close())

const begin = (browser: Browser, source: string, headers: Record<string, string> = here): Promise<Page> =>
  browser.request(`${app.origin}/connect/${source}?returnTo=/settings`, undefined, headers)
/** The whole way over OpenID Connect, up to the callback's answer. */
const connected = async (browser = ann, callback = browser): Promise<Page> => {
  const begun = await begin(browser, 'entra')
  const answer = await browser.request(begun.headers.get('location')!)
  return callback.request(answer.headers.get('location')!)
}
const identities = async (email = 'ann-1@corp.example'): Promise<string[]> => {
  const user = await app.User.findOne({ email }).lean()
  return (user!['identities'] as { source: string; subject: string }[]).map(
    ({ source, subject }) => `${source} ${subject}`,
  )
}

describe('connecting over OpenID Connect', () => {
  it('links the identity to the signed-in user for every value of linking, and keeps the session', async () => {
    const outcomes: string[] = []
    app.jit.on('login', ({ outcome }) => void outcomes.push(outcome))
    const cookies = ann.cookiesFor(`${app.origin}/`)
    const page = await connected()
    expect([page.status, page.headers.get('location')]).toEqual([302, '/settings'])
    expect(await identities()).toEqual(['okta ann-1', 'entra alice'])
    expect([outcomes, logIns, await me(app, ann)]).toEqual([['linked'], 0, 'ann-1@corp.example'])
    const sid = /connect\.sid=[^;]+/.exec(cookies)![0]
    expect(ann.cookiesFor(`${app.origin}/`)).toContain(sid)
    expect(await app.User.countDocuments()).toBe(1)
  })

  it('redirects without a second link if the person goes back', async () => {
    const begun = await begin(ann, 'entra')
    const answer = await ann.request(begun.headers.get('location')!)
    const callback = answer.headers.get('location')!
    await ann.request(callback)
    expect((await ann.request(callback)).headers.get('location')).toBe('/settings')
    expect(await identities()).toEqual(['okta ann-1', 'entra alice'])
  })

  it('changes nothing if the identity is already connected', async () => {
    await connected()
    expect((await connected()).headers.get('location')).toBe('/settings')
    expect(await identities()).toEqual(['okta ann-1', 'entra alice'])
  })

  it('refuses an identity of another user with identity_taken', async () => {
    await connected()
    const bo = new Browser()
    await samlSignIn(app, keys, bo, { nameId: 'bo-1' })
    const page = await connected(bo)
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('identity_taken')])
    expect(await identities('bo-1@corp.example')).toEqual(['okta bo-1'])
  })

  it('refuses a second identity of the same source', async () => {
    await connected()
    provider.bend = { claims: (claims) => ({ ...claims, sub: 'alice-2' }) }
    expect((await connected()).text).toContain('linking_refused')
    expect(await identities()).toEqual(['okta ann-1', 'entra alice'])
  })

  it('checks domains and whether the user is active', async () => {
    const begun = await begin(ann, 'listed')
    const answer = await ann.request(begun.headers.get('location')!)
    expect((await ann.request(answer.headers.get('location')!)).text).toContain('domain_refused')
    await app.User.updateOne({}, { $set: { active: false } }, { strict: false })
    expect((await connected()).text).toContain('user_inactive')
    expect(await identities()).toEqual(['okta ann-1'])
  })

  it('creates no user if the account is gone', async () => {
    const begun = await begin(ann, 'entra')
    const answer = await ann.request(begun.headers.get('location')!)
    await app.User.deleteMany({})
    expect((await ann.request(answer.headers.get('location')!)).status).toBe(403)
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('refuses the response in another session, of another user or the same one', async () => {
    for (const nameId of ['bo-1', 'ann-1']) {
      const begun = await begin(ann, 'entra')
      const answer = await ann.request(begun.headers.get('location')!)
      const other = ann.stolen((name, value) => (name === 'connect.sid' ? 'none' : value))
      await samlSignIn(app, keys, other, { nameId })
      expect((await other.request(answer.headers.get('location')!)).status).toBe(403)
      expect((await ann.request(answer.headers.get('location')!)).status).toBe(302)
      await app.User.updateMany({}, { $pull: { identities: { source: 'entra' } } })
    }
  })
})

describe('a request to connect', () => {
  it.each([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['another host of the site', { 'Sec-Fetch-Site': 'same-site' }],
    ['a typed address', { 'Sec-Fetch-Site': 'none' }],
    ['another origin', { Origin: 'https://evil.example' }],
    ['nowhere', {}],
  ])('is refused from %s', async (_from, headers) => {
    expect((await begin(ann, 'entra', headers)).status).toBe(403)
  })

  it('requires a signed-in user', async () => {
    expect((await begin(new Browser(), 'entra')).status).toBe(401)
  })

  it('may be a POST with Origin, and a browser gets a page that continues', async () => {
    const page = await supertest(app.origin)
      .post('/connect/entra')
      .set({
        Origin: app.origin,
        'Sec-Fetch-Mode': 'navigate',
        Cookie: ann.cookiesFor(`${app.origin}/connect/entra`),
      })
    expect([page.status, page.headers['refresh']]).toEqual([200, expect.stringContaining(provider.issuer)])
  })

  it('answers 404 for an unknown source', async () => {
    expect((await begin(ann, 'nowhere')).status).toBe(404)
  })
})

describe('connecting over SAML', () => {
  const acs = (): string => `${app.origin}/sso/partners/callback`
  const formOf = (page: Page): Record<string, string> =>
    Object.fromEntries(
      [...page.text.matchAll(/name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!]),
    )
  const answer = async (as: { nameId?: string; name?: string } = {}): Promise<Record<string, string>> => {
    const begun = await begin(ann, 'partners')
    const xml = await assertedXml(app, keys, { source: 'partners', nameId: 'p-1', ...as }, begun)
    return { SAMLResponse: Buffer.from(xml).toString('base64') }
  }
  /** What the provider's cross-site POST carries: no Lax cookie. */
  const crossSite = (): Browser => ann.stolen((name, value) => (name === 'connect.sid' ? 'none' : value))

  it('first gets a page that posts the response again, without setting a session', async () => {
    const page = await crossSite().request(acs(), await answer())
    expect([page.status, page.headers.get('set-cookie')]).toEqual([200, null])
    expect(page.text).toContain('<button')
    expect(await identities()).toEqual(['okta ann-1'])
    const posted = await ann.request(acs(), formOf(page))
    expect([posted.status, posted.headers.get('location')]).toEqual([302, '/settings'])
    expect(await identities()).toEqual(['okta ann-1', 'partners p-1'])
    expect([logIns, await me(app, ann)]).toEqual([0, 'ann-1@corp.example'])
    expect((await ann.request(acs(), formOf(page))).headers.get('location')).toBe('/settings')
  })

  it('refuses the reposted response without the session', async () => {
    const page = await crossSite().request(acs(), await answer())
    expect((await crossSite().request(acs(), formOf(page))).status).toBe(403)
    expect(await identities()).toEqual(['okta ann-1'])
  })

  it('refuses a transient NameID', async () => {
    const name = 'Format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient"'
    expect((await ann.request(acs(), await answer({ name }))).text).toContain('linking_refused')
  })
})
