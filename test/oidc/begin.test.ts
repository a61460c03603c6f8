import type { OidcOptions } from '../../src/sources/config'
import { JitError } from '../../src/errors'
import { watchDeadlines } from '../helpers/deadlines'
import { Browser } from '../helpers/oidc-browser'
import { hang } from '../helpers/oidc-hostile'
import { endingIn, oidcSetup, refused, signedIn, unavailable } from '../helpers/oidc-setup'

const { app, provider, signIn, answerFor, deliver, clientSecret } = oidcSetup()

/** The URL that the login route redirects to. */
async function authorizationRequest(browser = new Browser(), query = ''): Promise<URL> {
  const page = await browser.request(`${app.url}/idp/login${query}`)
  expect(page.status).toBe(302)
  return new URL(page.headers.get('location') ?? '')
}

describe('an authorization request', () => {
  it('has a new state, nonce and PKCE challenge every time', async () => {
    const [one, two] = [await authorizationRequest(), await authorizationRequest()]
    expect(Object.fromEntries(one.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'app',
      redirect_uri: `${app.url}/idp/callback`,
      scope: 'openid profile email',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(one.searchParams.get(name)).not.toBe(two.searchParams.get(name))
    }
  })

  it.each([
    ['openid', 'openid'],
    ['profile openid', 'openid profile'],
    ['openid offline_access', 'openid offline_access'],
  ])('includes the openid scope once: %s', async (scope, sent) => {
    app.use('idp', { issuer: provider.issuer, clientSecret, scope })
    expect((await authorizationRequest()).searchParams.get('scope')).toBe(sent)
  })

  it('carries the source’s options', async () => {
    const options: Partial<OidcOptions> = {
      prompt: 'login',
      display: 'popup',
      uiLocales: 'fr de',
      loginHint: 'alice',
      maxAge: 0,
      acrValues: 'gold',
      responseMode: 'form_post',
    }
    app.use('idp', { issuer: provider.issuer, clientSecret, ...options } as never)
    expect(Object.fromEntries((await authorizationRequest()).searchParams)).toMatchObject({
      prompt: 'login',
      display: 'popup',
      ui_locales: 'fr de',
      login_hint: 'alice',
      max_age: '0',
      acr_values: 'gold',
      response_mode: 'form_post',
    })
  })

  it('keeps the authorization endpoint’s query', async () => {
    provider.bend.discovery = (document) => ({
      ...document,
      authorization_endpoint: `${provider.issuer}/authorize?tenant=a%20b`,
    })
    const { searchParams } = await authorizationRequest()
    expect(searchParams.get('tenant')).toBe('a b')
    expect(searchParams.get('client_id')).toBe('app')
  })

  it('ignores the query of the login route', async () => {
    const { searchParams } = await authorizationRequest(
      undefined,
      '?scope=admin&redirect_uri=https://evil.example&prompt=none&client_id=evil&nonce=x',
    )
    expect(searchParams.get('scope')).toBe('openid profile email')
    expect(searchParams.get('redirect_uri')).toBe(`${app.url}/idp/callback`)
    expect(searchParams.get('client_id')).toBe('app')
    expect(searchParams.has('prompt')).toBe(false)
  })

  it('is made for a POST with any query', async () => {
    const browser = new Browser()
    const page = await browser.request(`${app.url}/idp/login?error=access_denied&code=x&state=y`, { a: 'b' })
    expect(page.status).toBe(302)
    expect(page.headers.get('location')).toContain(`${provider.issuer}/authorize?`)
  })
})

describe('a sign-in', () => {
  it('works in several tabs of one browser at once', async () => {
    const browser = new Browser()
    const [one, two, three] = [await answerFor(browser), await answerFor(browser), await answerFor(browser)]
    expect(await deliver(browser, two)).toEqual(signedIn)
    expect(await deliver(browser, three)).toEqual(signedIn)
    expect(await deliver(browser, one)).toEqual(signedIn)
  })

  it.each([
    ['/inbox?a=b#c', '/inbox?a=b#c'],
    ['https://evil.example/', undefined],
    ['//evil.example/', undefined],
    ['/\\evil.example', undefined],
  ])('returns only to a path of this origin: %s', async (asked, returnTo) => {
    const page = await new Browser().follow(`${app.url}/idp/login?returnTo=${encodeURIComponent(asked)}`)
    expect(endingIn(page)).toEqual({ ending: 'success', user: { id: 'alice' }, returnTo })
  })

  it('finishes by POST with form_post', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret, responseMode: 'form_post' })
    const browser = new Browser()
    const answer = await answerFor(browser)
    const form = Object.fromEntries(answer.searchParams)
    const callback = `${app.url}/idp/callback`
    expect(endingIn(await browser.request(callback, form))).toEqual(signedIn)
    expect((await browser.request(callback, form)).status).toBe(302)
    expect(endingIn(await new Browser().request(callback, form))).toEqual(refused('state'))
  })

  it('says that form_post needs a body parser if the route has none', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret, responseMode: 'form_post' })
    const page = await new Browser().request(`${app.url}/idp/unparsed/callback`, { code: 'x', state: 'y' })
    expect(endingIn(page)).toMatchObject({ ending: 'error', code: 'invalid_configuration' })
  })

  it('puts the user and the result on the request', async () => {
    const callbackURL = `${app.url}/idp/plain/callback`
    app.use('idp', { issuer: provider.issuer, clientSecret, callbackURL })
    const page = await new Browser().follow(`${app.url}/idp/login?returnTo=/x`)
    const result = { outcome: 'unchanged', user: { id: 'alice' }, changes: [], notices: [] }
    expect(JSON.parse(page.text)).toEqual({
      user: { id: 'alice' },
      authInfo: { jit: result, returnTo: '/x' },
    })
  })

  it('keeps people apart when all requests share one strategy object', async () => {
    const [slow, quick] = [new Browser(), new Browser()]
    const [first, second] = [await answerFor(slow), await answerFor(quick)]
    for (const answer of [first, second]) answer.pathname = '/idp/shared/callback'
    const waiting: (() => void)[] = []
    app.login = () =>
      new Promise((resolve) => {
        const nth = app.assertions.length
        const user = { id: `person ${nth}` } as never
        waiting.push(() => resolve({ outcome: 'unchanged', user, changes: [], notices: [] }))
        if (waiting.length === 2) waiting.reverse().forEach((go) => go())
      })
    const one = deliver(slow, first)
    while (waiting.length < 1) await new Promise((resolve) => setTimeout(resolve, 5))
    const two = deliver(quick, second)
    expect([await one, await two]).toMatchObject([{ user: { id: 'person 1' } }, { user: { id: 'person 2' } }])
  })

  it('ends with the engine’s refusal or fault', async () => {
    const refusal = new JitError('user_inactive', 'inactive', { source: 'idp' })
    app.login = () => Promise.reject(refusal)
    expect(await signIn()).toMatchObject({ ending: 'fail', code: 'user_inactive', status: 403 })
    app.login = () => Promise.reject(new JitError('database_unavailable', 'down'))
    expect(await signIn()).toMatchObject({ ending: 'error', code: 'database_unavailable', status: 503 })
    app.login = () => Promise.reject(new Error('bug'))
    expect(await signIn()).toMatchObject({ ending: 'error', message: 'Error: bug' })
    expect(app.reports).toEqual([refusal, expect.any(JitError), new Error('bug')])
    expect(app.endings).toHaveLength(3)
  })

  it('passes errors of the app’s callback to Express', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    answer.pathname = '/idp/throwing/callback'
    const page = await browser.request(answer.href)
    expect([page.status, page.text]).toEqual([500, 'thrown by the app'])
    answer.searchParams.set('state', 'none')
    expect((await browser.request(answer.href)).status).toBe(500)
  })

  it('is refused at an unknown source', async () => {
    app.use('gone', { issuer: provider.issuer })
    app.forget('gone')
    const page = await new Browser().request(`${app.url}/gone/login`)
    expect(endingIn(page)).toMatchObject({ ending: 'fail', code: 'unknown_source', status: 404 })
  })

  it('is a configuration fault at a source of another protocol', async () => {
    app.use('saml', { issuer: provider.issuer }, { protocol: 'saml' as never })
    const page = await new Browser().request(`${app.url}/saml/login`)
    expect(endingIn(page)).toMatchObject({ ending: 'error', code: 'invalid_configuration' })
  })
})

