import express from 'express'
import express4 from 'express4'
import { startDevMongo } from 'dev-mongo'
import type { JitError, SourceConfig } from '../../src'
import { Browser, type Page } from '../helpers/oidc-browser'
import { type RunningProvider, signInAs, startProvider } from '../helpers/oidc-real'
import { expectLinear } from '../helpers/cpu'
import {
  attribute,
  createKeys,
  defaults,
  errorXml,
  type Keys,
  responseXml,
  type ResponseOptions,
} from '../helpers/saml-idp'
import { requestXml } from '../helpers/saml-app'
import { webApp, type WebApp } from '../helpers/web-app'

const idp = 'https://idp.example'
let keys: Keys
let app: WebApp
let browser: Browser

beforeAll(async () => {
  keys = await createKeys('idp.example')
})
beforeEach(() => {
  browser = new Browser()
})
afterEach(() => app?.close())

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

const ann = { email: 'ann@corp.example', firstName: 'Ann', lastName: 'Lee', title: 'Engineer' }

/** Posts the identity provider's Response to the request in the redirect. */
async function answer(
  start: Page,
  attributes: object = ann,
  rest: Partial<ResponseOptions> = {},
): Promise<Page> {
  const id = /ID="([^"]+)"/.exec(requestXml(start.headers.get('location')!))![1]!
  const acs = `${app.origin}/sso/okta/callback`
  const xml = await responseXml({
    ...defaults,
    sign: ['response'],
    keys,
    issuer: idp,
    responseIssuer: idp,
    audience: `${app.origin}/sso/okta/metadata`,
    recipient: acs,
    destination: acs,
    inResponseTo: id,
    responseInResponseTo: id,
    attributes: Object.entries(attributes)
      .map(([name, value]) => attribute(name, String(value)))
      .join(''),
    ...rest,
  })
  return browser.request(acs, { SAMLResponse: Buffer.from(xml).toString('base64') })
}

const signIn = (returnTo = ''): Promise<Page> => browser.request(`${app.origin}/sso/okta/login${returnTo}`)
const me = async (): Promise<{ user: Record<string, unknown> | null }> =>
  JSON.parse((await browser.request(`${app.origin}/me`)).text)

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('signing in through SAML, with %s', (_, framework) => {
  it('creates the person, signs them in, and goes to returnTo', async () => {
    app = await webApp({ sources: () => [okta()], framework })
    const start = await signIn('?returnTo=%2Fdeep%3Fa%3D1')
    expect(start.status).toBe(302)
    expect(start.headers.get('location')).toMatch(/^https:\/\/idp\.example\/sso\?SAMLRequest=/)
    const done = await answer(start)
    expect([done.status, done.headers.get('location')]).toEqual([302, '/deep?a=1'])
    expect((await me()).user).toMatchObject({ ...ann, identities: [{ source: 'okta', subject: 'ann-1' }] })
  })

  it('shows a page for a refusal, with names and without values, and problem details to a JSON client', async () => {
    app = await webApp({ sources: () => [okta()], framework })
    const page = await answer(await signIn(), { Email: 'ann@corp.example', firstName: 'Ann' })
    expect(page.status).toBe(403)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(page.text).toContain('identifier_missing')
    expect(page.text).toMatch(/<code>email<\/code>/)
    expect(page.text).toMatch(/<code>Email<\/code>/)
    expect(page.text).not.toContain('ann@corp')
    expect((await me()).user).toBeNull()
    const json = await fetch(`${app.origin}/sso/nope/login`, { headers: { accept: 'application/json' } })
    expect([json.status, json.headers.get('content-type')]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ])
    expect(await json.json()).toMatchObject({ code: 'unknown_source', status: 404, source: 'nope' })
  })

  it('returns 400 for a form that is too large or missing', async () => {
    app = await webApp({ sources: () => [okta()], framework })
    const url = `${app.origin}/sso/okta/callback`
    await expectLinear(2_000_000, (size) => {
      const form = { SAMLResponse: 'A'.repeat(size) }
      return async () => expect((await browser.request(url, form)).status).toBe(400)
    })
    expect((await browser.request(url, { SAMLResponse: '<not base64>' })).status).toBe(400)
    expect(
      (await browser.request(url, { SAMLResponse: Buffer.from('not XML').toString('base64') })).status,
    ).toBe(400)
  })
})

