import express, { type Request } from 'express'
import passport from 'passport'
import type { SourceConfig } from '../../src'
import { startTest as begin } from '../../src/web/start-test'
import { Browser, type Page } from '../helpers/oidc-browser'
import { companyFields, companySchema } from '../helpers/company'
import { type RunningProvider, signInAs, startProvider } from '../helpers/oidc-real'
import { attribute, createKeys, defaults, errorXml, type Keys, responseXml } from '../helpers/saml-idp'
import type { ResponseOptions } from '../helpers/saml-idp'
import { requestXml } from '../helpers/saml-app'
import { webApp, type WebApp } from '../helpers/web-app'

const idp = 'https://idp.example'
let keys: Keys
let otherKeys: Keys
let app: WebApp
let browser: Browser

beforeAll(async () => {
  ;[keys, otherKeys] = await Promise.all([createKeys('idp.example'), createKeys('other.example')])
})
beforeEach(() => {
  browser = new Browser()
})
afterEach(() => app.close())

function okta(rest: Partial<SourceConfig> = {}): SourceConfig {
  return {
    id: 'okta',
    label: 'Okta & Söhne',
    protocol: 'saml',
    provisioning: true,
    syncing: true,
    saml: { entryPoint: `${idp}/sso`, idpIssuer: idp, idpCert: keys.cert },
    ...rest,
  }
}

/** An app with an admin area of one route, which starts tests. */
async function adminApp(
  sources: SourceConfig[] | ((baseUrl: string) => Promise<SourceConfig[]>),
  rest: Partial<Parameters<typeof webApp>[0]> = {},
): Promise<WebApp> {
  const admin = express.Router()
  admin.post('/admin/:source/test', (req, res, next) => {
    res.set('Content-Security-Policy', "default-src 'none'; form-action 'self'")
    const returnTo = `/admin/${req.params.source}#test-sign-in`
    begin(app.jit.strategy(req.params.source), req as unknown as Request, {
      baseUrl: `${app.origin}/sso`,
      returnTo,
    }).catch(next)
  })
  const given = typeof sources === 'function' ? sources : (): SourceConfig[] => sources
  return webApp({ sources: given, before: [admin], ...rest })
}

const startTest = (source = 'okta', from = browser): Promise<Page> =>
  from.request(`${app.origin}/admin/${source}/test`, {})

/** The URL that the page continues to. */
const onward = (page: Page): string => (page.headers.get('refresh') ?? '').replace(/^0; url=/, '')

const ann = { email: 'ann@corp.example', firstName: 'Ann', lastName: 'Lee', title: 'Engineer' }

/** Posts the identity provider's Response to the AuthnRequest in `address`. */
async function answer(
  address: string,
  attributes: object = ann,
  rest: Partial<ResponseOptions> = {},
): Promise<Record<string, string>> {
  const id = /ID="([^"]+)"/.exec(requestXml(address))![1]!
  const acs = `${app.origin}/sso/okta/callback`
  const xml = await responseXml({
    ...defaults,
    ...{ keys, sign: ['response'], issuer: idp, responseIssuer: idp },
    ...{ audience: `${app.origin}/sso/okta/metadata`, recipient: acs, destination: acs },
    ...{ inResponseTo: id, responseInResponseTo: id },
    attributes: Object.entries(attributes)
      .map(([name, value]) => attribute(name, ...[value].flat().map(String)))
      .join(''),
    ...rest,
  })
  return { SAMLResponse: Buffer.from(xml).toString('base64') }
}

const deliver = (form: Record<string, string>, to = browser): Promise<Page> =>
  to.request(`${app.origin}/sso/okta/callback`, form)

async function test(attributes: object = ann, rest: Partial<ResponseOptions> = {}): Promise<Page> {
  return deliver(await answer(onward(await startTest()), attributes, rest))
}

async function signIn(attributes: object = ann): Promise<Page> {
  const start = await browser.request(`${app.origin}/sso/okta/login`)
  return deliver(await answer(start.headers.get('location')!, attributes))
}

const me = async (): Promise<Record<string, unknown> | null> =>
  (JSON.parse((await browser.request(`${app.origin}/me`)).text) as { user: Record<string, unknown> | null })
    .user

