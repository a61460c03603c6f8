import { Browser } from '../helpers/oidc-browser'
import type { Json, Reply } from '../helpers/oidc-hostile'
import { accessTokenHash, json, makeKey, text } from '../helpers/oidc-hostile'
import { oidcSetup, refused, signedIn, unavailable } from '../helpers/oidc-setup'

const { app, provider, signIn, answerFor, deliver, clientSecret } = oidcSetup()
const now = (): number => Math.floor(Date.now() / 1000)

describe('an ID token', () => {
  const sound: [title: string, change: (claims: Json) => Json][] = [
    ['expired half a minute ago, within the tolerance', (claims) => ({ ...claims, exp: now() - 30 })],
    ['issued half a minute ahead', (claims) => ({ ...claims, iat: now() + 30, nbf: now() + 30 })],
    ['several audiences with our azp', (claims) => ({ ...claims, aud: ['other', 'app'], azp: 'app' })],
    ['no at_hash', (claims) => ({ ...claims, at_hash: undefined })],
  ]
  it.each(sound)('is accepted: %s', async (_title, claims) => {
    provider.bend = { claims }
    expect(await signIn()).toEqual(signedIn)
  })

  it.each([
    ['RS256', 'sha256'],
    ['PS384', 'sha384'],
    ['ES512', 'sha512'],
    ['EdDSA', 'sha512'],
  ])('can be signed with %s', async (alg, hash) => {
    provider.keys = [await makeKey(alg)]
    provider.bend = { claims: (claims) => ({ ...claims, at_hash: accessTokenHash(hash) }) }
    expect(await signIn()).toEqual(signedIn)
  })

  it('can have a subject of 255 characters', async () => {
    const sub = 'x'.repeat(255)
    provider.bend = { claims: (claims) => ({ ...claims, sub }) }
    expect(await signIn()).toMatchObject({ ending: 'success', user: { id: sub } })
  })

  it('is refused if auth_time exceeds max_age or is missing', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret, maxAge: 600 })
    provider.bend = { claims: (claims) => ({ ...claims, auth_time: now() - 600 }) }
    expect(await signIn()).toEqual(signedIn)
    provider.bend = { claims: (claims) => ({ ...claims, auth_time: now() - 700 }) }
    expect(await signIn()).toEqual(refused('auth_time'))
    provider.bend = {}
    expect(await signIn()).toEqual(refused('auth_time'))
  })

  it('is accepted if max_age passes while the person is at the provider', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret, maxAge: 600 })
    const authTime = now() - 600
    provider.bend = { claims: (claims) => ({ ...claims, auth_time: authTime }) }
    const browser = new Browser()
    const answer = await answerFor(browser)
    jest.useFakeTimers({ advanceTimers: true, now: Date.now() + 5 * 60 * 1000 })
    expect(await deliver(browser, answer)).toEqual(signedIn)
    jest.useRealTimers()
  })
})

describe('an ID token that fails a check', () => {
  it.each<[string, Json, string, string]>([
    ['without a nonce', { nonce: undefined }, 'nonce', 'no nonce'],
    ['with another nonce', { nonce: 'other' }, 'nonce', '"nonce" failed'],
    ['with several audiences and no azp', { aud: ['app', 'other'] }, 'azp', 'several audiences and no azp'],
    ['issued to another client', { azp: 'other' }, 'azp', '"azp" failed'],
  ])('is refused with its own message: %s', async (_title, change, check, words) => {
    provider.bend = { claims: (claims) => ({ ...claims, ...change }) }
    expect(await signIn()).toMatchObject({ check, message: expect.stringContaining(words) as string })
  })
})

