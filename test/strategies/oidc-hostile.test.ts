import { createSecretKey } from 'node:crypto'
import { CompactSign, exportSPKI, SignJWT } from 'jose'
import { Browser } from '../helpers/oidc-browser'
import type { Bends, Json, Reply } from '../helpers/oidc-hostile'
import { accessTokenHash, cut, hang, huge, json, makeKey } from '../helpers/oidc-hostile'
import { redirect, text } from '../helpers/oidc-hostile'
import { oidcSetup, refused, signedIn, unavailable } from '../helpers/oidc-setup'

const { app, provider, signIn, answerFor, deliver, clientSecret } = oidcSetup()
const now = (): number => Math.floor(Date.now() / 1000)

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const hmac = (claims: Json, secret: string): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: provider.keys[0]?.kid ?? '' })
    .sign(createSecretKey(Buffer.from(secret)))

describe('ID token', () => {
  const hostile: [title: string, check: string, bend: Bends][] = [
    ['unsigned', 'alg', { sign: (claims) => `${base64({ alg: 'none' })}.${base64(claims)}.` }],
    ['HS256 with the client secret', 'alg', { sign: (claims) => hmac(claims, clientSecret) }],
    [
      'HS256 with the public key',
      'alg',
      { sign: async (claims) => hmac(claims, await exportSPKI(provider.keys[0]!.publicKey)) },
    ],
    [
      'an algorithm that discovery does not announce',
      'alg',
      {
        discovery: (document) => ({ ...document, id_token_signing_alg_values_supported: ['RS256', 'HS256'] }),
      },
    ],
    [
      "another key under the provider's key ID",
      'signature',
      { sign: async (claims) => provider.sign(claims, {}, await makeKey('ES256', provider.keys[0]!.kid)) },
    ],
    ['an unknown key', 'signature', { sign: async (claims) => provider.sign(claims, {}, await makeKey()) }],
    [
      'a key that the token brings along',
      'signature',
      {
        sign: async (claims) => {
          const key = await makeKey()
          return provider.sign(claims, { jwk: key.jwk, jku: `${provider.issuer}/evil` }, key)
        },
      },
    ],
    [
      'claims changed after signing',
      'signature',
      {
        sign: async (claims) => {
          const [header, , signature] = (await provider.sign(claims)).split('.')
          return `${header}.${base64({ ...claims, sub: 'admin' })}.${signature}`
        },
      },
    ],
    ['no JWT', 'id_token', { sign: () => 'junk' }],
    ['encrypted', 'id_token', { sign: () => `${base64({ alg: 'dir', enc: 'A128GCM' })}..a.b.c` }],
    [
      'claims that are no object',
      'id_token',
      {
        sign: () =>
          new CompactSign(Buffer.from('[]'))
            .setProtectedHeader({ alg: 'ES256', kid: provider.keys[0]!.kid })
            .sign(provider.keys[0]!.privateKey),
      },
    ],
    ['another issuer', 'iss', { claims: (claims) => ({ ...claims, iss: 'https://evil.example' }) }],
    [
      'the issuer with a slash more',
      'iss',
      { claims: (claims) => ({ ...claims, iss: `${provider.issuer}/` }) },
    ],
    ['no issuer', 'iss', { claims: (claims) => ({ ...claims, iss: undefined }) }],
    ['another audience', 'aud', { claims: (claims) => ({ ...claims, aud: 'other' }) }],
    ['no audience', 'aud', { claims: (claims) => ({ ...claims, aud: undefined }) }],
    ['several audiences, no azp', 'azp', { claims: (claims) => ({ ...claims, aud: ['app', 'other'] }) }],
    [
      "several audiences, another's azp",
      'azp',
      { claims: (claims) => ({ ...claims, aud: ['app', 'other'], azp: 'other' }) },
    ],
    ["another's azp", 'azp', { claims: (claims) => ({ ...claims, azp: 'other' }) }],
    ['expired', 'exp', { claims: (claims) => ({ ...claims, exp: now() - 61 }) }],
    ['no expiry', 'exp', { claims: (claims) => ({ ...claims, exp: undefined }) }],
    ['an expiry that is no number', 'exp', { claims: (claims) => ({ ...claims, exp: '9999999999' }) }],
    ['not valid yet', 'nbf', { claims: (claims) => ({ ...claims, nbf: now() + 90 }) }],
    ['issued in the future', 'iat', { claims: (claims) => ({ ...claims, iat: now() + 90 }) }],
    ['no time of issue', 'iat', { claims: (claims) => ({ ...claims, iat: undefined }) }],
    ['another nonce', 'nonce', { claims: (claims) => ({ ...claims, nonce: 'other' }) }],
    ['no nonce', 'nonce', { claims: (claims) => ({ ...claims, nonce: undefined }) }],
    ['no subject', 'sub', { claims: (claims) => ({ ...claims, sub: undefined }) }],
    ['an empty subject', 'sub', { claims: (claims) => ({ ...claims, sub: '' }) }],
    ['a subject that is no string', 'sub', { claims: (claims) => ({ ...claims, sub: 7 }) }],
    ['a subject of 256 characters', 'sub', { claims: (claims) => ({ ...claims, sub: 'x'.repeat(256) }) }],
    ["another access token's hash", 'at_hash', { claims: (claims) => ({ ...claims, at_hash: 'other' }) }],
    [
      'the hash of another algorithm',
      'at_hash',
      { claims: (claims) => ({ ...claims, at_hash: accessTokenHash('sha512') }) },
    ],
    ['a hash that is no string', 'at_hash', { claims: (claims) => ({ ...claims, at_hash: null }) }],
  ]
  it.each(hostile)('is refused: %s', async (_title, check, bend) => {
    provider.bend = bend
    expect(await signIn()).toEqual(refused(check))
    expect(app.assertions).toEqual([])
    expect(app.endings).toHaveLength(1)
  })

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
  ])('may be signed with %s', async (alg, hash) => {
    provider.keys = [await makeKey(alg)]
    provider.bend = { claims: (claims) => ({ ...claims, at_hash: accessTokenHash(hash) }) }
    expect(await signIn()).toEqual(signedIn)
  })

  it('may have a subject of 255 characters', async () => {
    const sub = 'x'.repeat(255)
    provider.bend = { claims: (claims) => ({ ...claims, sub }) }
    expect(await signIn()).toMatchObject({ ending: 'success', user: { id: sub } })
  })

  it('of an authentication longer ago than max_age, or that does not say, is refused', async () => {
    app.use('idp', { issuer: provider.issuer, clientSecret, maxAge: 600 })
    provider.bend = { claims: (claims) => ({ ...claims, auth_time: now() - 600 }) }
    expect(await signIn()).toEqual(signedIn)
    provider.bend = { claims: (claims) => ({ ...claims, auth_time: now() - 700 }) }
    expect(await signIn()).toEqual(refused('auth_time'))
    provider.bend = {}
    expect(await signIn()).toEqual(refused('auth_time'))
  })

  it('may be of an authentication that grew old while the person was at the provider', async () => {
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

describe('keys', () => {
  it('are fetched again when the provider has rotated them', async () => {
    expect(await signIn()).toEqual(signedIn)
    provider.keys = [await makeKey()]
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/jwks')).toHaveLength(2)
  })

  it('are fetched again when the new key has no key ID either', async () => {
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

  it('are not fetched for every piece of junk, but again after a while', async () => {
    provider.bend = { sign: async (claims) => provider.sign(claims, {}, await makeKey()) }
    for (let attempt = 0; attempt < 3; attempt++) expect(await signIn()).toEqual(refused('signature'))
    expect(provider.requests('/jwks')).toHaveLength(2)
    const later = performance.now() + 31_000
    jest.spyOn(performance, 'now').mockImplementation(() => later)
    provider.keys = [await makeKey()]
    provider.bend = {}
    expect(await signIn()).toEqual(signedIn)
  })

  it('rotated under two sign-ins at once serve both', async () => {
    expect(await signIn()).toEqual(signedIn)
    provider.keys = [await makeKey()]
    expect(await Promise.all([signIn(), signIn(), signIn()])).toEqual([signedIn, signedIn, signedIn])
    expect(provider.requests('/jwks')).toHaveLength(2)
  })

  const broken: [title: string, reply: Reply][] = [
    ['an error', json({}, 500)],
    ['not JSON', text('<html>')],
    ['no key set', json({ keys: 'none' })],
    ['a redirect', redirect('/elsewhere')],
    ['too much', huge({ keys: [] })],
    ['a cut connection', cut()],
  ]
  it.each(broken)('that cannot be fetched are a fault of the provider: %s', async (_title, reply) => {
    provider.bend = { reply: { jwks: reply } }
    expect(await signIn()).toEqual(unavailable)
    provider.bend = {}
    expect(await signIn()).toEqual(signedIn)
  })
})

describe('authorization response', () => {
  it('without a state, or with two, is malformed', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const doubled = new URL(answer)
    doubled.searchParams.append('state', 'other')
    expect(await deliver(browser, doubled)).toEqual(refused('state', 400))
    const without = new URL(answer)
    without.searchParams.delete('state')
    expect(await deliver(browser, without)).toEqual(refused('state', 400))
  })

  it.each(['code=x', 'error=access_denied', 'state='])('is one even where it is only %s', async (query) => {
    const page = await new Browser().request(`${app.url}/idp/callback?${query}`)
    expect(JSON.parse(page.text)).toMatchObject({ ending: 'fail', check: 'state' })
  })

  it('does not finish a sign-in that another protocol began under this source', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    expect(await browser.request(`${app.url}/idp/other-protocol`)).toMatchObject({ text: 'begun' })
    answer.searchParams.set('state', 'an-authn-request')
    expect(await deliver(browser, answer)).toEqual(refused('state'))
  })

  it('with a state that is an object is malformed, not a query to the database', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const page = await browser.request(`${app.url}/idp/callback?code=x&state[$ne]=x`)
    expect(JSON.parse(page.text)).toEqual(refused('state', 400))
    expect(await deliver(browser, answer)).toEqual(signedIn)
  })

  it('with an unknown state is refused', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    answer.searchParams.set('state', 'x'.repeat(43))
    expect(await deliver(browser, answer)).toEqual(refused('state'))
  })

  it('serves once', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    const endings = await Promise.all([deliver(browser, answer), deliver(browser, answer)])
    expect(endings).toEqual(expect.arrayContaining([signedIn, refused('state')]))
    expect(await deliver(browser, answer)).toEqual(refused('state'))
    expect(provider.requests('/token')).toHaveLength(1)
  })

  it('serves only the browser that asked for it, and is not spent by another', async () => {
    const [browser, other] = [new Browser(), new Browser()]
    const answer = await answerFor(browser)
    await answerFor(other)
    expect(await deliver(other, answer)).toEqual(refused('state'))
    expect(await deliver(browser, answer)).toEqual(signedIn)
  })

  it('serves only the source that asked for it', async () => {
    app.use('second', { issuer: provider.issuer, clientSecret })
    const browser = new Browser()
    const answer = await answerFor(browser)
    answer.pathname = '/second/callback'
    expect(await deliver(browser, answer)).toEqual(refused('state'))
  })

  it("with another sign-in's code is refused", async () => {
    const browser = new Browser()
    const [first, second] = [await answerFor(browser), await answerFor(browser)]
    first.searchParams.set('code', second.searchParams.get('code') ?? '')
    expect(await deliver(browser, first)).toEqual(refused('code'))
  })

  it.each([[''], ['a', 'b'], []])(
    'with not exactly one code is malformed: %j',
    async (...codes: string[]) => {
      const browser = new Browser()
      const answer = await answerFor(browser)
      answer.searchParams.delete('code')
      codes.forEach((code) => answer.searchParams.append('code', code))
      expect(await deliver(browser, answer)).toEqual(refused('code', 400))
    },
  )

  it('carries the right issuer, if any', async () => {
    provider.bend = { response: (response) => response.set('iss', provider.issuer) }
    expect(await signIn()).toEqual(signedIn)
    provider.bend = { response: (response) => response.set('iss', 'https://evil.example') }
    expect(await signIn()).toEqual(refused('iss'))
    expect(provider.requests('/token')).toHaveLength(1)
  })

  it('carries an issuer where discovery announces it', async () => {
    provider.bend.discovery = (document) => ({
      ...document,
      authorization_response_iss_parameter_supported: true,
    })
    expect(await signIn()).toEqual(refused('iss'))
    provider.bend.response = (response) => response.set('iss', provider.issuer)
    expect(await signIn()).toEqual(signedIn)
  })

  it("that is an error is the provider's refusal, and spends the state", async () => {
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
    expect(await deliver(browser, answer)).toEqual(refused('state'))
  })

  it.each(['', '<script>', 'x'.repeat(65)])('never passes on an odd error code: %s', async (code) => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    answer.searchParams.set('error', code)
    expect(await deliver(browser, answer)).toMatchObject({ code: 'provider_refused', provider: 'unknown' })
  })

  it('that is an error of nobody here, or of another issuer, is refused as any other', async () => {
    const browser = new Browser()
    const answer = await answerFor(browser)
    answer.searchParams.set('error', 'access_denied')
    expect(await deliver(new Browser(), answer)).toEqual(refused('state'))
    answer.searchParams.set('iss', 'https://evil.example')
    expect(await deliver(browser, answer)).toEqual(refused('iss'))
  })
})