/** All database content. */
async function everything(): Promise<Record<string, unknown[]>> {
  const collections = await app.User.db.listCollections()
  const read = async (name: string): Promise<[string, unknown[]]> => [
    name,
    await app.User.db.collection(name).find().toArray(),
  ]
  const all = await Promise.all(collections.map(({ name }) => read(name)))
  return Object.fromEntries(all.filter(([, documents]) => documents.length > 0))
}

/** The cells of one row of the page, found by its header. */
function row(page: Page, header: string): string[] {
  const rows = [...page.text.matchAll(/<tr[^>]*>\s*<th scope="row">([\s\S]*?)<\/th>([\s\S]*?)<\/tr>/g)]
  const found = rows.find(([, name = '']) => textOf(name).startsWith(header))
  return [...(found?.[2] ?? '').matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, cell = '']) => textOf(cell))
}

function textOf(markup: string): string {
  return markup
    .replace(/<[^>]+>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

describe('a test sign-in through SAML', () => {
  it('continues to the provider under a policy that runs nothing', async () => {
    app = await adminApp([okta()])
    const page = await startTest()
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(onward(page)).toMatch(/^https:\/\/idp\.example\/sso\?SAMLRequest=/)
    expect(page.text).toContain('href="https://idp.example/sso?SAMLRequest=')
  })

  it('sends the HTTP-POST form without a policy that would block it', async () => {
    app = await adminApp([okta({ saml: { ...okta().saml!, authnRequestBinding: 'HTTP-POST' } })])
    const page = await startTest()
    expect([page.status, page.headers.get('content-security-policy')]).toEqual([200, null])
    expect(page.text).toMatch(/<form[^>]* action="https:\/\/idp\.example\/sso"/)
  })

  it('shows received and converted values, and that a user would be created, and writes nothing', async () => {
    app = await adminApp([okta()])
    const before = await everything()
    const page = await test({
      ...ann,
      email: ' Ann@Corp.example',
      desk: '7',
      skills: ['Go', 'C'],
      level: 'emperor',
    })
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(textOf(page.text)).toContain('A real sign-in would create a new user and write 6 fields.')
    expect(row(page, 'E-mail')).toEqual([
      'Ann@Corp.example',
      'ann@corp.example',
      expect.stringMatching(/ann@corp\.example$/),
    ])
    expect(row(page, 'Desk')).toEqual(['7', '7', 'nothing → becomes 7'])
    expect(row(page, 'Skills')).toEqual(['Go C', 'Go C', 'nothing → becomes Go C'])
    expect(row(page, 'Level')).toEqual([
      'emperor',
      'emperor',
      expect.stringContaining('is not an allowed value'),
    ])
    expect(textOf(page.text)).toContain('Not received: no change Department department')
    expect(textOf(page.text)).toContain('Subject ann-1')
    expect(await everything()).toEqual(before)
    expect(before).toEqual({})
    expect(await me()).toBeNull()
  })

  it('shows a near miss next to the correct name', async () => {
    app = await adminApp([okta()])
    const { title, ...rest } = ann
    const page = await test({ ...rest, Title: title, shoeSize: '44' })
    expect(row(page, 'Title')[0]).toBe('Not received But Title was. Send it as title instead.')
    expect(row(page, 'shoeSize')).toEqual(['44', 'not used'])
    const unmapped = page.text.slice(page.text.indexOf('Unmapped attributes'))
    expect(row({ ...page, text: unmapped }, 'Title')).toEqual(['Engineer', 'Probably title'])
  })

  it('shows old and new values for an existing user, and changes neither the user nor the admin’s session', async () => {
    app = await adminApp([okta()])
    await signIn({ ...ann, email: 'admin@corp.example' })
    const before = [await everything(), await me()]
    expect(before[1]).toMatchObject({ email: 'admin@corp.example' })
    const page = await test({ ...ann, email: 'admin@corp.example', title: 'CTO' })
    expect(textOf(page.text)).toContain('A real sign-in would sign in the existing user Ann Lee')
    expect(row(page, 'Title')).toEqual(['CTO', 'CTO', 'Engineer → becomes CTO'])
    expect(row(page, 'First name')).toEqual(['Ann', 'Ann', 'No change'])
    expect([await everything(), await me()]).toEqual(before)
  })

  it('shows that it would link a user', async () => {
    app = await adminApp([okta({ linking: 'trusted' })])
    await app.User.create({ email: 'ann@corp.example', firstName: 'Ann', lastName: 'Old' })
    const page = await test()
    expect(textOf(page.text)).toContain('would connect this identity to the existing user Ann Old')
    expect(row(page, 'Last name')).toEqual(['Lee', 'Lee', 'Old → becomes Lee'])
    expect(await app.User.findOne().lean()).toMatchObject({ lastName: 'Old', identities: [] })
  })

  it('shows which user a field refers to, or that there is none yet', async () => {
    const fields = {
      schema: { ...companySchema, manager: 'ObjectId' },
      fields: { ...companyFields, manager: { ref: 'email' } },
    }
    app = await adminApp([okta({ linking: 'trusted' })], { fields })
    const max = await app.User.create({ email: 'max@corp.example', firstName: 'Max', lastName: 'Boss' })
    const id = String(max._id)
    expect(row(await test({ ...ann, manager: 'MAX@corp.example' }), 'Manager')).toEqual([
      'MAX@corp.example',
      `Max Boss ${id}`,
      `nothing → becomes ${id}`,
    ])
    expect(row(await test({ ...ann, manager: 'nobody@corp.example' }), 'Manager')).toEqual([
      'nobody@corp.example',
      'No such user yet',
      'Manager is not set: “manager” names a user (by E-mail) who does not exist yet.',
    ])
    await app.User.create({ email: 'ann@corp.example', manager: max._id })
    expect(row(await test({ ...ann, manager: 'max@corp.example' }), 'Manager')[2]).toBe('No change')
  })

  it('shows which source decides on a field', async () => {
    const hr = okta({ id: 'hr', label: 'HR' })
    app = await adminApp([okta({ linking: 'trusted' }), hr], { options: { authority: { title: ['hr'] } } })
    const at = new Date()
    const identities = [{ source: 'hr', issuer: idp, subject: '1', linkedAt: at, lastLoginAt: at }]
    await app.User.create({ email: 'ann@corp.example', identities })
    expect(row(await test(), 'Title')).toEqual(['Engineer', 'Engineer', 'Title is managed by “HR”.'])
  })

  it('shows which fields the source does not fill', async () => {
    app = await adminApp([okta({ fields: { provision: ['email'], sync: 'all' } })])
    expect(row(await test(), 'Title')).toEqual([
      'Engineer',
      'Engineer',
      'No change: this source doesn’t write it when it creates users',
    ])
  })

  it('shows a refusal with expected and received names, and notifies no listener', async () => {
    app = await adminApp([okta()])
    const told: unknown[] = []
    app.jit.on('refused', (error) => told.push(error)).on('login', () => told.push('login'))
    const page = await test({ Mail: 'ann@corp.example', firstName: 'Ann' })
    expect(textOf(page.text)).toContain('A real sign-in would be refused')
    expect(page.text).toContain('<code>identifier_missing</code>')
    expect(textOf(page.text)).toContain('Expected attributes email Received attributes Mail firstName')
    expect(page.text).toContain('<code>ann@corp.example</code>')
    expect(told).toEqual([])
  })

  it('shows both formats if a NameID’s format has changed, and the remedy', async () => {
    app = await adminApp([okta()])
    const nameId = { format: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress' }
    await app.jit.login('okta', { issuer: idp, subject: defaults.nameId, nameId, attributes: ann })
    const { text } = await test(ann)
    expect(textOf(text)).toContain('A real sign-in would be refused')
    for (const format of [nameId.format, defaults.nameIdFormat]) expect(text).toContain(format)
    expect(textOf(text)).toContain('Set the format back at the provider')
  })

  it.each<[string, string, () => Partial<ResponseOptions>]>([
    ['another audience', 'audience', () => ({ audience: 'https://other.example' })],
    ['another key', 'signature', () => ({ keys: otherKeys })],
    ['an expired assertion', 'expired', () => ({ ends: -600 })],
    ['an assertion for another request', 'in_response_to', () => ({ inResponseTo: '_another' })],
  ])('names the failed check: %s', async (_, check, rest) => {
    app = await adminApp([okta()])
    const page = await test(ann, rest())
    expect(page.status).toBe(200)
    expect(page.text).toContain('A real sign-in would end here')
    expect(page.text).toContain(`<code>${check}</code>`)
    expect(page.text).not.toContain('ann@corp.example')
    expect(await everything()).toEqual({})
  })

  it.each([
    [{ authnContext: ['https://refeds.org/profile/mfa'] }, 'authn_context'],
    [{ forceAuthn: true }, 'authn_instant'],
  ])('checks the Response against a request with %j', async (asked, check) => {
    app = await adminApp([okta({ saml: { ...okta().saml!, ...asked } })])
    const page = await test(ann, {
      afterAssertion: (xml) => xml.replace(/AuthnInstant="\d{4}/, 'AuthnInstant="2020'),
    })
    expect(page.text).toContain(`<code>${check}</code>`)
    expect(page.text).not.toContain('ann@corp.example')
  })

  it('shows that the identity provider refused', async () => {
    app = await adminApp([okta()])
    const id = /ID="([^"]+)"/.exec(requestXml(onward(await startTest())))![1]!
    const status = ['Responder', 'AuthnFailed'].map((name) => `urn:oasis:names:tc:SAML:2.0:status:${name}`)
    const destination = `${app.origin}/sso/okta/callback`
    const xml = errorXml({ destination, responseIssuer: idp, status }).replace(' ', ` InResponseTo="${id}" `)
    const page = await deliver({ SAMLResponse: Buffer.from(xml).toString('base64') })
    expect(page.text).toContain('Test sign-in: <bdi>Okta &amp; Söhne</bdi>')
    expect(page.text).toContain('<code>AuthnFailed</code>')
  })

  it('links back to the page it was started from', async () => {
    app = await adminApp([okta()])
    expect((await test()).text).toContain('href="/admin/okta#test-sign-in"')
  })

  it('works for a disabled source, through which no one else can sign in', async () => {
    app = await adminApp([okta({ enabled: false })])
    const page = await test()
    expect(textOf(page.text)).toContain('would create a new user')
    expect(textOf(page.text)).toContain('This source is off')
    const refused = await browser.request(`${app.origin}/sso/okta/login`)
    expect([refused.status, refused.text.includes('source_disabled')]).toEqual([403, true])
    const stray = await deliver(
      await answer(onward(await startTest()), ann, { responseInResponseTo: '_x', inResponseTo: '_x' }),
    )
    expect([stray.status, stray.text.includes('source_disabled')]).toEqual([403, true])
  })

  it('is bound to the browser that started it, and ends with the first Response', async () => {
    app = await adminApp([okta()])
    const form = await answer(onward(await startTest()))
    const stolen = await deliver(form, new Browser())
    expect([stolen.status, stolen.text.includes('ann@corp.example')]).toEqual([403, false])
    expect((await deliver(form)).text).toContain('ann@corp.example')
    const again = await deliver(form)
    expect([again.status, again.text.includes('ann@corp.example')]).toEqual([403, false])
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('is never started by a query or a form', async () => {
    app = await adminApp([okta()])
    const start = await browser.request(`${app.origin}/sso/okta/login?test=true&test[]=1`)
    const done = await deliver({ ...(await answer(start.headers.get('location')!)), test: 'true' })
    expect(done.status).toBe(302)
    expect(await me()).toMatchObject({ email: 'ann@corp.example' })
    const off = await browser.request(`${app.origin}/sso/okta/callback?test=true`, { test: 'true' })
    expect(off.status).toBe(400)
  })

  it('signs nobody in at the app’s own routes', async () => {
    const own = express.Router()
    own.post('/admin/okta/test', (req, _res, next) => {
      begin(app.jit.strategy('okta'), req, { baseUrl: `${app.origin}/sso`, returnTo: '/' }).catch(next)
    })
    const users: unknown[] = []
    own.post('/own/callback', express.urlencoded({ extended: false }), (req, res, next) => {
      const finish = (error: unknown, user: unknown, info: unknown): void => {
        users.push(error, user, (info as Error).message)
        res.end()
      }
      ;(passport.authenticate(app.jit.strategy('okta'), finish) as express.RequestHandler)(req, res, next)
    })
    app = await webApp({ sources: () => [okta()], before: [own] })
    const form = await answer(onward(await startTest()))
    await browser.request(`${app.origin}/own/callback`, form)
    expect(users).toEqual([null, false, expect.stringContaining('test sign-in')])
  })

  it('escapes received values, and shortens long ones', async () => {
    app = await adminApp([okta()])
    const page = await test({
      ...ann,
      title: '&lt;script&gt;alert(1)&lt;/script&gt;',
      note: 'x'.repeat(10_000),
    })
    expect(page.text).not.toContain('<script>')
    expect(page.text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(page.text).toContain('… (10000 characters)')
  })

  it('refuses to start for a source that does not exist', async () => {
    app = await adminApp([okta()])
    const page = await startTest('nope')
    expect(page.status).toBe(404)
  })
})

describe('a test sign-in through OpenID Connect', () => {
  let provider: RunningProvider | undefined
  afterEach(async () => {
    await provider?.stop()
    provider = undefined
  })

  const entra =
    (claims: object, rest: Partial<SourceConfig> = {}) =>
    async (baseUrl: string): Promise<SourceConfig[]> => {
      const client = { client_id: 'app', client_secret: 's'.repeat(40) }
      const redirect_uris = [`${baseUrl}/entra/callback`]
      provider = await startProvider({ clients: [{ ...client, redirect_uris }], claims })
      const oidc = { issuer: provider.issuer, clientID: 'app', clientSecret: 's'.repeat(40) }
      return [{ id: 'entra', protocol: 'oidc', provisioning: true, syncing: true, oidc, ...rest }]
    }
  const claims = { email: 'Ann@corp.example', email_verified: true, given_name: 'Ann', family_name: 'Lee' }

  it('shows the claims, and signs nobody in', async () => {
    app = await adminApp(entra(claims, { enabled: false }))
    const page = await signInAs('ann-1', onward(await startTest('entra')), browser)
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(textOf(page.text)).toContain('A real sign-in would create a new user and write 3 fields.')
    expect(textOf(page.text)).toContain('Subject ann-1 Email verified yes')
    expect(row(page, 'E-mail')).toEqual([
      'Ann@corp.example',
      'ann@corp.example',
      'nothing → becomes ann@corp.example',
    ])
    expect(await me()).toBeNull()
    expect(await everything()).toEqual({})
  })

  it('is bound to the browser that started it', async () => {
    app = await adminApp(entra(claims))
    const until = (url: string): boolean => url.includes('/entra/callback')
    const back = await signInAs('ann-1', onward(await startTest('entra')), browser, until)
    const callback = back.headers.get('location')!
    const stolen = await new Browser().request(callback)
    expect([stolen.status, stolen.text.includes('ann@corp.example')]).toEqual([403, false])
    expect((await browser.request(callback)).text).toContain('Ann@corp.example')
    expect((await browser.request(callback)).status).toBe(403)
  })

  it('shows why the provider’s response cannot be used', async () => {
    app = await adminApp(entra(claims))
    const state = new URL(onward(await startTest('entra'))).searchParams.get('state')!
    const query = new URLSearchParams({ state, error: 'access_denied', iss: provider!.issuer })
    const page = await browser.request(`${app.origin}/sso/entra/callback?${query.toString()}`)
    expect([page.status, page.text.includes('<code>access_denied</code>')]).toEqual([200, true])
    const bad = new URL(onward(await startTest('entra'))).searchParams.get('state')!
    const wrong = new URLSearchParams({ state: bad, code: 'not-a-code', iss: provider!.issuer })
    const refused = await browser.request(`${app.origin}/sso/entra/callback?${wrong.toString()}`)
    expect(refused.text).toContain('A real sign-in would end here')
  })

  it('is never started by a query', async () => {
    app = await adminApp(entra(claims))
    const done = await signInAs('ann-1', `${app.origin}/sso/entra/login?test=true`, browser)
    expect(JSON.parse(done.text)).toMatchObject({ user: { email: 'ann@corp.example' } })
  })

  it('passes a fault to the admin’s route if the provider is down', async () => {
    app = await adminApp(entra(claims))
    await provider!.stop()
    provider = undefined
    const page = await startTest('entra')
    expect(page.status).toBe(503)
  })
})
