import { testMongo, type TestMongo } from '../helpers/mongo'
import { type AttackedApp, attackedApp, idp, type Outcome } from '../helpers/oidc-attack'
import { Browser } from '../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../helpers/oidc-hostile'
import { type RunningScript, startScript } from '../helpers/script'

let mongo: TestMongo
let evil: HostileProvider
let app: AttackedApp
beforeAll(async () => {
  mongo = await testMongo()
  evil = new HostileProvider()
  await evil.start()
  app = await attackedApp({
    mongo,
    sources: (issuer) => [
      idp(issuer),
      idp(evil.issuer, { id: 'evil' }),
      idp(issuer, { id: 'posting' }, { responseMode: 'form_post' }),
    ],
    before: [
      // An app that keeps a session for every visitor, signed in or not.
      (req, _res, next) => {
        Object.assign(req.session, { visited: true })
        next()
      },
    ],
  })
})
afterAll(async () => {
  await evil.close()
  await app.close()
})
beforeEach(async () => {
  await app.User.deleteMany({})
  Object.assign(app.provider, { bend: {}, received: [], keys: [await makeKey()] })
  Object.assign(evil, { bend: {}, received: [], keys: [await makeKey()] })
})

const signedIn = expect.objectContaining({ status: 302, refused: [], errors: [] }) as Outcome
const refusedBy = (check: string, status = 403): Outcome =>
  expect.objectContaining({
    ...{ status, code: 'invalid_assertion', errors: [] },
    refused: [{ code: 'invalid_assertion', check }],
  }) as Outcome

/** Delivers a response that must be refused, and checks that it had no effect. */
async function attack(
  check: string,
  browser: Browser,
  answer: URL,
  form?: Record<string, string>,
  status = 403,
) {
  const before = await app.everything()
  const outcome = await app.deliver(browser, answer, form)
  expect(outcome).toEqual(refusedBy(check, status))
  expect(outcome.page.text).not.toContain(`>${check}<`)
  expect(await app.everything()).toBe(before)
  expect(await app.subjectsOf(browser)).toBeUndefined()
}

/** Delivers an answer again, in the browser that started its sign-in: it leads to `to`, and nothing comes of it. */
async function again(browser: Browser, answer: URL, { form, to = '/' }: Again = {}): Promise<void> {
  const before = await app.everything()
  const asked = app.provider.received.length
  const outcome = await app.deliver(browser, answer, form)
  expect(outcome).toEqual(signedIn)
  expect(outcome.page.headers.get('location')).toBe(to)
  expect(outcome.page.headers.getSetCookie().join()).not.toContain('jit_browser')
  expect(await app.everything()).toBe(before)
  expect(app.provider.received).toHaveLength(asked)
}
interface Again {
  form?: Record<string, string>
  to?: string
}

it('accepts the response to its own request', async () => {
  const browser = new Browser()
  expect(await app.signIn(browser)).toEqual(signedIn)
  expect(await app.subjectsOf(browser)).toEqual(['alice'])
})