describe('the sign-in router', () => {
  it('updates the profile at the next sign-in, and emits the changes to the app', async () => {
    const told: unknown[] = []
    app = await webApp({ sources: () => [okta()] })
    app.jit.on('login', ({ outcome, changes }) =>
      told.push(
        outcome,
        changes.map(({ path }) => path),
      ),
    )
    await answer(await signIn())
    await answer(await signIn(), { ...ann, title: 'CTO' })
    expect(told).toEqual(['provisioned', ['email', 'firstName', 'lastName', 'title'], 'synced', ['title']])
    expect((await me()).user).toMatchObject({ title: 'CTO' })
  })

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/\t/evil.example',
  ])('never redirects to another origin (%s)', async (returnTo) => {
    app = await webApp({ sources: () => [okta()], router: { successRedirect: '/home' } })
    const done = await answer(await signIn(`?returnTo=${encodeURIComponent(returnTo)}`))
    expect(done.headers.get('location')).toBe('/home')
  })

  it('works with an app that has already parsed the form', async () => {
    app = await webApp({
      sources: () => [okta()],
      before: [express.urlencoded({ extended: true, limit: '1mb' })],
    })
    expect((await answer(await signIn())).status).toBe(302)
  })

  it('redirects to failureRedirect after a refusal', async () => {
    app = await webApp({
      sources: () => [okta({ provisioning: false })],
      router: { failureRedirect: (error) => `/denied?why=${error.code}` },
    })
    const done = await answer(await signIn())
    expect([done.status, done.headers.get('location')]).toEqual([302, '/denied?why=provisioning_disabled'])
  })

  it('does not tell the browser which check failed', async () => {
    app = await webApp({ sources: () => [okta()] })
    const refused: unknown[] = []
    app.jit.on('refused', ({ details, reference }) => refused.push(details.check, reference))
    const page = await answer(await signIn(), ann, { audience: 'https://other.example' })
    expect(refused[0]).toBe('audience')
    expect([page.status, page.text.includes('audience')]).toEqual([403, false])
    expect(page.text).toContain(refused[1])
  })

  it('says so if the identity provider refused', async () => {
    app = await webApp({ sources: () => [okta()] })
    await signIn()
    const xml = errorXml({
      destination: `${app.origin}/sso/okta/callback`,
      responseIssuer: idp,
      status: [
        'urn:oasis:names:tc:SAML:2.0:status:Responder',
        'urn:oasis:names:tc:SAML:2.0:status:AuthnFailed',
      ],
    })
    const page = await browser.request(`${app.origin}/sso/okta/callback`, {
      SAMLResponse: Buffer.from(xml).toString('base64'),
    })
    expect([page.status, page.text.includes('AuthnFailed')]).toEqual([403, true])
  })

  it('lists every enabled source by name, keeps returnTo, and escapes both', async () => {
    app = await webApp({
      sources: () => [okta({ label: '<script>"&' }), okta({ id: 'off', label: 'Off', enabled: false })],
    })
    const page = await browser.request(`${app.origin}/sso/?returnTo=%2Fa%26b`)
    expect(page.text).toContain('&lt;script&gt;&quot;&amp;')
    expect(page.text).toContain(`${app.origin}/sso/okta/login?returnTo=%2Fa%26b`)
    expect(page.text).not.toContain('Off')
    expect((await browser.request(`${app.origin}/sso/off/login`)).status).toBe(403)
    const styles = await browser.request(`${app.origin}/sso/style.css`)
    expect([styles.status, styles.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
  })

  it('starts sign-ins in two tabs at once in a browser without a cookie', async () => {
    app = await webApp({ sources: () => [okta()] })
    const [first, second] = await Promise.all([signIn('?returnTo=/1'), signIn('?returnTo=/2')])
    expect((await answer(second)).headers.get('location')).toBe('/2')
    expect((await answer(first)).headers.get('location')).toBe('/1')
  })

  it('names the source of a form that cannot be read, after checking that the source exists', async () => {
    app = await webApp({ sources: () => [okta()] })
    const post = (id: string): Promise<Page> =>
      browser.request(
        `${app.origin}/sso/${id}/callback`,
        { SAMLResponse: 'A'.repeat(2_000_000) },
        { accept: 'application/json' },
      )
    expect(JSON.parse((await post('okta')).text)).toMatchObject({ status: 400, source: 'okta' })
    expect((await post('nope')).status).toBe(404)
  })

  it('passes an error of the app’s code to the app', async () => {
    app = await webApp({
      sources: () => [okta({ provisioning: false })],
      router: {
        failureRedirect: () => {
          throw new Error('app broke')
        },
      },
      framework: express4,
    })
    expect((await answer(await signIn())).status).toBe(500)
  })

  it('asks for the email if there are many sources, and redirects to the source with its domain', async () => {
    const customers = Array.from({ length: 6 }, (_, i) =>
      okta({ id: `c${i}`, label: `Customer ${i}`, domains: [`c${i}.example`] }),
    )
    app = await webApp({
      sources: () => [
        ...customers,
        okta({ id: 'any', label: 'Anybody' }),
        okta({ id: 'off', enabled: false, domains: ['off.example'] }),
      ],
    })
    const page = await browser.request(`${app.origin}/sso/?returnTo=/deep`)
    expect(page.text).toContain('type="email"')
    expect(page.text).toContain('Anybody')
    expect(page.text).not.toContain('Customer')
    const ask = (email: string): Promise<Page> =>
      browser.request(`${app.origin}/sso/`, { email, returnTo: '/deep' })
    const found = await ask(' Somebody@C3.example ')
    expect(found.headers.get('refresh')).toBe(`0; url=${app.origin}/sso/c3/login?returnTo=%2Fdeep`)
    for (const email of ['a@off.example', 'a@sub.c3.example', '', '"><script>@x.example']) {
      const unclaimed = await ask(email)
      expect(unclaimed.status).toBe(200)
      expect(unclaimed.text).toContain('No company sign-in is set up for this address')
      expect(unclaimed.text).toContain('or choose a sign-in by name')
      expect(unclaimed.text).not.toContain('<script>')
      expect(unclaimed.text).toContain('name="returnTo" value="/deep"')
    }
  })

  it('does not mention a list of names if there is none', async () => {
    const customers = Array.from({ length: 6 }, (_, i) => okta({ id: `c${i}`, domains: [`c${i}.example`] }))
    app = await webApp({ sources: () => customers })
    const { text } = await browser.request(`${app.origin}/sso/`, { email: 'a@b.example' })
    expect(text).toContain('or ask your administrator')
    expect(text).not.toContain('by name')
  })

  it('shows a plain message without a source', async () => {
    app = await webApp({ sources: () => [] })
    expect((await browser.request(`${app.origin}/sso/`)).text).toContain('ask your administrator')
  })

  it('serves SP metadata that requests every mapped field, for SAML sources', async () => {
    app = await webApp({ sources: () => [okta()] })
    const page = await browser.request(`${app.origin}/sso/okta/metadata`)
    expect(page.headers.get('content-type')).toContain('application/samlmetadata+xml')
    expect(page.text).toContain(`entityID="${app.origin}/sso/okta/metadata"`)
    expect(page.text.match(/<RequestedAttribute /g)).toHaveLength(app.jit.source('okta').fieldMapping.length)
    expect(page.text).toContain('Name="costCenter" FriendlyName="Cost center" isRequired="false"')
    expect((await browser.request(`${app.origin}/sso/nope/metadata`)).status).toBe(404)
  })

  it('shows the logout service in metadata and details if the source supports logout', async () => {
    const logoutUrl = `${idp}/slo`
    app = await webApp({
      sources: () => [okta({ saml: { ...okta().saml!, logoutUrl } }), okta({ id: 'not' })],
    })
    const address = `${app.origin}/sso/okta/logout`
    const metadata = await browser.request(`${app.origin}/sso/okta/metadata`)
    expect(metadata.text.match(/<SingleLogoutService [^>]*Location="[^"]*"/g)).toEqual([
      expect.stringContaining(address),
      expect.stringContaining(address),
    ])
    expect(app.jit.source('okta').configuration).toContainEqual({ name: 'Single logout URL', value: address })
    expect(JSON.stringify(app.jit.source('not').configuration)).not.toContain('logout')
  })

  it('gives the sources to the app’s own pages, without secrets', async () => {
    app = await webApp({
      sources: () => [okta({ saml: { ...okta().saml!, privateKey: keys.key, publicCert: keys.cert } })],
    })
    const page = await browser.request(`${app.origin}/sources`)
    expect(JSON.parse(page.text)).toEqual(app.jit.sources())
    expect(JSON.parse(page.text)).toMatchObject([
      {
        id: 'okta',
        requiredFields: [
          { path: 'firstName', label: 'First name', attribute: 'firstName' },
          { path: 'lastName' },
        ],
        loginIdentifiers: [{ path: 'email', label: 'E-mail', attribute: 'email' }],
        configuration: expect.arrayContaining([
          { name: 'ACS URL', value: `${app.origin}/sso/okta/callback` },
        ]),
      },
    ])
    expect(page.text).not.toContain('PRIVATE')
  })

  it('signs out, but refuses a cross-site request', async () => {
    app = await webApp({ sources: () => [okta()] })
    await answer(await signIn())
    const post = (origin: string): Promise<Page> =>
      browser.request(`${app.origin}/sso/logout`, {}, { origin })
    expect((await post('https://evil.example')).status).toBe(403)
    expect((await me()).user).not.toBeNull()
    expect((await post(app.origin)).status).toBe(302)
    expect((await me()).user).toBeNull()
  })

  it('signs nobody in if the sign-in fails after the session is saved', async () => {
    let failing = true
    const breakRedirects: express.RequestHandler = (req, res, next) => {
      if (failing && req.path.endsWith('/callback'))
        res.redirect = () => {
          throw new Error('late')
        }
      next()
    }
    app = await webApp({ sources: () => [okta()], before: [breakRedirects] })
    expect((await answer(await signIn())).status).toBe(500)
    expect((await me()).user).toBeNull()
    failing = false
    expect((await answer(await signIn())).status).toBe(302)
    expect((await me()).user).toMatchObject(ann)
  })

  it('returns 503 while the database is down, and works when it is back', async () => {
    const database = await startDevMongo()
    app = await webApp({
      sources: () => [okta()],
      mongo: { uri: `${database.uri}/test`, close: () => database.close() },
    })
    const errors: unknown[] = []
    app.jit.on('error', (error) => errors.push((error as JitError).code))
    const start = await signIn()
    database.misbehave({ drop: true })
    const down = await answer(start)
    expect([down.status, down.text.includes('database_unavailable')]).toEqual([503, true])
    expect(errors).toEqual(['database_unavailable'])
    database.behave()
    expect((await answer(await signIn())).status).toBe(302)
    expect(await app.User.countDocuments()).toBe(1)
  })
})

