import { randomUUID } from 'node:crypto'
import dns from 'node:dns'
import net from 'node:net'
import { gzipSync } from 'node:zlib'
import { watchDeadlines } from '../helpers/deadlines'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { type AttackedApp, attackedApp, manySources } from '../helpers/oidc-attack'
import { Browser } from '../helpers/oidc-browser'
import type { Bends, Json, Reply } from '../helpers/oidc-hostile'
import { cut, drip, hang, huge, json, makeKey, redirect, text } from '../helpers/oidc-hostile'

const { sources, fresh } = manySources(300)
let mongo: TestMongo
let app: AttackedApp
let source: string
const startAnother = (): Promise<AttackedApp> =>
  attackedApp({ mongo: { uri: mongo.uri, close: () => Promise.resolve() } })

beforeAll(async () => {
  mongo = await testMongo()
  app = await attackedApp({ mongo, sources })
})
afterAll(() => app.close())
beforeEach(async () => {
  source = fresh()
  Object.assign(app.provider, { bend: {}, received: [], keys: [await makeKey()] })
  await app.User.deleteMany({})
  await app.User.create({ email: 'alice@example.com', firstName: 'Alice', lastName: 'Old' })
})
afterEach(() => jest.restoreAllMocks())

/** Expects a sign-in to fail as a provider fault, without a refusal or a write. Returns why requests failed. */
async function fault(of = app, at = source): Promise<string[]> {
  const before = await of.everything()
  const browser = new Browser()
  const outcome = await of.signIn(browser, at)
  expect(outcome).toMatchObject({
    ...{ status: 503, code: 'provider_unavailable', refused: [], errors: ['provider_unavailable'] },
  })
  expect(outcome.page.text).not.toMatch(/endpoint|discovery|key set/)
  expect(await of.everything()).toBe(before)
  expect(await of.subjectsOf(browser)).toBeUndefined()
  return outcome.reasons
}

async function refused(check: string, of = app, at = source): Promise<string[]> {
  const before = await of.everything()
  const browser = new Browser()
  const outcome = await of.signIn(browser, at)
  expect(outcome).toMatchObject({ status: 403, code: 'invalid_assertion', errors: [] })
  expect(outcome.refused).toEqual([{ code: 'invalid_assertion', check }])
  expect(outcome.page.text).not.toContain(check)
  expect(await of.everything()).toBe(before)
  expect(await of.subjectsOf(browser)).toBeUndefined()
  return outcome.reasons
}

type Endpoint = keyof NonNullable<Bends['reply']>
const endpoints: Endpoint[] = ['discovery', 'jwks', 'token', 'userinfo']
/** Signs in while UserInfo is broken, and expects a notice about it. Returns `forbidden` for a forbidden address. */
async function withoutUserInfo(of = app, at = source): Promise<string[]> {
  const email = `${randomUUID()}@example.com`
  of.provider.bend.claims = (claims) => ({ ...claims, email })
  const told: string[] = []
  of.jit.on('login', ({ notices }, id) =>
    told.push(
      ...notices.flatMap(({ code, path, message }) =>
        path === 'title' && id === at ? `${code}: ${message}` : [],
      ),
    ),
  )
  expect(await of.signIn(new Browser(), at)).toMatchObject({ status: 302, errors: [], refused: [] })
  expect(told).toEqual([expect.stringMatching(/^invalid_value: .* could not be fetched: /)])
  return /private|https|not an address|valid/.test(told[0]!) ? ['forbidden'] : []
}

/** A broken UserInfo leaves fields as they are; anything else broken is a fault. */
const ends = (endpoint: Endpoint, of = app, at = source): Promise<string[]> =>
  endpoint === 'userinfo' ? withoutUserInfo(of, at) : fault(of, at)
async function letsIn(): Promise<void> {
  expect(await app.signIn(new Browser(), source)).toMatchObject({ status: 302, errors: [], refused: [] })
}

const inflating = (bytes: Buffer): Reply => {
  const headers = { 'Content-Encoding': 'gzip', 'Content-Type': 'application/json' }
  return (res) => void res.writeHead(200, headers).end(bytes)
}
const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024))
const raw =
  (answer: string): Reply =>
  (res) =>
    void res.socket!.end(answer)