describe('the state of an authorization response: refused if', () => {
  it.each<[string, number, (url: URL) => unknown]>([
    ['it is missing', 400, (url) => url.searchParams.delete('state')],
    ['it is empty', 403, (url) => url.searchParams.set('state', '')],
    ['it is repeated', 400, (url) => url.searchParams.append('state', 'x')],
    ['it is unknown', 403, (url) => url.searchParams.set('state', 'x'.repeat(43))],
    ['it is a MongoDB operator', 400, (url) => (url.search = '?code=x&state[$ne]=x')],
    [
      'it has different letter case',
      403,
      (url) => url.searchParams.set('state', url.searchParams.get('state')!.toUpperCase()),
    ],
    [
      'it has an extra space',
      403,
      (url) => url.searchParams.set('state', `${url.searchParams.get('state')} `),
    ],
    ['it is long', 403, (url) => url.searchParams.set('state', 'x'.repeat(10_000))],
    ['it is the state of a used assertion', 403, (url) => url.searchParams.set('state', 'used:x')],
    [
      'it has the form of a test sign-in',
      403,
      (url) => url.searchParams.set('state', `${url.searchParams.get('state')}.test`),
    ],
    ['its name is in capitals', 400, (url) => (url.search = url.search.replace('state=', 'STATE='))],
  ])('%s', async (_title, status, change) => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    const changed = new URL(answer)
    change(changed)
    await attack('state', browser, changed, undefined, status)
    expect(app.provider.requests('/token')).toEqual([])
    expect(await app.deliver(browser, answer)).toEqual(signedIn)
  })

  it('the response comes again, from another browser or with another code', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    expect(await app.deliver(browser.stolen(), answer)).toEqual(signedIn)
    await attack('state', new Browser(), answer)
    const other = new URL(answer)
    other.searchParams.set('code', 'x')
    await attack('state', browser, other)
    expect(app.provider.requests('/token')).toHaveLength(1)
  })

  it('the response comes again after it was refused', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    app.provider.bend = { claims: (claims) => ({ ...claims, aud: 'other' }) }
    await attack('aud', browser, answer)
    app.provider.bend = {}
    await attack('state', browser, answer)
  })

  it('the response comes again after the engine refused the sign-in', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    app.provider.bend = { claims: ({ email: _email, ...claims }) => claims }
    expect(await app.deliver(browser, answer)).toMatchObject({ status: 403, code: 'identifier_missing' })
    await attack('state', browser, answer)
  })

  it('the response comes from another browser, with or without a pending sign-in of its own', async () => {
    const [victim, attacker] = [new Browser(), new Browser()]
    const answer = await app.answerFor(attacker)
    await attack('state', victim, answer)
    await app.answerFor(victim)
    await attack('state', victim, answer)
    expect(await app.deliver(attacker, answer)).toEqual(signedIn)
  })

  it.each<[string, (name: string, value: string) => string]>([
    ['changed', (_name, value) => `${value.slice(0, -1)}${value.endsWith('A') ? 'B' : 'A'}`],
    ['too long', (_name, value) => `${value}x`],
    ['empty', () => ''],
    ['prefixed as in the database', (_name, value) => `s:${value}`],
  ])('the browser’s cookie is %s', async (_title, change) => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    await attack('state', browser.stolen(change), answer)
    expect(await app.deliver(browser, answer)).toEqual(signedIn)
  })

  it('the sign-in took longer than an hour', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    const requests = app.User.db.collection('jitRequests')
    await requests.updateMany({}, { $set: { expiresAt: new Date(Date.now() - 1) } })
    await attack('state', browser, answer)
  })

  it('the sign-in started at another source', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    answer.pathname = '/sso/posting/callback'
    await attack('state', browser, answer)
  })

  it('a POST has it only in the query', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    await attack('response', browser, answer, {}, 400)
    await attack('state', browser, answer, { code: answer.searchParams.get('code')! }, 400)
    expect(await app.deliver(browser, answer)).toEqual(signedIn)
  })

  it('the request is empty', async () => {
    const nothing = new URL(`${app.origin}/sso/idp/callback`)
    await attack('response', new Browser(), nothing, undefined, 400)
    await attack('response', new Browser(), nothing, {}, 400)
    await attack('response', new Browser(), nothing, { iss: app.provider.issuer }, 400)
    await attack('response', new Browser(), nothing, { SAMLResponse: 'x' }, 400)
    nothing.search = '?SAMLResponse=x'
    await attack('response', new Browser(), nothing, undefined, 400)
  })
})

describe('the code of an authorization response: refused if', () => {
  it('it belongs to another sign-in, of any browser, or was redeemed before', async () => {
    const [victim, attacker] = [new Browser(), new Browser()]
    const [own, stolen] = [await app.answerFor(attacker), await app.answerFor(victim)]
    own.searchParams.set('code', stolen.searchParams.get('code')!)
    await attack('code', attacker, own)
    const [first, second] = [await app.answerFor(attacker), await app.answerFor(attacker)]
    first.searchParams.set('code', second.searchParams.get('code')!)
    await attack('code', attacker, first)
    const again = await app.answerFor(attacker)
    again.searchParams.set('code', second.searchParams.get('code')!)
    await attack('code', attacker, again)
  })

  it.each<[string, (url: URL) => void]>([
    ['it is missing', (url) => url.searchParams.delete('code')],
    ['it is empty', (url) => url.searchParams.set('code', '')],
    ['it is repeated', (url) => url.searchParams.append('code', 'x')],
  ])('%s', async (_title, change) => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    change(answer)
    await attack('code', browser, answer, undefined, 400)
    expect(app.provider.requests('/token')).toEqual([])
  })
})

