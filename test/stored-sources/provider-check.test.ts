import { generateKeyPairSync } from 'node:crypto'
import dns, { type LookupAddress } from 'node:dns'
import type { RequestListener } from 'node:http'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import type { OidcOptions, SamlOptions, Source, SourceConfig } from '../../src/sources/config'
import { certificateStates } from '../../src/stored-sources/certificate-states'
import { refusedAddresses } from '../../src/stored-sources/provider-addresses'
import { checkProvider } from '../../src/stored-sources/provider-check'
import { validateSource } from '../../src/sources/validate'
import fixtures from '../helpers/certificates.json'
import { watchDeadlines } from '../helpers/deadlines'

const DAY = 24 * 60 * 60 * 1000
const now = new Date('2030-06-15T12:00:00Z')
const inDays = (days: number): Date => new Date(now.getTime() + days * DAY)

/** A validated source without fields. */
function made(config: Omit<SourceConfig, 'id'>): Source {
  const { source, problems } = validateSource({ id: 'acme', identifiers: ['email'], ...config }, fields, base)
  if (!source) throw new Error(JSON.stringify(problems))
  return source
}
const base = 'https://app.example/sso'
const fields = [
  { path: 'email', label: 'E-mail', identifier: true, attribute: { saml: 'email', oidc: 'email' } },
] as never

const oidc = (options: Partial<OidcOptions>): Source =>
  made({ protocol: 'oidc', oidc: { issuer: 'https://op.example', clientID: 'app', ...options } })

const saml = (options: Partial<SamlOptions>): Source =>
  made({
    protocol: 'saml',
    saml: {
      entryPoint: 'https://idp.example/sso',
      idpIssuer: 'https://idp.example',
      idpCert: certificates.valid!,
      ...options,
    },
  })

const certificates: Record<string, string> = {}

beforeAll(async () => {
  const ends = { valid: 22, expiring: 20, expired: -1 }
  for (const [name, days] of Object.entries(ends)) {
    const { cert } = await generate(
      [
        { name: 'commonName', value: `${name}.example` },
        { name: 'organizationName', value: 'Test' },
      ],
      {
        algorithm: 'sha256',
        keySize: 2048,
        notBeforeDate: inDays(-100),
        notAfterDate: inDays(days),
      },
    )
    certificates[name] = cert
  }
})

describe('certificateStates', () => {
  it('returns subject, end and state of each certificate, PEM or bare', () => {
    const bare = certificates.expired!.replace(/-----[^-]+-----|\s/g, '')
    const source = saml({ idpCert: [certificates.valid!, certificates.expiring!, bare] })
    expect(certificateStates(source, now)).toEqual([
      { subject: 'CN=valid.example, O=Test', notAfter: inDays(22), state: 'valid' },
      { subject: 'CN=expiring.example, O=Test', notAfter: inDays(20), state: 'expiring' },
      { subject: 'CN=expired.example, O=Test', notAfter: inDays(-1), state: 'expired' },
    ])
  })

  it('warns during the last 21 days, to the second', () => {
    const source = saml({ idpCert: certificates.valid! })
    const stateAt = (days: number): string => certificateStates(source, inDays(days))[0]!.state
    expect([0.99, 1, 21.99, 22, 23].map(stateAt)).toEqual([
      'valid',
      'expiring',
      'expiring',
      'expired',
      'expired',
    ])
  })

  it('is empty for OpenID Connect', () => expect(certificateStates(oidc({}), now)).toEqual([]))
})

describe('checkProvider, SAML', () => {
  it('has no warning for a valid certificate and an https URL', async () => {
    expect(await checkProvider(saml({}), now)).toEqual([])
  })

  it('names expiring certificates, with the date', async () => {
    const source = saml({ idpCert: [certificates.expired!, certificates.valid!, certificates.expiring!] })
    expect(await checkProvider(source, now)).toEqual([
      'The certificate of CN=expired.example, O=Test expired on 2030-06-14. Signatures by it are still accepted.',
      'The certificate of CN=expiring.example, O=Test expires on 2030-07-05.',
    ])
  })
})