describe('keys', () => {
  it('are fetched again after the provider rotates them', async () => {
    expect(await signIn()).toEqual(signedIn)
    provider.keys = [await makeKey()]
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/jwks')).toHaveLength(2)
  })

  it('are fetched again if the new key has no key ID either', async () => {
    const anonymous = async (): Promise<void> => {
      const key = await makeKey()
      provider.keys = [{ ...key, jwk: { ...key.jwk, kid: undefined } }]
      provider.bend = { sign: (claims) => provider.sign(claims, { kid: undefined }) }
    }
    await anonymous()
    expect(await signIn()).toEqual(signedIn)
    await anonymous()
    expect(await signIn()).toEqual(signedIn)
  })

  it('are not fetched for every invalid token, but again after a while', async () => {
    provider.bend = { sign: async (claims) => provider.sign(claims, {}, await makeKey()) }
    for (let attempt = 0; attempt < 80; attempt++) expect(await signIn()).toEqual(refused('signature'))
    expect(provider.requests('/jwks').length).toBeLessThan(60)
    const later = performance.now() + 10_000
    jest.spyOn(performance, 'now').mockImplementation(() => later)
    provider.keys = [await makeKey()]
    provider.bend = {}
    expect(await signIn()).toEqual(signedIn)
  })

  it('work for two sign-ins at once during a rotation', async () => {
    expect(await signIn()).toEqual(signedIn)
    provider.keys = [await makeKey()]
    expect(await Promise.all([signIn(), signIn(), signIn()])).toEqual([signedIn, signedIn, signedIn])
    expect(provider.requests('/jwks')).toHaveLength(2)
  })
})

describe('an authorization response', () => {
  it.each(['code=x', 'error=access_denied', 'state='])('is recognized even with only %s', async (query) => {
    const page = await new Browser().request(`${app.url}/idp/callback?${query}`)
    expect(JSON.parse(page.text)).toMatchObject({ ending: 'fail', check: 'state' })
  })

  it('does not finish a sign-in started by another protocol at this source', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    expect(await browser.request(`${app.url}/idp/other-protocol`)).toMatchObject({ text: 'begun' })
    answer.searchParams.set('state', 'an-authn-request')
    expect(await deliver(browser, answer)).toEqual(refused('state'))
  })

  it('works once', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const pages = await Promise.all([browser.request(answer.href), browser.request(answer.href)])
    expect(pages.map(({ status }) => status).sort()).toEqual([200, 302])
    expect(app.assertions).toHaveLength(1)
    expect(await deliver(new Browser(), answer)).toEqual(refused('state'))
    expect(provider.requests('/token')).toHaveLength(1)
  })

  it('needs the correct issuer, if it has one', async () => {
    provider.bend = { response: (response) => response.set('iss', provider.issuer) }
    expect(await signIn()).toEqual(signedIn)
    provider.bend = { response: (response) => response.set('iss', 'https://evil.example') }
    expect(await signIn()).toEqual(refused('iss'))
    expect(provider.requests('/token')).toHaveLength(1)
  })

  it('reports a missing access token if the ID token has its hash', async () => {
    provider.bend = { tokens: ({ access_token: _, ...tokens }) => json(tokens) }
    const ending = await signIn()
    expect(ending).toEqual(refused('at_hash'))
    expect(ending.message).toContain('the provider sent no access token')
  })

  it('shows both names if the issuer differs', async () => {
    const both = (name: string): unknown =>
      expect.stringContaining(`names the issuer "${name}", and \`oidc.issuer\` is "${provider.issuer}"`)
    provider.bend = { response: (response) => response.set('iss', `${provider.issuer}/\n`) }
    expect((await signIn()).message).toEqual(both(`${provider.issuer}/\ufffd`))
    provider.bend = { claims: (claims) => ({ ...claims, iss: `${provider.issuer}/` }) }
    expect((await signIn()).message).toEqual(both(`${provider.issuer}/`))
  })

  it('needs an issuer if discovery announces one', async () => {
    provider.bend.discovery = (document) => ({
      ...document,
      authorization_response_iss_parameter_supported: true,
    })
    expect(await signIn()).toEqual(refused('iss'))
    provider.bend.response = (response) => response.set('iss', provider.issuer)
    expect(await signIn()).toEqual(signedIn)
  })

  it('with an error is the provider’s refusal, and consumes the state', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const error = new URL(answer)
    error.searchParams.delete('code')
    error.searchParams.set('error', 'access_denied')
    error.searchParams.set('error_description', '<script>')
    const refusal = { ending: 'fail', code: 'provider_refused', provider: 'access_denied', status: 403 }
    const ending = await deliver(browser, error)
    expect(ending).toMatchObject(refusal)
    expect(ending.message).not.toContain('script')
    expect(ending).toMatchObject({ description: '<script>' })
    expect(await deliver(browser, answer)).toEqual(refused('state'))
  })

  it.each<[string, string, string | undefined]>([
    ['with the provider’s description', 'The user is not assigned.', 'The user is not assigned.'],
    ['on one line, without control characters', ' a\r\n\tb\u0000c\u202Ed\u200B ', 'a b c d'],
    ['up to 500 characters', 'x'.repeat(5000), 'x'.repeat(500)],
    ['unless they are blank', ' \n', undefined],
  ])('reports an error %s', async (_title, sent, description) => {
    const browser = new Browser()
    const error = await answerFor(browser)
    error.searchParams.set('error', 'access_denied')
    error.searchParams.set('error_description', sent)
    const ending = await deliver(browser, error)
    expect([ending.provider, (ending as { description?: string }).description]).toEqual([
      'access_denied',
      description,
    ])
  })

  it('may report an error without the announced issuer, but not with another one', async () => {
    provider.bend.discovery = (document) => ({
      ...document,
      authorization_response_iss_parameter_supported: true,
    })
    const browser = new Browser()
    const [error, other] = [await answerFor(browser), await answerFor(browser)]
    for (const url of [error, other]) url.searchParams.set('error', 'access_denied')
    expect(await deliver(browser, error)).toMatchObject({
      code: 'provider_refused',
      provider: 'access_denied',
    })
    other.searchParams.set('iss', 'https://evil.example')
    expect(await deliver(browser, other)).toEqual(refused('iss'))
  })

  it('is refused if it is an error without state, and still reports the error', async () => {
    const browser = new Browser()
    const error = await answerFor(browser)
    error.search = '?error=invalid_scope&error_description=No+such+scope'
    expect(await deliver(browser, error)).toMatchObject({
      ...{ check: 'state', status: 400, provider: 'invalid_scope', description: 'No such scope' },
    })
  })

  it('ignores a HEAD request', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const headers = { cookie: browser.cookiesFor(answer.href) }
    expect((await fetch(answer, { method: 'HEAD', headers, redirect: 'manual' })).status).toBe(200)
    expect(app.endings).toEqual([])
    expect(await deliver(browser, answer)).toEqual(signedIn)
  })

  it.each(['', '<script>', 'x'.repeat(65)])('never passes on an invalid error code: %s', async (code) => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    answer.searchParams.set('error', code)
    expect(await deliver(browser, answer)).toMatchObject({ code: 'provider_refused', provider: 'unknown' })
  })
})

