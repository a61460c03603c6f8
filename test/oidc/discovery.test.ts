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

describe('a discovery document elsewhere', () => {
  it('is read where discoveryURL says, for an issuer that serves none', async () => {
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

  it('is refused where it names another issuer, with both names', async () => {
    const issuer = `${provider.issuer}/tenant`
    app.use('idp', { issuer, clientSecret, discoveryURL: `${provider.issuer}/elsewhere/configuration` })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain(
      `names the issuer "${provider.issuer}", and \`oidc.issuer\` is "${issuer}"`,
    )
  })

  it('is read although every endpoint is given, for what else it announces', async () => {
    announce({ end_session_endpoint: `${provider.issuer}/end` })
    app.use('idp', byHand({ discoveryURL: `${provider.issuer}/elsewhere/configuration` }))
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/elsewhere/configuration')).toHaveLength(1)
  })
})

describe('endpoints by hand', () => {
  it('need no discovery document, and no UserInfo endpoint', async () => {
    app.use('idp', byHand())
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests(wellKnown)).toEqual([])
  })

  it('have UserInfo asked where it is given', async () => {
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
    'come from discovery where %s is missing',
    async (name) => {
      app.use('idp', byHand({ [name]: undefined }))
      expect(await signIn()).toEqual(signedIn)
      expect(provider.requests(wellKnown)).toHaveLength(1)
    },
  )
})

describe('a member of a wrong type, or empty', () => {
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
  ])('is ignored where it is optional: %s', async (name, value) => {
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
  ])('is named where it is needed: %s', async (name, value) => {
    announce({ [name]: value })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain(`its discovery document has no usable ${name}`)
  })

  it('is named with all others', async () => {
    announce({ token_endpoint: 1, jwks_uri: 2 })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain('no usable token_endpoint, jwks_uri')
  })

  it('is ignored where the source gives the endpoint', async () => {
    announce({ token_endpoint: 7 })
    app.use('idp', { issuer: provider.issuer, clientSecret, tokenURL: `${provider.issuer}/token` })
    expect(await signIn()).toEqual(signedIn)
  })
})

describe('a mismatch of issuers', () => {
  it('says both names, on one line and cut to a length that can be read', async () => {
    announce({ issuer: `https://evil.example/\u202e\n${'x'.repeat(10_000)}` })
    expect(await signIn()).toEqual(unavailable)
    expect(lastMessage()).toContain('"https://evil.example/\ufffd\ufffdxxx')
    expect(lastMessage()).toContain(`"${provider.issuer}"`)
    expect(lastMessage().length).toBeLessThan(600)
  })
})

it('tells who asks, at every request', async () => {
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