describe('certificates with a weak key', () => {
  const weak = fixtures.rsa1024.cert

  it.each([
    ['an RSA key of 1024 bits', 'rsa1024'],
    ['an elliptic curve key on secp256k1', 'k1'],
    ['a key of the type ed25519', 'ed25519'],
  ] as const)(
    'are refused without a stronger one, and the message names the weakness: %s',
    (weakness, name) => {
      const { cert } = fixtures[name]
      for (const idpCert of [cert, [cert]]) {
        expect(() => saml({ idpCert })).toThrow(
          `"saml.idpCert","message":"has ${weakness}; an RSA key of at least 2048 bits or a key on P-256, P-384 or P-521 is needed`,
        )
      }
    },
  )

  it('get a warning beside a good one', async () => {
    const source = saml({ idpCert: [certificates.valid!, weak] })
    expect(await checkProvider(source, now)).toEqual([
      'The certificate of CN=rsa1024.example has an RSA key of 1024 bits: its signatures aren’t accepted.',
    ])
    expect(certificateStates(source, now)).toEqual([
      expect.not.objectContaining({ weakness: expect.anything() }),
      expect.objectContaining({ weakness: 'an RSA key of 1024 bits' }),
    ])
  })

  it('get a warning if they are our own', async () => {
    const { key, cert } = fixtures.rsa1024
    const source = saml({ decryptionPvk: key, decryptionCert: cert })
    expect(await checkProvider(source, now)).toEqual([
      'The certificate in decryptionCert has an RSA key of 1024 bits. Use an RSA key of at least 2048 bits.',
    ])
    const ec = fixtures.p256
    expect(() => saml({ decryptionPvk: ec.key, decryptionCert: ec.cert })).toThrow('must hold an RSA key')
    expect(() => saml({ privateKey: ec.key, publicCert: ec.cert })).toThrow('must hold an RSA key')
  })

  it.each(['p256', 'p384', 'p521'] as const)('don’t include one on %s', (name) => {
    expect(certificateStates(saml({ idpCert: fixtures[name].cert }), now)).toEqual([
      expect.objectContaining({ state: 'valid' }),
    ])
  })
})

describe('a certificate that is not valid yet', () => {
  it('is already accepted, and the warning says so', async () => {
    const source = saml({ idpCert: certificates.valid! })
    const early = inDays(-101)
    expect(certificateStates(source, early)).toMatchObject([{ state: 'upcoming', notBefore: inDays(-100) }])
    expect(await checkProvider(source, early)).toEqual([
      'The certificate of CN=valid.example, O=Test is valid from 2030-03-07. Signatures by it are accepted already.',
    ])
  })
})