describe('the token endpoint', () => {
  it('refuses the person if it refuses the code', async () => {
    provider.bend = { reply: { token: json({ error: 'invalid_grant' }, 400) } }
    expect(await signIn()).toEqual(refused('code'))
  })

  it.each(
    [
      ...[
        'invalid_client',
        'unauthorized_client',
        'invalid_request',
        'unsupported_grant_type',
        'invalid_scope',
      ],
    ].flatMap((error) => [400, 401, 200].map((status): [string, number] => [error, status])),
  )('reports a configuration error if it answers %s with status %i', async (error, status) => {
    provider.bend = { reply: { token: json({ error, error_description: 'Ask the admin.' }, status) } }
    expect(await signIn()).toMatchObject({
      ending: 'error',
      code: 'invalid_configuration',
      provider: error,
      description: 'Ask the admin.',
    })
  })

  it.each([200, 400])('reports why it refuses the code with status %i', async (status) => {
    provider.bend = {
      reply: { token: json({ error: 'invalid_grant', error_description: 'Too late' }, status) },
    }
    expect(await signIn()).toMatchObject({
      ending: 'fail',
      check: 'code',
      provider: 'invalid_grant',
      description: 'Too late',
    })
  })

  it.each([
    ['temporarily_unavailable', 200],
    ['server_error', 400],
    ['anything', 502],
  ])('reports a provider failure and its cause if it answers %s with status %i', async (error, status) => {
    provider.bend = { reply: { token: json({ error, error_description: 'Later' }, status) } }
    expect(await signIn()).toEqual(unavailable)
    expect(app.endings.at(-1)).toMatchObject({ provider: error, description: 'Later' })
  })

  it('never repeats a secret in its description', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const code = answer.searchParams.get('code')!
    const error_description = `The secret ${clientSecret} and the code ${code} do not fit.`
    provider.bend = { reply: { token: json({ error: 'invalid_client', error_description }, 401) } }
    expect(await deliver(browser, answer)).toMatchObject({
      description: 'The secret … and the code … do not fit.',
    })
  })

  it.each<[string, (tokens: Json) => Reply]>([
    ['a lifetime that is text', (tokens) => json({ ...tokens, expires_in: '3600' })],
    ['scopes in a list', (tokens) => json({ ...tokens, scope: ['openid', 'email'] })],
    ['no token type', ({ token_type: _type, ...tokens }) => json(tokens)],
    ['a token type in capitals', (tokens) => json({ ...tokens, token_type: 'BEARER' })],
    ['a refresh token that is null', (tokens) => json({ ...tokens, refresh_token: null })],
    ['an error that is null', (tokens) => json({ ...tokens, error: null })],
    ['status 201', (tokens) => json(tokens, 201)],
    [
      'a content type with a charset',
      (tokens) => text(JSON.stringify(tokens), 'application/json;charset=UTF-8'),
    ],
    ['the content type of a page', (tokens) => text(JSON.stringify(tokens), 'text/html')],
    ['a byte order mark', (tokens) => text(`\uFEFF${JSON.stringify(tokens)}`, 'application/json')],
  ])('can answer with %s', async (_title, tokens) => {
    provider.bend = { tokens }
    expect(await signIn()).toEqual(signedIn)
  })

  it('reports a provider fault if it refuses with a server error, or returns no ID token', async () => {
    for (const reply of [
      json({ error: 'invalid_grant' }, 500),
      json({ access_token: 'x' }),
      json({ id_token: { alg: 'none' } }),
    ]) {
      provider.bend = { reply: { token: reply } }
      expect(await signIn()).toEqual(unavailable)
    }
  })

  const methods: [announced: string[] | undefined, sent: object][] = [
    [undefined, { basic: 'app:the+client+secret+of+this+test', secret: null, id: null }],
    [
      ['client_secret_post', 'client_secret_basic'],
      { basic: 'app:the+client+secret+of+this+test', secret: null, id: null },
    ],
    [['private_key_jwt', 'client_secret_post'], { basic: undefined, secret: clientSecret, id: 'app' }],
  ]
  const sentCredentials = (): object => {
    const [request] = provider.requests('/token')
    const basic = request?.authorization?.replace('Basic ', '')
    return {
      basic: basic && Buffer.from(basic, 'base64').toString(),
      secret: request?.form.get('client_secret'),
      id: request?.form.get('client_id'),
    }
  }
  it.each(methods)('receives credentials as discovery announces: %j', async (announced, sent) => {
    provider.bend.discovery = (document) => ({
      ...document,
      token_endpoint_auth_methods_supported: announced,
    })
    expect(await signIn()).toEqual(signedIn)
    expect(sentCredentials()).toEqual(sent)
  })

  it('receives credentials as the source configures', async () => {
    const tokenEndpointAuthMethod = 'client_secret_post'
    app.use('idp', { issuer: provider.issuer, clientSecret, tokenEndpointAuthMethod })
    expect(await signIn()).toEqual(signedIn)
    expect(sentCredentials()).toEqual({ basic: undefined, secret: clientSecret, id: 'app' })
  })

  it('receives no credentials from a public client', async () => {
    app.use('idp', { issuer: provider.issuer })
    expect(await signIn()).toEqual(signedIn)
    expect(sentCredentials()).toEqual({ basic: undefined, secret: null, id: 'app' })
  })

  it('reports a configuration fault if it accepts no client secret', async () => {
    provider.bend.discovery = (document) => ({
      ...document,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    })
    expect(await signIn()).toMatchObject({ ending: 'error', code: 'invalid_configuration' })
  })
})
