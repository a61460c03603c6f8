import { adminApp, type AdminApp } from '../helpers/admin-app'
import { Browser, type Page } from '../helpers/oidc-browser'
import { HostileProvider, json, makeKey } from '../helpers/oidc-hostile'

const provider = new HostileProvider()
let app: AdminApp
let browser: Browser

beforeAll(async () => {
  await provider.start()
  provider.keys = [await makeKey()]
  app = await adminApp({
    code: [
      {
        ...{ id: 'entra', protocol: 'oidc', provisioning: true },
        oidc: { issuer: provider.issuer, clientID: 'app', clientSecret: 'a secret of this test' },
      },
    ],
    options: { activity: {} },
  })
})
afterAll(async () => {
  await app.close()
  await provider.close()
})
beforeEach(() => {
  browser = new Browser()
  provider.bend = {}
})

const words = 'AADSTS50105: <b>Ann</b> is not assigned.'

/** Comes back from the provider with an error. */
async function comeBack(
  error: string,
  { description = words, returnTo = '', accept = 'text/html' } = {},
): Promise<Page> {
  const login = `${app.origin}/sso/entra/login${returnTo && `?returnTo=${returnTo}`}`
  const start = await browser.request(login)
  const state = new URL(start.headers.get('location')!).searchParams.get('state')!
  const answer = new URLSearchParams({ state, error, error_description: description })
  const callback = `${app.origin}/sso/entra/callback?${answer.toString()}`
  return browser.request(callback, undefined, { accept })
}

/** What an admin finds in the activity by the reference on the person's page. */
async function found({ text }: Page): Promise<string> {
  const reference = /<code>([0-9a-f]{10})<\/code>/.exec(text)![1]!
  const headers = { Cookie: 'who=admin' }
  const page = await (await fetch(`${app.admin}/entra?reference=${reference}`, { headers })).text()
  return page.slice(page.indexOf('role="status"'))
}

describe('an error of the provider', () => {
  it('shows the admin its escaped description and remedy, and the person only its code', async () => {
    const page = await comeBack('access_denied')
    expect([page.status, page.text.includes('<code>access_denied</code>')]).toEqual([403, true])
    expect(page.text).not.toContain('AADSTS')
    const admin = await found(page)
    expect(admin).toContain('AADSTS50105: &lt;b&gt;Ann&lt;/b&gt; is not assigned.')
    expect(admin).toContain('is not assigned to this app')
  })

  it('isn’t described in JSON', async () => {
    const { text } = await comeBack('access_denied', { accept: 'application/json' })
    expect(JSON.parse(text)).toMatchObject({ code: 'provider_refused', provider: 'access_denied' })
    expect(text).not.toContain('AADSTS')
  })

  it.each(['authentication_expired', 'temporarily_unavailable'])('offers to try again: %s', async (error) => {
    const page = await comeBack(error, { description: 'authentication_expired', returnTo: '/deep' })
    expect(page.text).toContain(`href="${app.origin}/sso/entra/login?returnTo=%2Fdeep">Try again</a>`)
    expect(await found(page)).toContain('can try again')
  })

  it('offers to try again if the token endpoint is busy', async () => {
    provider.bend = { reply: { token: json({ error: 'temporarily_unavailable' }, 503) } }
    const page = await browser.follow(`${app.origin}/sso/entra/login`)
    expect([page.status, page.text.includes('Try again</a>')]).toEqual([503, true])
  })

  it('from the token endpoint is shown to the admin with its own remedy', async () => {
    const reply = json({ error: 'invalid_client', error_description: 'The secret has expired.' })
    provider.bend = { reply: { token: reply } }
    const page = await browser.follow(`${app.origin}/sso/entra/login`)
    expect([page.status, page.text.includes('The secret has expired')]).toEqual([500, false])
    const admin = await found(page)
    expect(admin).toContain('<bdi>The secret has expired.</bdi>')
    expect(admin).toContain('Enter the secret again')
  })

  it('isn’t shown to the person if it answers no request', async () => {
    const page = await browser.request(`${app.origin}/sso/entra/callback?state=x&error=call_5551234`)
    expect([page.status, page.text.includes('5551234')]).toEqual([403, false])
  })
})

it('a refused signature has a remedy for OpenID Connect', async () => {
  provider.bend = { sign: async (claims) => provider.sign(claims, {}, await makeKey()) }
  const admin = await found(await browser.follow(`${app.origin}/sso/entra/login`))
  expect(admin).toContain('check <code>signature</code>')
  expect(admin).not.toMatch(/metadata|the assertion/)
})

it('a sign-in without an identifier reports that UserInfo failed', async () => {
  provider.bend = {
    claims: ({ email: _email, ...claims }) => claims,
    reply: { userinfo: json({ error: 'invalid_token' }, 401) },
  }
  const admin = await found(await browser.follow(`${app.origin}/sso/entra/login`))
  expect(admin).toContain('UserInfo answered with status 401')
})

it('a refused linking reports that email_verified is text', async () => {
  await app.User.create({ email: 'alice@example.com', firstName: 'Alice', lastName: 'Adams' })
  provider.bend = { claims: (claims) => ({ ...claims, email_verified: 'true' }) }
  const admin = await found(await browser.follow(`${app.origin}/sso/entra/login`))
  expect(admin).toContain('The provider sends email_verified as text.')
})

it('a HEAD request at the logout address doesn’t use a message', async () => {
  const head = await fetch(`${app.origin}/sso/entra/logout?SAMLRequest=x`, { method: 'HEAD' })
  expect([head.status, await head.text()]).toEqual([200, ''])
})