describe('token endpoint', () => {
  it("that refuses the code is the person's refusal", async () => {
    provider.bend = { reply: { token: json({ error: 'invalid_grant' }, 400) } }
    expect(await signIn()).toEqual(refused('code'))
  })

  it.each(['invalid_client', 'unauthorized_client'])(
    'that answers %s means the configuration',
    async (error) => {
      provider.bend = { reply: { token: json({ error }, 401) } }
      expect(await signIn()).toMatchObject({
        ending: 'error',
        code: 'invalid_configuration',
        provider: error,
      })
    },
  )

  const broken: [title: string, reply: Reply][] = [
    ['a server error', json({ error: 'invalid_grant' }, 500)],
    ['an error without a code', text('no', 'text/plain', 400)],
    ['not JSON', text('<html>')],
    ['JSON that is no object', json('token')],
    ['no ID token', json({ access_token: 'x' })],
    ['an ID token that is no string', json({ id_token: { alg: 'none' } })],
    ['a redirect', redirect('/token')],
    ['too much', huge({})],
    ['a cut connection', cut()],
  ]
  it.each(broken)('is a fault of the provider: %s', async (_title, reply) => {
    provider.bend = { reply: { token: reply } }
    expect(await signIn()).toEqual(unavailable)
  })

  it('that hangs is given up after five seconds', async () => {
    provider.bend = { reply: { token: hang() } }
    const start = Date.now()
    expect(await signIn()).toEqual(unavailable)
    expect(Date.now() - start).toBeGreaterThan(4500)
    expect(Date.now() - start).toBeLessThan(7000)
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
  it.each(methods)('gets the credentials as discovery announces: %j', async (announced, sent) => {
    provider.bend.discovery = (document) => ({
      ...document,
      token_endpoint_auth_methods_supported: announced,
    })
    expect(await signIn()).toEqual(signedIn)
    expect(sentCredentials()).toEqual(sent)
  })

  it('gets the credentials as the source says', async () => {
    const tokenEndpointAuthMethod = 'client_secret_post'
    app.use('idp', { issuer: provider.issuer, clientSecret, tokenEndpointAuthMethod })
    expect(await signIn()).toEqual(signedIn)
    expect(sentCredentials()).toEqual({ basic: undefined, secret: clientSecret, id: 'app' })
  })

  it('gets no credentials of a public client', async () => {
    app.use('idp', { issuer: provider.issuer })
    expect(await signIn()).toEqual(signedIn)
    expect(sentCredentials()).toEqual({ basic: undefined, secret: null, id: 'app' })
  })

  it('that takes no secret at all means the configuration', async () => {
    provider.bend.discovery = (document) => ({
      ...document,
      token_endpoint_auth_methods_supported: ['private_key_jwt'],
    })
    expect(await signIn()).toMatchObject({ ending: 'error', code: 'invalid_configuration' })
  })
})