describe('discovery', () => {
  it('is requested once for many concurrent sign-ins', async () => {
    await Promise.all([authorizationRequest(), authorizationRequest(), authorizationRequest()])
    await signIn()
    expect(provider.requests('/.well-known/openid-configuration')).toHaveLength(1)
  })

  it('is requested again after an hour, and for a changed source', async () => {
    const discoveries = (): number => provider.requests('/.well-known/openid-configuration').length
    await authorizationRequest()
    const start = performance.now()
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => start + 59 * 60 * 1000)
    await authorizationRequest()
    expect(discoveries()).toBe(1)
    clock.mockImplementation(() => start + 61 * 60 * 1000)
    await authorizationRequest()
    expect(discoveries()).toBe(2)
    app.use('idp', { issuer: provider.issuer, clientSecret, prompt: 'login' })
    await authorizationRequest()
    expect(discoveries()).toBe(3)
  })

  it('is not requested if every endpoint is configured', async () => {
    app.use('idp', {
      issuer: provider.issuer,
      clientSecret,
      authorizationURL: `${provider.issuer}/authorize`,
      tokenURL: `${provider.issuer}/token`,
      jwksURL: `${provider.issuer}/jwks`,
      userInfoURL: `${provider.issuer}/userinfo`,
    })
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/.well-known/openid-configuration')).toEqual([])
  })

  it.each([
    ['tokenURL', 'token_endpoint', '/token'],
    ['jwksURL', 'jwks_uri', '/jwks'],
    ['userInfoURL', 'userinfo_endpoint', '/userinfo'],
    ['authorizationURL', 'authorization_endpoint', '/authorize'],
  ])(
    'provides the endpoints that the source does not configure: all except %s',
    async (option, member, path) => {
      provider.bend = {
        discovery: (document) => ({ ...document, [member]: `${provider.issuer}/nowhere` }),
        claims: (claims) => ({ ...claims, email: undefined }),
        userInfo: { email: 'alice@example.com' },
      }
      app.use('idp', { issuer: provider.issuer, clientSecret, [option]: provider.issuer + path })
      expect(await signIn()).toEqual(signedIn)
    },
  )

  it('is found for an issuer with a trailing slash', async () => {
    const issuer = `${provider.issuer}/`
    provider.bend = {
      discovery: (document) => ({ ...document, issuer }),
      claims: (claims) => ({ ...claims, iss: issuer }),
    }
    app.use('idp', { issuer, clientSecret })
    expect(await signIn()).toEqual(signedIn)
    expect(app.assertions[0]?.issuer).toBe(issuer)
  })

  it('can name a private address if the source allows it', async () => {
    provider.bend.discovery = (document) => ({ ...document, token_endpoint: 'https://0.0.0.0:9/' })
    const reason = (): unknown => (app.reports.at(-1) as { cause?: { reason?: unknown } }).cause?.reason
    expect(await signIn()).toEqual(unavailable)
    expect(reason()).toBe('forbidden')
    app.use('idp', { issuer: provider.issuer, clientSecret, allowPrivateAddresses: true })
    expect(await signIn()).toEqual(unavailable)
    expect(reason()).toBe('unreachable')
  })

  it('cannot name a loopback address unless the issuer is on loopback', async () => {
    const endpoints = { authorizationURL: 'https://idp.example/', tokenURL: 'https://127.0.0.1:9/' }
    app.use('idp', {
      issuer: 'https://[2fff::1]',
      ...endpoints,
      jwksURL: 'https://x/',
      userInfoURL: 'https://x/',
    })
    const browser = new Browser()
    const { searchParams } = await authorizationRequest(browser)
    const answer = new URL(`${app.url}/idp/callback?code=x&state=${searchParams.get('state')}`)
    expect(await deliver(browser, answer)).toEqual(unavailable)
    expect(app.reports).toMatchObject([{ cause: { reason: 'forbidden' } }])
  })

  it('is given up after five seconds for every waiting sign-in', async () => {
    provider.bend = { reply: { discovery: hang() } }
    const deadlines = watchDeadlines(5)
    expect(await Promise.all([signIn(), signIn()])).toEqual([unavailable, unavailable])
    expect(deadlines.mock.calls).toEqual([[5000]])
    expect(provider.requests('/.well-known/openid-configuration')).toHaveLength(1)
  })

  it('fails only for the source whose provider is down, and works once the provider is back', async () => {
    app.use('down', { issuer: 'http://127.0.0.1:9', clientSecret })
    expect(endingIn(await new Browser().request(`${app.url}/down/login`))).toEqual(unavailable)
    expect(await signIn()).toEqual(signedIn)
    app.use('idp', { issuer: provider.issuer, clientSecret })
    await provider.close()
    expect(await signIn()).toEqual(unavailable)
    await provider.start()
    expect(await signIn()).toEqual(signedIn)
  })
})
