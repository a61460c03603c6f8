import passportOpenIdConnect from 'passport-openidconnect'
import { createApp } from '../helpers/oidc-app'
import { Browser } from '../helpers/oidc-browser'
import type { RunningProvider } from '../helpers/oidc-real'
import { autoSubmitted, signInAs, startProvider } from '../helpers/oidc-real'
import { endingIn, refused } from '../helpers/oidc-setup'

const secret = 'a:secret-with-100%25+more&more~as-long-as-it-has-to-be'
const claims = {
  email: 'alice@example.com',
  email_verified: true,
  given_name: 'Alice',
  family_name: 'Adams',
}

describe('OidcJitStrategy with oidc-provider', () => {
  const app = createApp()
  let provider: RunningProvider

  beforeAll(async () => {
    await app.start()
    const redirect_uris = [`${app.url}/idp/callback`, `${app.url}/idp/plain/callback`]
    provider = await startProvider({
      clients: [
        { client_id: 'app', client_secret: secret, redirect_uris },
        {
          client_id: 'poster',
          client_secret: secret,
          token_endpoint_auth_method: 'client_secret_post',
          redirect_uris,
        },
        {
          client_id: 'signed userinfo',
          client_secret: secret,
          userinfo_signed_response_alg: 'RS256',
          redirect_uris,
        },
        { client_id: 'public', token_endpoint_auth_method: 'none', redirect_uris },
      ],
      claims,
    })
  })
  beforeEach(() => {
    Object.assign(app, { assertions: [], endings: [], reports: [] })
    app.use('idp', { issuer: provider.issuer, clientSecret: secret })
  })
  afterAll(async () => {
    await provider?.stop()
    await app.close()
  })

  const login = (): string => `${app.url}/idp/login?returnTo=/inbox`
  const success = { ending: 'success', user: { id: 'alice' }, returnTo: '/inbox' }

  it('signs a person in, and passes the verified claims to the engine', async () => {
    expect(endingIn(await signInAs('alice', login()))).toEqual(success)
    expect(app.assertions).toEqual([
      {
        issuer: provider.issuer,
        subject: 'alice',
        emailVerified: true,
        attributes: expect.objectContaining({ ...claims, sub: 'alice' }),
      },
    ])
    expect(app.endings).toHaveLength(1)
    expect(app.reports).toEqual([])
  })

  it('is a passport-openidconnect strategy, named after its source', () => {
    expect(app.strategies['idp']).toBeInstanceOf(passportOpenIdConnect.Strategy)
    expect(app.strategies['idp']?.name).toBe('idp')
  })

  it('puts the user and the result on the request', async () => {
    const callbackURL = `${app.url}/idp/plain/callback`
    app.use('idp', { issuer: provider.issuer, clientSecret: secret, callbackURL })
    const page = await signInAs('alice', login())
    const result = { outcome: 'unchanged', user: { id: 'alice' }, changes: [], notices: [] }
    expect(JSON.parse(page.text)).toEqual({
      user: { id: 'alice' },
      authInfo: { jit: result, returnTo: '/inbox' },
    })
  })

  it('finishes by POST with form_post', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret: secret, responseMode: 'form_post' })
    const browser = new Browser()
    const { action, form } = autoSubmitted(await signInAs('alice', login(), browser))
    expect(action).toBe(`${app.url}/idp/callback`)
    expect(endingIn(await browser.request(action, form))).toEqual(success)
  })

  it.each([
    [
      'client_secret_post, as the source says',
      { clientID: 'poster', tokenEndpointAuthMethod: 'client_secret_post' },
    ],
    ['no secret, as a public client', { clientID: 'public', clientSecret: undefined }],
  ] as const)('authenticates with %s', async (_title, options) => {
    app.use('idp', { issuer: provider.issuer, clientSecret: secret, ...options })
    expect(endingIn(await signInAs('alice', login()))).toEqual(success)
  })

  it('reads from a signed UserInfo what the ID token lacks', async () => {
    app.use('idp', { issuer: provider.issuer, clientID: 'signed userinfo', clientSecret: secret })
    expect(endingIn(await signInAs('alice', login()))).toEqual(success)
    expect(app.assertions[0]).toMatchObject({ emailVerified: true, attributes: claims })
  })

  it('reports a configuration fault if the client secret is wrong', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret: 'wrong' })
    expect(endingIn(await signInAs('alice', login()))).toMatchObject({
      ending: 'error',
      code: 'invalid_configuration',
      provider: 'invalid_client',
    })
  })

  it('passes on the provider’s refusal', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret: secret, prompt: 'none' })
    expect(endingIn(await signInAs('alice', login()))).toMatchObject({
      ending: 'fail',
      code: 'provider_refused',
      provider: 'login_required',
      status: 403,
    })
  })

  it('redirects a repeated response, and refuses it from another browser', async () => {
    const browser = new Browser()
    const isAnswer = (url: string): boolean => url.includes('/callback')
    const page = await signInAs('alice', login(), browser, isAnswer)
    const answer = page.headers.get('location') ?? ''
    expect(endingIn(await browser.request(answer))).toEqual(success)
    const again = await browser.request(answer)
    expect([again.status, again.headers.get('location')]).toEqual([302, '/inbox'])
    expect(endingIn(await new Browser().request(answer))).toEqual(refused('state'))
    expect(app.endings).toHaveLength(2)
  })

  it('refuses a response without the issuer that the provider announces', async () => {
    const browser = new Browser()
    const held = async (): Promise<URL> => {
      const page = await signInAs('alice', login(), browser, (url) => url.includes('/callback'))
      return new URL(page.headers.get('location') ?? '')
    }
    const stripped = await held()
    stripped.searchParams.delete('iss')
    expect(endingIn(await browser.request(stripped.href))).toEqual(refused('iss'))
  })

  it('checks that the person has signed in recently enough', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret: secret, maxAge: 0 })
    const browser = new Browser()
    expect(endingIn(await signInAs('alice', login(), browser))).toEqual(success)
    expect(app.assertions[0]?.attributes).toMatchObject({ auth_time: expect.any(Number) })
  })
})