describe('a response from another provider', () => {
  it.each<[string, (url: URL) => void]>([
    ['names another issuer', (url) => url.searchParams.set('iss', evil.issuer)],
    ['names an issuer with an extra slash', (url) => url.searchParams.set('iss', `${app.provider.issuer}/`)],
    ['names no issuer', (url) => url.searchParams.set('iss', '')],
    [
      'names two issuers',
      (url) => ['', ''].forEach(() => url.searchParams.append('iss', app.provider.issuer)),
    ],
    [
      'is an error from another issuer',
      (url) => (url.searchParams.set('error', 'access_denied'), url.searchParams.set('iss', evil.issuer)),
    ],
  ])('is refused if it %s (RFC 9207)', async (_title, change) => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    change(answer)
    await attack('iss', browser, answer)
    expect(app.provider.requests('/token')).toEqual([])
  })

  it('is refused if the requested provider redirected the person to it (mix-up)', async () => {
    const browser = new Browser()
    const asked = await browser.request(`${app.origin}/sso/evil/login`)
    const request = new URL(asked.headers.get('location')!)
    // The requested provider is the attacker's. It redirects the browser to the other one, in the name of this app.
    request.searchParams.set('redirect_uri', `${app.origin}/sso/idp/callback`)
    const { headers } = await browser.request(`${app.provider.issuer}/authorize${request.search}`)
    await attack('state', browser, new URL(headers.get('location')!))
    expect(evil.requests('/token')).toEqual([])
    expect(app.provider.requests('/token')).toEqual([])
  })

  it('is refused if a stolen code is redeemed at the source of another provider', async () => {
    const [victim, attacker] = [new Browser(), new Browser()]
    const stolen = await app.answerFor(victim)
    const own = await app.answerFor(attacker, 'evil')
    own.searchParams.set('code', stolen.searchParams.get('code')!)
    await attack('code', attacker, own)
  })

  it('signs nobody in as a user of this provider', async () => {
    await app.signIn()
    const browser = new Browser()
    evil.bend = { claims: (claims) => ({ ...claims, email: 'other@example.com' }) }
    await app.signIn(browser, 'evil')
    expect(await app.User.countDocuments()).toBe(2)
    evil.bend = { claims: (claims) => ({ ...claims, iss: app.provider.issuer }) }
    expect(await app.signIn(browser, 'evil')).toEqual(refusedBy('iss'))
  })
})

