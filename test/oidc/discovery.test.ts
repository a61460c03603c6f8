import type { JitError } from '../../src'
import type { Json } from '../helpers/oidc-hostile'
import { oidcSetup, signedIn, unavailable } from '../helpers/oidc-setup'
import { version } from '../../package.json'

const { app, provider, signIn, clientSecret } = oidcSetup()
const wellKnown = '/.well-known/openid-configuration'
const lastMessage = (): string => (app.reports.at(-1) as JitError).message

function announce(members: Json): void {
  provider.bend = { discovery: (document) => ({ ...document, ...members }) }
}

/** The endpoints, given by hand, with these in place of some. */
function byHand(rest: object = {}): object {
  const at = (path: string): string => `${provider.issuer}/${path}`
  const endpoints = { authorizationURL: at('authorize'), tokenURL: at('token'), jwksURL: at('jwks') }
  return { issuer: provider.issuer, clientSecret, ...endpoints, ...rest }
}

describe('a discovery document at another address', () => {
  it('is read from discoveryURL if the issuer doesn’t serve one', async () => {
    // As at Azure AD B2C and Oracle IDCS, whose issuer is another address than that of the document.
    const issuer = `${provider.issuer}/tfp/tenant/v2.0/`
    provider.bend = {
      discovery: (document) => ({ ...document, issuer }),
      claims: (claims) => ({ ...claims, iss: issuer }),
    }
    app.use('idp', { issuer, clientSecret, discoveryURL: `${provider.issuer}/elsewhere/configuration` })
    expect(await signIn()).toEqual(signedIn)
    expect(app.assertions[0]?.issuer).toBe(issuer)
    expect(provider.requests(wellKnown)).toEqual([])
  })

  it('is refused if it names another issuer, with both names in the message', async () => {
    const issuer = `${provider.issuer}/tenant`
    app.use('idp', { issuer, clientSecret, discoveryURL: `${provider.issuer}/elsewhere/configuration` })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain(
      `names the issuer "${provider.issuer}", and \`oidc.issuer\` is "${issuer}"`,
    )
  })

  it('is read for its other members, even if every endpoint is set', async () => {
    announce({ end_session_endpoint: `${provider.issuer}/end` })
    app.use('idp', byHand({ discoveryURL: `${provider.issuer}/elsewhere/configuration` }))
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/elsewhere/configuration')).toHaveLength(1)
  })
})

describe('endpoints that the source sets', () => {
  it('need no discovery document, and no UserInfo endpoint', async () => {
    app.use('idp', byHand())
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests(wellKnown)).toEqual([])
  })

  it('include UserInfo if it is set', async () => {
    app.use('idp', byHand({ userInfoURL: `${provider.issuer}/userinfo` }))
    provider.bend = {
      claims: ({ given_name: _, ...claims }) => claims,
      userInfo: { given_name: 'Alice' },
    }
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toHaveLength(1)
    expect(provider.requests(wellKnown)).toEqual([])
  })

  it.each(['authorizationURL', 'tokenURL', 'jwksURL'])(
    'come from discovery if %s is missing',
    async (name) => {
      app.use('idp', byHand({ [name]: undefined }))
      expect(await signIn()).toEqual(signedIn)
      expect(provider.requests(wellKnown)).toHaveLength(1)
    },
  )
})

describe('a discovery member with a wrong type, or an empty one', () => {
  it.each<[name: string, value: unknown]>([
    ['token_endpoint_auth_methods_supported', 'client_secret_post'],
    ['token_endpoint_auth_methods_supported', [7]],
    ['token_endpoint_auth_methods_supported', []],
    ['id_token_signing_alg_values_supported', []],
    ['end_session_endpoint', false],
    ['end_session_endpoint', ''],
    ['userinfo_endpoint', { href: 'x' }],
    ['authorization_response_iss_parameter_supported', 'yes'],
    ['scopes_supported', 'openid email'],
    ['code_challenge_methods_supported', 'S256'],
    ['response_types_supported', null],
    ['require_pushed_authorization_requests', 'no'],
  ])('is ignored if it is optional: %s', async (name, value) => {
    announce({ [name]: value })
    expect(await signIn()).toEqual(signedIn)
  })

  it.each<[name: string, value: unknown]>([
    ['issuer', 7],
    ['authorization_endpoint', 7],
    ['token_endpoint', ['https://idp.example/']],
    ['jwks_uri', null],
    ['jwks_uri', ''],
    ['id_token_signing_alg_values_supported', 'RS256'],
  ])('is named if it is required: %s', async (name, value) => {
    announce({ [name]: value })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain(`its discovery document has no usable ${name}`)
  })

  it('is named together with all others', async () => {
    announce({ token_endpoint: 1, jwks_uri: 2 })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain('no usable token_endpoint, jwks_uri')
  })

  it('is ignored if the source sets the endpoint', async () => {
    announce({ token_endpoint: 7 })
    app.use('idp', { issuer: provider.issuer, clientSecret, tokenURL: `${provider.issuer}/token` })
    expect(await signIn()).toEqual(signedIn)
  })
})

describe('an issuer mismatch', () => {
  it('shows both names on one line, shortened', async () => {
    announce({ issuer: `https://evil.example/\u202e\n${'x'.repeat(10_000)}` })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain('"https://evil.example/\ufffd\ufffdxxx')
    expect(lastMessage()).toContain(`"${provider.issuer}"`)
    expect(lastMessage().length).toBeLessThan(600)
  })
})

it('sends a User-Agent with every request', async () => {
  provider.bend = { claims: ({ given_name: _, ...claims }) => claims, userInfo: { given_name: 'Alice' } }
  expect(await signIn()).toEqual(signedIn)
  const asked = provider.received.filter(({ path }) => path !== '/authorize')
  expect(asked.map(({ path, userAgent }) => [path, userAgent])).toEqual(
    [wellKnown, '/token', '/jwks', '/userinfo'].map((path) => [path, `passport-jit/${version}`]),
  )
})

describe('the cause of a failed request', () => {
  it.each<[cause: string, tokenURL: string]>([
    ['the connection was refused', 'http://127.0.0.1:9/token'],
    ['the host name was not found', 'https://nowhere.invalid/token'],
    ['the address is private', 'https://10.0.0.1/token'],
    ['the address is not https', 'http://idp.example/token'],
  ])('is in the message and the details: %s', async (cause, tokenURL) => {
    app.use('idp', { issuer: provider.issuer, clientSecret, tokenURL })
    const ending = await signIn()
    expect(ending).toEqual(unavailable)
    expect(ending).toMatchObject({ reason: cause })
    expect(ending.message).toContain(`its token endpoint could not be reached (${cause})`)
  })
})