describe('checkProvider, OpenID Connect', () => {
  let issuer: string
  let document: Record<string, unknown>
  let keys: unknown
  let answer: RequestListener | undefined
  let requested: string[]
  const server = http.createServer((req, res) => {
    requested.push(req.url ?? '')
    if (answer) return answer(req, res)
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify(req.url === '/keys' ? keys : document))
  })

  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  beforeEach(() => {
    answer = undefined
    requested = []
    keys = { keys: [{ kty: 'RSA' }] }
    document = {
      issuer,
      authorization_endpoint: `${issuer}/auth`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/me`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code', 'id_token'],
      scopes_supported: ['openid', 'profile', 'email'],
      id_token_signing_alg_values_supported: ['RS256'],
      code_challenge_methods_supported: ['plain', 'S256'],
    }
  })

  const warnings = (options: Partial<OidcOptions> = {}): Promise<string[]> =>
    checkProvider(oidc({ issuer, ...options }))

  it('has no warning for a provider that announces everything used', async () => {
    expect(await warnings()).toEqual([])
    expect(requested).toContain('/.well-known/openid-configuration')
    expect(requested).toContain('/keys')
  })

  it('fetches discovery again for every saved source', async () => {
    await warnings()
    document.issuer = 'https://other.example'
    expect(await warnings()).toHaveLength(1)
  })

  it.each<[string, () => void, string[]]>([
    [
      'another issuer',
      () => (document.issuer = 'https://other.example'),
      ['issuer differs from the one entered: enter it exactly as the provider writes it'],
    ],
    ['an extra slash', () => (document.issuer = `${issuer}/`), ['it is written with a slash at its end']],
    ['no PKCE', () => delete document.code_challenge_methods_supported, ['does not announce PKCE with S256']],
    [
      'plain PKCE',
      () => (document.code_challenge_methods_supported = ['plain']),
      ['does not announce PKCE with S256'],
    ],
    [
      'symmetric signatures',
      () => (document.id_token_signing_alg_values_supported = ['HS256', 'none']),
      ['only with a shared secret'],
    ],
    [
      'fewer scopes',
      () => (document.scopes_supported = ['openid']),
      ['the scope "profile"', 'the scope "email"'],
    ],
    ['only the implicit flow', () => (document.response_types_supported = ['id_token']), ['"code"']],
    ['no token endpoint', () => delete document.token_endpoint, ['no address for a token endpoint']],
    [
      'no endpoints',
      () =>
        ['authorization_endpoint', 'token_endpoint', 'jwks_uri', 'userinfo_endpoint'].forEach(
          (name) => delete document[name],
        ),
      [
        'no address for an authorization endpoint',
        'no address for a token endpoint',
        'no address for a key set',
      ],
    ],
    [
      'endpoints over http',
      () => {
        document.authorization_endpoint = 'http://op.example/auth'
        document.userinfo_endpoint = 'http://op.example/me'
      },
      ['announces an authorization endpoint that is not https', 'announces a UserInfo endpoint that is not'],
    ],
    ['an empty key set', () => (keys = { keys: [] }), ['key set of the provider could not be read']],
    ['no key set', () => (keys = 'none'), ['key set of the provider could not be read']],
    [
      'a key set at a private address',
      () => (document.jwks_uri = 'https://10.0.0.1/keys'),
      ['key set of the provider could not be read'],
    ],
  ])('warns about %s', async (_title, break_, expected) => {
    break_()
    const said = await warnings()
    expect(said).toEqual(expected.map((part) => expect.stringContaining(part)))
  })

  it('shows both names if the issuer differs', async () => {
    document.issuer = 'https://other.example'
    expect((await warnings()).join()).toContain(
      `The provider uses "https://other.example", and you entered "${issuer}".`,
    )
  })

  it.each<[string, Record<string, unknown>, string[], Partial<OidcOptions>?]>([
    [
      'only private_key_jwt',
      { token_endpoint_auth_methods_supported: ['private_key_jwt'] },
      [
        'only "private_key_jwt" for client authentication. This source uses client_secret_basic or client_secret_post.',
      ],
      { clientSecret: 'x' },
    ],
    [
      'no public clients',
      { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
      ['only "client_secret_basic" for client authentication. This source uses none.'],
    ],
    [
      'a different method than the chosen one',
      { token_endpoint_auth_methods_supported: ['client_secret_basic'] },
      ['This source uses client_secret_post.'],
      { clientSecret: 'x', tokenEndpointAuthMethod: 'client_secret_post' },
    ],
    ['no authorization code', { grant_types_supported: ['implicit'] }, ['"authorization_code"']],
    ['only pushed requests', { require_pushed_authorization_requests: true }, ['(PAR)']],
    ['only signed requests', { require_signed_request_object: true }, ['signed request objects']],
    [
      'another response mode',
      { response_modes_supported: ['query'] },
      ['the response mode "form_post"'],
      { responseMode: 'form_post' },
    ],
    [
      'other prompts',
      { prompt_values_supported: ['login'] },
      ['the prompt "consent"'],
      { prompt: 'login consent' },
    ],
    [
      'other contexts',
      { acr_values_supported: ['1'] },
      ['the authentication context "2"'],
      { acrValues: '1 2' },
    ],
    [
      'an end session endpoint without https',
      { end_session_endpoint: 'http://op.example/' },
      ['an end session endpoint that is not https'],
    ],
    [
      'a hidden token endpoint',
      { token_endpoint: 'https://10.0.0.1/' },
      ['a token endpoint at a private address'],
    ],
    [
      'members with a wrong type',
      { token_endpoint_auth_methods_supported: 'none', scopes_supported: 7 },
      ['announces token_endpoint_auth_methods_supported, scopes_supported in a wrong form'],
    ],
    [
      'an empty list, which announces nothing',
      { token_endpoint_auth_methods_supported: [] },
      ['announces token_endpoint_auth_methods_supported in a wrong form'],
    ],
    ['a required member with a wrong type', { issuer: 7 }, ['has no usable issuer']],
  ])('warns about %s', async (...[, members, expected, options]) => {
    Object.assign(document, members)
    expect(await warnings(options)).toEqual(expected.map((part) => expect.stringContaining(part)))
  })

  it('warns about RSA keys that are too short and keys that fit no algorithm', async () => {
    const jwk = (bits: number): object =>
      generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' })
    keys = { keys: [{ ...jwk(1024), kid: 'old' }, { ...jwk(2048), kid: 'new' }, jwk(512)] }
    expect(await warnings()).toEqual([
      'The provider’s key "old" has 1024 bits. What an RSA key under 2048 bits signs is refused.',
      'The provider’s key without kid has 512 bits. What an RSA key under 2048 bits signs is refused.',
    ])
    keys = { keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] }
    expect(await warnings()).toEqual([expect.stringContaining('no key for RS256')])
  })

  it('reports why the key set could not be read', async () => {
    document.jwks_uri = 'https://10.0.0.1/keys'
    expect((await warnings()).join()).toContain('The cause: the address is private.')
    document.jwks_uri = 'http://127.0.0.1:9/keys'
    expect((await warnings()).join()).toContain('The cause: the connection was refused.')
    document.jwks_uri = `${issuer}/keys`
    answer = (req, res) =>
      req.url === '/keys' ? res.writeHead(500).end() : res.end(JSON.stringify(document))
    expect((await warnings()).join()).toContain('The cause: it was answered with status 500.')
  })

  it('reads the document at discoveryURL', async () => {
    document.issuer = `${issuer}/tenant`
    const elsewhere = { issuer: `${issuer}/tenant`, discoveryURL: `${issuer}/elsewhere` }
    expect(await warnings(elsewhere)).toEqual([])
    expect(requested).toContain('/elsewhere')
    expect(requested).not.toContain('/tenant/.well-known/openid-configuration')
    answer = (_req, res) => res.writeHead(404).end()
    expect(await warnings(elsewhere)).toEqual([
      expect.stringContaining('The discovery URL answered with status 404'),
    ])
  })

  it('does not warn of anything the provider leaves out, except PKCE', async () => {
    for (const name of [
      'scopes_supported',
      'response_types_supported',
      'id_token_signing_alg_values_supported',
    ])
      delete document[name]
    expect(await warnings()).toEqual([])
  })

  it('recognizes an extra slash in the entered issuer', async () => {
    expect(await warnings({ issuer: `${issuer}/` })).toEqual([
      expect.stringContaining('without a slash at its end'),
    ])
  })

  it.each<[string, RequestListener, string]>([
    ['an error status', (_req, res) => res.writeHead(404).end(), 'answered with status 404'],
    ['a redirect', (_req, res) => res.writeHead(301, { Location: '/x' }).end(), 'answered with status 301'],
    [
      'a web page',
      (_req, res) => res.end('<html>secret-of-a-page</html>'),
      'not an OpenID Connect discovery',
    ],
    ['other JSON', (_req, res) => res.end('["secret-of-a-page"]'), 'not an OpenID Connect discovery'],
    ['a body that is too large', (_req, res) => res.end('x'.repeat(1024 * 1024 + 1)), 'larger than 1 MiB'],
    ['a broken connection', (req) => req.socket.destroy(), 'could not be reached'],
    ['silence', () => undefined, 'did not answer within five seconds'],
  ])('reports an issuer that answers with %s', async (_title, listener, expected) => {
    answer = listener
    const deadlines = watchDeadlines(expected.includes('five seconds') ? 5 : 1)
    const said = await warnings()
    expect(said).toEqual([expect.stringContaining(expected)])
    expect(said.join()).not.toContain('secret-of-a-page')
    expect(deadlines.mock.calls).toEqual([[5000]])
    deadlines.mockRestore()
  })

  it('reports an issuer that is unreachable or not allowed', async () => {
    expect(await warnings({ issuer: 'http://127.0.0.1:9' })).toEqual([
      expect.stringContaining('could not be reached'),
    ])
    expect(await warnings({ issuer: 'https://nowhere.invalid' })).toEqual([
      expect.stringContaining('could not be reached'),
    ])
    expect(await warnings({ issuer: 'https://10.0.0.1' })).toEqual([expect.stringContaining('is private')])
  })

  it('reports why the issuer could not be reached', async () => {
    const said = async (address: string): Promise<string> => (await warnings({ issuer: address })).join()
    expect(await said('http://127.0.0.1:9')).toContain('The cause: the connection was refused.')
    expect(await said('https://nowhere.invalid')).toContain('The cause: the host name was not found')
  })

  it('fetches no discovery document if every endpoint is configured', async () => {
    const given = {
      authorizationURL: `${issuer}/auth`,
      tokenURL: `${issuer}/token`,
      userInfoURL: `${issuer}/me`,
      jwksURL: `${issuer}/keys`,
    }
    document = {}
    expect(await warnings(given)).toEqual([])
    expect(requested).toEqual(['/keys'])
    expect(await warnings({ ...given, userInfoURL: undefined })).toEqual([])
    expect(requested).toEqual(['/keys', '/keys'])
    keys = {}
    expect(await warnings(given)).toEqual([expect.stringContaining('key set')])
  })

  it('prefers configured endpoints to announced ones', async () => {
    document.token_endpoint = 'http://op.example/token'
    expect(await warnings()).toEqual([expect.stringContaining('a token endpoint that is not https')])
    expect(await warnings({ tokenURL: `${issuer}/token` })).toEqual([])
  })
})

describe('refusedAddresses', () => {
  afterEach(() => jest.restoreAllMocks())

  type Done = (error: null, addresses: LookupAddress[]) => void

  function resolve(found: (name: string) => LookupAddress[]): void {
    const lookup = (name: string, _options: object, done: Done): void => done(null, found(name))
    jest.spyOn(dns, 'lookup').mockImplementation(lookup as never)
  }

  function resolveTo(...addresses: string[]): void {
    const found = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    resolve(() => found)
  }

  const refused = async (options: Partial<OidcOptions>): Promise<string[]> =>
    (await refusedAddresses(oidc(options))).map(({ option, message }) => `${option}: ${message}`)

  it.each<[Partial<SamlOptions>, string[]]>([
    [{ entryPoint: 'http://idp.example/sso' }, ['saml.entryPoint']],
    [{ logoutUrl: 'http://idp.example/slo' }, ['saml.logoutUrl']],
    [{ entryPoint: 'https://10.0.0.1/sso' }, []],
    [{ entryPoint: 'http://127.0.0.1:7000/sso', logoutUrl: 'http://localhost:7000/slo' }, []],
  ])(
    'refuses only non-https URLs of a SAML source, which only browsers visit: %j',
    async (options, wrong) => {
      const problems = await refusedAddresses(saml(options))
      expect(problems.map(({ option }) => option)).toEqual(wrong)
    },
  )

  it('allows public addresses', async () => {
    resolveTo('93.184.215.14', '2606:2800:21f:cb07:6820:80da:af6b:8b2c')
    expect(await refused({ tokenURL: 'https://op.example/token' })).toEqual([])
    expect(await refused({ issuer: 'https://93.184.215.14' })).toEqual([])
  })

  it.each([
    ...['10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '127.0.0.1', '0.0.0.0', '100.64.0.1'],
    ...['::1', 'fe80::1', 'fd12::1', '::ffff:10.0.0.1', '64:ff9b::10.0.0.1', '4000::1', '2001:db8::1'],
  ])('refuses %s, as a literal and as the address of a name', async (ip) => {
    resolveTo('93.184.215.14')
    const literal = `https://${ip.includes(':') ? `[${ip}]` : ip}/token`
    const problem = 'oidc.tokenURL: points to a private address'
    expect(await refused({ tokenURL: literal })).toEqual([problem])
    expect(await refused({ discoveryURL: literal })).toEqual([problem.replace('tokenURL', 'discoveryURL')])
    resolve((name) => [
      { address: '93.184.215.14', family: 4 },
      ...(name === 'inside.example' ? [{ address: ip, family: 4 }] : []),
    ])
    expect(await refused({ tokenURL: 'https://inside.example/token' })).toEqual([problem])
    expect(await refused({ tokenURL: literal, allowPrivateAddresses: true })).toEqual([])
  })

  it('names every refused URL, the issuer first', async () => {
    resolveTo('10.0.0.1')
    expect(
      await refused({
        issuer: 'https://inside.example',
        authorizationURL: 'http://op.example/auth',
        tokenURL: 'http://op.example/token',
        userInfoURL: 'https://inside.example/me',
        jwksURL: 'https://inside.example/keys',
        endSessionURL: 'http://op.example/end',
      }),
    ).toEqual([
      'oidc.tokenURL: must begin with https://',
      'oidc.authorizationURL: must begin with https://',
      'oidc.endSessionURL: must begin with https://',
      'oidc.issuer: points to a private address',
      'oidc.userInfoURL: points to a private address',
      'oidc.jwksURL: points to a private address',
    ])
  })

  it('allows private addresses for browsers', async () => {
    resolveTo('93.184.215.14')
    expect(await refused({ authorizationURL: 'https://10.0.0.1/auth' })).toEqual([])
  })

  it('allows an issuer on loopback in development, and no private address', async () => {
    const issuer = 'http://localhost:4000'
    resolveTo('127.0.0.1', '::1')
    expect(await refused({ issuer, tokenURL: `${issuer}/token` })).toEqual([])
    expect(await refused({ issuer, tokenURL: 'https://10.0.0.1/token' })).toEqual([
      'oidc.tokenURL: points to a private address',
    ])
    expect(await refused({ issuer, tokenURL: 'http://op.example/token' })).toEqual([
      'oidc.tokenURL: must begin with https://',
    ])
  })

  it('does not wait for a name that does not resolve, and does not refuse it', async () => {
    expect(await refused({ issuer: 'https://nowhere.invalid' })).toEqual([])
    jest.spyOn(dns, 'lookup').mockImplementation(() => undefined)
    jest.useFakeTimers()
    const checked = refused({ issuer: 'https://slow.example' })
    await jest.advanceTimersByTimeAsync(2000)
    expect(await checked).toEqual([])
    jest.useRealTimers()
  })
})