describe('a sign-in', () => {
  let secure: AttackedApp | undefined
  afterEach(() => secure?.close())

  it('works in several tabs of one browser at once', async () => {
    const browser = new Browser()
    const answers = [
      await app.answerFor(browser),
      await app.answerFor(browser),
      await app.answerFor(browser, 'evil'),
    ]
    evil.bend = { claims: (claims) => ({ ...claims, email: 'other@example.com' }) }
    for (const answer of answers.reverse()) expect(await app.deliver(browser, answer)).toEqual(signedIn)
  })

  it('completes by form_post, once, and only in the browser that started it', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser, 'posting')
    const form = Object.fromEntries(answer.searchParams)
    const callback = new URL(answer.pathname, answer)
    await attack('state', new Browser(), callback, form)
    expect(await app.deliver(browser.stolen(), callback, form)).toEqual(signedIn)
    await again(browser, callback, { form })
    expect(await app.subjectsOf(browser)).toBeUndefined()
    await attack('state', new Browser(), callback, form)
  })

  it('redirects a repeated response to the same page, and starts nothing', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser, 'idp', '/deep?a=1')
    expect((await app.deliver(browser, answer)).page.headers.get('location')).toBe('/deep?a=1')
    const told: unknown[] = []
    app.jit.on('login', () => told.push('login'))
    for (let i = 0; i < 3; i++) await again(browser, answer, { to: '/deep?a=1' })
    expect(await app.subjectsOf(browser)).toEqual(['alice'])
    expect(told).toEqual([])
  })

  it('leaves no secret in the database after it ends', async () => {
    const browser = new Browser()
    await app.signIn(browser)
    const records = await app.User.db.collection('jitRequests').find({ source: 'idp' }).toArray()
    expect(records.filter(({ answer }) => answer !== undefined)).not.toHaveLength(0)
    for (const { answer, ...record } of records) {
      if (answer !== undefined) expect(Object.keys(record)).not.toEqual(expect.arrayContaining(['nonce']))
      if (answer !== undefined) expect(record).not.toHaveProperty('codeVerifier')
    }
  })

  it('ignores a HEAD request at the router’s callback', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    const head = await fetch(answer, {
      method: 'HEAD',
      redirect: 'manual',
      headers: { cookie: browser.cookiesFor(answer.href) },
    })
    expect([head.status, head.headers.getSetCookie()]).toEqual([200, []])
    expect(app.provider.requests('/token')).toEqual([])
    expect(await app.deliver(browser, answer)).toEqual(signedIn)
  })

  it('gives the browser a new session, so a planted one stays signed out', async () => {
    const attacker = new Browser()
    expect(await app.subjectsOf(attacker)).toBeUndefined()
    const victim = attacker.stolen()
    await app.signIn(victim)
    expect(await app.subjectsOf(victim)).toEqual(['alice'])
    expect(await app.subjectsOf(attacker)).toBeUndefined()
  })

  it('uses a cookie that no other host of the domain can set, over https', async () => {
    secure = await attackedApp({ options: { baseUrl: 'https://app.example.com/sso' } })
    const { origin, jit } = secure
    const start = async (cookie = '') =>
      fetch(`${origin}/sso/idp/login`, { redirect: 'manual', headers: { cookie } })
    const cookies = (await start()).headers.getSetCookie()
    expect(cookies).toEqual([
      expect.stringMatching(
        /^__Host-jit_browser_[\w-]+=[\w-]{43}; .*Path=\/; .*HttpOnly; Secure; SameSite=None$/,
      ),
    ])
    expect(cookies[0]).not.toMatch(/domain/i)
    const state = async (cookie: string): Promise<unknown> => {
      const refused: unknown[] = []
      jit.on('refused', ({ details }) => refused.push(details.check))
      const own = await start(cookie)
      const answer = await fetch(new URL(own.headers.get('location')!), { redirect: 'manual' })
      const { search } = new URL(answer.headers.get('location')!)
      await fetch(`${origin}/sso/idp/callback${search}`, { redirect: 'manual', headers: { cookie } })
      return refused
    }
    const [pair] = cookies[0]!.split(';')
    expect(await state(pair!)).toEqual([])
    expect(await state(pair!.replace('__Host-', ''))).toEqual(['state'])
  })
})

describe('one response at two processes at once', () => {
  let other: RunningScript
  const elsewhere = ({ pathname, search }: URL): string => `${other.printed}${pathname}${search}`
  beforeAll(async () => {
    const callbackURL = `${app.origin}/sso/idp/callback`
    const settings = { uri: mongo.uri, issuer: app.provider.issuer, sources: ['idp'], callbackURL }
    other = await startScript('oidc-instance.ts', settings)
  })
  afterAll(() => other.stop())

  it('signs in once', async () => {
    const sessions = () => app.User.db.collection('jitSessions').countDocuments()
    const before = await sessions()
    for (let round = 0; round < 10; round++) {
      const browser = new Browser()
      const answer = await app.answerFor(browser)
      const pages = await Promise.all([browser.request(answer.href), browser.request(elsewhere(answer))])
      expect(pages.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
        [302, '/'],
        [302, '/'],
      ])
    }
    expect(app.provider.requests('/token')).toHaveLength(10)
    expect((await sessions()) - before).toBe(10)
    expect(await app.User.countDocuments()).toBe(1)
  })

  it('finishes at one process a sign-in started at the other', async () => {
    const browser = new Browser()
    const answer = await app.answerFor(browser)
    expect((await browser.request(elsewhere(answer))).status).toBe(302)
    await again(browser, answer)
    await attack('state', new Browser(), answer)
  })
})