describe('signing in through OpenID Connect', () => {
  let provider: RunningProvider | undefined
  afterEach(async () => {
    await provider?.stop()
    provider = undefined
  })

  const entra = async (baseUrl: string, claims: object): Promise<SourceConfig[]> => {
    provider = await startProvider({
      clients: [
        { client_id: 'app', client_secret: 's'.repeat(40), redirect_uris: [`${baseUrl}/entra/callback`] },
      ],
      claims,
    })
    const oidc = { issuer: provider.issuer, clientID: 'app', clientSecret: 's'.repeat(40) }
    return [{ id: 'entra', protocol: 'oidc', provisioning: true, syncing: true, oidc }]
  }

  it('creates the person from UserInfo, signs them in, and goes to returnTo', async () => {
    const claims = { email: 'Ann@corp.example', email_verified: true, given_name: 'Ann', family_name: 'Lee' }
    app = await webApp({ sources: (baseUrl) => entra(baseUrl, claims) })
    const page = await signInAs('ann-1', `${app.origin}/sso/entra/login?returnTo=/deep`, browser)
    expect(JSON.parse(page.text)).toMatchObject({
      at: '/deep',
      user: {
        email: 'ann@corp.example',
        firstName: 'Ann',
        identities: [{ source: 'entra', subject: 'ann-1' }],
      },
    })
  })

  it('refuses with names if a claim is missing', async () => {
    app = await webApp({
      sources: (baseUrl) => entra(baseUrl, { email: 'ann@corp.example', given_name: 'Ann' }),
    })
    const page = await signInAs('ann-1', `${app.origin}/sso/entra/login`, browser)
    expect([page.status, page.text.includes('<code>family_name</code>')]).toEqual([403, true])
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('does not start a sign-in if the callback URL is opened directly', async () => {
    app = await webApp({ sources: (baseUrl) => entra(baseUrl, {}) })
    expect((await browser.request(`${app.origin}/sso/entra/callback`)).status).toBe(400)
  })

  it('returns 503 while the provider is down', async () => {
    app = await webApp({ sources: (baseUrl) => entra(baseUrl, {}) })
    await provider!.stop()
    provider = undefined
    const page = await browser.request(`${app.origin}/sso/entra/login`)
    expect([page.status, page.text.includes('provider_unavailable')]).toEqual([503, true])
  })
})