describe.each(endpoints)('an endpoint with an invalid response: %s', (endpoint) => {
  const answers: [title: string, reply: Reply][] = [
    ['an error', json({ error: 'server_error' }, 500)],
    ['a missing page', json({}, 404)],
    ['too many requests', json({}, 429)],
    ['no content', text('', 'application/json', 204)],
    ['an empty body', text('', 'application/json')],
    ['not JSON', text('<html>')],
    ['truncated JSON', text('{"sub":"alice"', 'application/json')],
    ['a string', json('alice')],
    ['a number', json(7)],
    ['null', json(null)],
    ['a list', json([{ sub: 'alice' }])],
    ['a redirect to a private address', redirect('http://169.254.169.254/latest/meta-data')],
    ['a redirect to itself', redirect('')],
    ['more than 1 MiB', huge({ sub: 'alice' })],
    ['1 MiB of brackets', text('['.repeat(1024 * 1024), 'application/json')],
    ['compressed', inflating(gzipSync('{"sub":"alice"}'))],
    ['content that inflates to 100 MB', inflating(bomb)],
    ['a cut connection', cut()],
    ['a wrong Content-Length', (res) => void res.writeHead(200, { 'Content-Length': '100' }).end('{}')],
    ['another protocol', raw('SSH-2.0-OpenSSH_9.6\r\n')],
    [
      'a switch of protocols',
      raw('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    ],
    ['a header of 1 MiB', raw(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(1024 * 1024)}\r\n\r\n{}`)],
    ['zero-length chunks', raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}')],
  ]
  it.each(answers)('%s', async (_title, reply) => {
    app.provider.bend = { reply: { [endpoint]: reply } }
    await ends(endpoint)
    app.provider.bend = {}
    await letsIn()
  })
})

it('stops waiting for a response after five seconds', async () => {
  const endless: Reply[] = [(): void => undefined, hang(), drip()]
  const cases = endless.flatMap((reply) => endpoints.map((endpoint) => ({ endpoint, reply })))
  const apps = await Promise.all(cases.map(startAnother))
  const deadlines = watchDeadlines()
  const end = ({ endpoint, reply }: (typeof cases)[number], i: number): Promise<unknown> => {
    apps[i]!.provider.bend = { reply: { [endpoint]: reply } }
    return ends(endpoint, apps[i], 'idp')
  }
  // The apps share a database, and a sign-in without UserInfo writes to it.
  const writes = ({ endpoint }: (typeof cases)[number]): boolean => endpoint === 'userinfo'
  const endAll = (written: boolean): Promise<unknown> =>
    Promise.all(cases.flatMap((one, i) => (writes(one) === written ? [end(one, i)] : [])))
  await endAll(false)
  await endAll(true)
  expect(deadlines.mock.calls.flat().filter((ms) => ms !== 5000)).toEqual([])
  for (const one of apps) await one.close()
})

describe('discovery: an unusable provider', () => {
  const lies: [title: string, change: (issuer: string) => Json][] = [
    ['another issuer', () => ({ issuer: 'https://evil.example' })],
    ['the issuer with an extra slash', (issuer) => ({ issuer: `${issuer}/` })],
    ['the issuer in capitals', (issuer) => ({ issuer: issuer.toUpperCase() })],
    ['the issuer with a path', (issuer) => ({ issuer: `${issuer}/tenant` })],
    ['the issuer with a query', (issuer) => ({ issuer: `${issuer}?` })],
    [
      'the issuer under another name of the same host',
      (issuer) => ({ issuer: issuer.replace('127.0.0.1', 'localhost') }),
    ],
    ['the issuer in an array', (issuer) => ({ issuer: [issuer] })],
    ['no issuer', () => ({ issuer: undefined })],
    ['no token endpoint', () => ({ token_endpoint: undefined })],
    ['no keys', () => ({ jwks_uri: undefined })],
    ['a javascript: authorization endpoint', () => ({ authorization_endpoint: 'javascript:alert(1)' })],
    ['a data: authorization endpoint', () => ({ authorization_endpoint: 'data:text/html,x' })],
    ['an authorization endpoint over http', () => ({ authorization_endpoint: 'http://example.com/' })],
    ['a relative authorization endpoint', () => ({ authorization_endpoint: '/authorize' })],
    ['an endpoint that is an object', () => ({ token_endpoint: { href: 'https://evil.example' } })],
    ['algorithms that are not a list', () => ({ id_token_signing_alg_values_supported: 'ES256' })],
  ]
  it.each(lies)('%s', async (_title, change) => {
    app.provider.bend = { discovery: (document) => ({ ...document, ...change(app.provider.issuer) }) }
    await fault()
    expect(app.provider.requests('/authorize')).toEqual([])
  })

  it('cannot make this app accept a symmetric algorithm, or none', async () => {
    const announced = { id_token_signing_alg_values_supported: ['none', 'HS256'] }
    app.provider.bend = {
      discovery: (document) => ({ ...document, ...announced }),
      sign: (claims) => `${base64({ alg: 'none' })}.${base64(claims)}.`,
    }
    await refused('alg')
  })
})

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('an endpoint at a non-public address is never requested', () => {
  // The issuer is on loopback, so only loopback is allowed.
  const literals = [
    ...['https://10.0.0.1/', 'https://172.16.0.1/', 'https://192.168.0.1/', 'https://100.64.0.1/'],
    ...['https://169.254.169.254/latest/meta-data', 'https://0.0.0.0/', 'https://0/', 'https://167772161/'],
    ...['https://0xa000001/', 'https://01200000001/', 'https://10.1/', 'https://①⓪.⓪.⓪.①/'],
    ...['https://[::]/', 'https://[::ffff:10.0.0.1]/', 'https://[fe80::1]/', 'https://[fc00::1]/'],
    ...['https://[64:ff9b::a00:1]/', 'https://[64:ff9b:1::a00:1]/', 'https://[2002:a00:1::]/'],
    ...[
      'http://example.com/',
      'http://10.0.0.1/',
      'ftp://example.com/',
      'file:///etc/passwd',
      '//example.com/',
    ],
  ]
  const names = [
    ['10.0.0.1'],
    ['::ffff:10.0.0.1'],
    ['169.254.169.254'],
    ['0.0.0.0'],
    ['fe80::1'],
    ['100.64.0.1'],
    ['64:ff9b::a00:1'],
    ['93.184.215.14', '10.0.0.1'],
  ]

  const members = { token: 'token_endpoint', jwks: 'jwks_uri', userinfo: 'userinfo_endpoint' } as const
  const each = Object.keys(members) as (keyof typeof members)[]
  const pointTo = async (endpoint: keyof typeof members, address: string): Promise<void> => {
    source = fresh()
    app.provider.bend = { discovery: (document) => ({ ...document, [members[endpoint]]: address }) }
    expect(await ends(endpoint)).toEqual(['forbidden'])
  }

  it.each(each)('as a literal address: %s', async (endpoint) => {
    const connected = jest.spyOn(net.Socket.prototype, 'connect')
    for (const address of literals) await pointTo(endpoint, address)
    const hosts = connected.mock.calls.flat(2).map((to) => (to as { host?: string } | undefined)?.host)
    expect(hosts.filter((host) => host !== undefined && host !== '127.0.0.1')).toEqual([])
  })

  it.each(each)('as the address of a hostname: %s', async (endpoint) => {
    for (const addresses of names) {
      const asked = resolveTo(addresses)
      await pointTo(endpoint, 'https://inside.example/')
      expect(asked()).toBe(1)
    }
  })
})

/** Makes `inside.example` resolve to these addresses. Returns the number of look-ups. */
function resolveTo(addresses: string[]): () => number {
  const all = addresses.map((address) => ({ address, family: net.isIPv6(address) ? 6 : 4 }))
  const original = dns.lookup
  let asked = 0
  jest.spyOn(dns, 'lookup').mockImplementation((name: string, ...rest: unknown[]) => {
    if (name !== 'inside.example') return (original as unknown as (...all: unknown[]) => void)(name, ...rest)
    asked++
    ;(rest.at(-1) as (error: null, all: object[]) => void)(null, all)
  })
  return () => {
    jest.restoreAllMocks()
    return asked
  }
}

describe('a provider that is down', () => {
  const discovery = '/.well-known/openid-configuration'

  it('is not requested for every waiting sign-in, and signs people in as soon as it is back', async () => {
    app.provider.bend = { reply: { discovery: json({}, 500) } }
    const statuses = new Set<number>()
    const flood = async (): Promise<void> => {
      for (let i = 0; i < 80; i++)
        statuses.add((await new Browser().request(`${app.origin}/sso/${source}/login`)).status)
    }
    await Promise.all(Array.from({ length: 3 }, flood))
    expect([...statuses]).toEqual([503])
    expect(app.provider.requests(discovery).length).toBeLessThan(60)
    app.provider.bend = {}
    await new Promise((resolve) => setTimeout(resolve, 1100))
    await letsIn()
  })
})

describe('keys', () => {
  it('can rotate at any rate, even after tokens that match no key', async () => {
    for (let rotation = 0; rotation < 5; rotation++) {
      app.provider.bend = { sign: async (claims) => app.provider.sign(claims, {}, await makeKey()) }
      await refused('signature')
      app.provider.bend = {}
      app.provider.keys = [await makeKey()]
      await letsIn()
    }
  })

  it('are not accepted once a newer key set without them is known', async () => {
    const [old] = app.provider.keys
    await letsIn()
    app.provider.keys = [await makeKey()]
    await letsIn()
    app.provider.bend = { sign: (claims) => app.provider.sign(claims, {}, old) }
    await refused('signature')
  })

  it('are refused in a set of more than 200', async () => {
    const { jwk } = app.provider.keys[0]!
    const keys = (count: number): Reply =>
      json({ keys: Array.from({ length: count }, (_, i) => (i === 0 ? jwk : { ...jwk, kid: `k${i}` })) })
    app.provider.bend = { reply: { jwks: keys(201) } }
    await fault()
    app.provider.bend = { reply: { jwks: keys(200) } }
    await letsIn()
  })

  it('are skipped if they are unusable', async () => {
    const { jwk } = app.provider.keys[0]!
    const junk = [
      null,
      7,
      'key',
      [],
      {},
      { kty: 'oct', k: 'eA' },
      { kty: 'RSA', n: 7 },
      { kty: 'EC', crv: 'P-256' },
    ]
    app.provider.bend = { reply: { jwks: json({ keys: [...junk, jwk] }) } }
    await letsIn()
  })
})
