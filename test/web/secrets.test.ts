import { createPrivateKey, randomBytes } from 'node:crypto'
import { BSON } from 'mongodb'
import { setupProducts } from '../../src/web/admin/setup-guides/products'
import { type Instances, startInstances } from '../helpers/instances'
import { leaks, type Output } from '../helpers/leaks'
import { Browser, type Page } from '../helpers/oidc-browser'
import { HostileProvider, json, makeKey, text } from '../helpers/oidc-hostile'
import { requestXml } from '../helpers/saml-app'
import { attribute, createKeys, defaults, errorXml, type Keys, responseXml } from '../helpers/saml-idp'

/**
 * Everything that a browser, a script or an attacker can see, a log would contain, or a stolen database would reveal.
 */
const outputs: Output[] = []

const clientSecret = `Cs"<&'\\%+ ${randomBytes(16).toString('hex')}`
const nextSecret = `Ns ${randomBytes(16).toString('hex')}`
const encryptionKey = randomBytes(32)

let group: Instances
let provider: HostileProvider
let idp: Keys
let signing: Keys
let decryption: Keys
let secrets: Record<string, string | Buffer>
let browser: Browser

beforeAll(async () => {
  provider = new HostileProvider()
  idp = await createKeys('idp')
  signing = await createKeys('signing')
  decryption = await createKeys('decryption')
  provider.keys = [await makeKey()]
  await provider.start()
  group = await startInstances([encryptionKey, randomBytes(32)])
  browser = new Browser()
  secrets = {
    ...{ clientSecret, nextSecret, encryptionKey },
    ...privateParts('signing key', signing),
    ...privateParts('decryption key', decryption),
  }
  for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    jest
      .spyOn(console, method)
      .mockImplementation((...said) => void outputs.push({ where: 'console', what: said }))
  }
  for (const stream of [process.stdout, process.stderr]) {
    jest
      .spyOn(stream, 'write')
      .mockImplementation((said) => outputs.push({ where: 'the process', what: String(said) }) > 0)
  }
})

afterAll(async () => {
  jest.restoreAllMocks()
  await group.close()
  await provider.close()
})

/** The private part of a key. The rest is also in its certificate. */
function privateParts(name: string, { key }: Keys): Record<string, Buffer> {
  const { d, p, q } = createPrivateKey(key).export({ format: 'jwk' })
  return { [`${name} (d)`]: bytes(d), [`${name} (p)`]: bytes(p), [`${name} (q)`]: bytes(q) }
}
const bytes = (part: string | undefined): Buffer => Buffer.from(part!, 'base64url')

async function call(
  method: string,
  path: string,
  body?: unknown,
  type = 'application/json',
): Promise<Response & { body: unknown }> {
  const response = await fetch(`${group.origin}${path}`, {
    method,
    redirect: 'manual',
    headers: {
      'x-admin': 'yes',
      origin: group.origin,
      ...(body !== undefined && { 'content-type': type }),
      ...(method === 'DELETE' && { 'content-type': type }),
    },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  })
  keep(`${method} ${path}`, response.headers, await response.clone().text())
  return response
}

const api = (method: string, path: string, body?: unknown): Promise<{ status: number }> =>
  call(method, `/admin/sso/api/sources${path}`, body)

const post = (path: string, form: Record<string, string>): Promise<{ status: number }> =>
  call('POST', `/admin/sso${path}`, new URLSearchParams(form).toString(), 'application/x-www-form-urlencoded')

function keep(where: string, headers: Headers, body: string): void {
  outputs.push(
    { where, what: body },
    { where: `the headers of ${where}`, what: JSON.stringify([...headers]) },
  )
}

/** A request from a person's browser to the app. */
async function visit(path: string, form?: Record<string, string>): Promise<Page> {
  const page = await browser.request(new URL(path, group.origin).href, form)
  keep(path.replace(/\?.*/, ''), page.headers, page.text)
  return page
}

const oidc = (): object => ({ issuer: provider.issuer, clientID: 'app', clientSecret })
const saml = (): object => ({
  ...{ entryPoint: 'https://idp.example/sso', idpIssuer: 'https://idp.example', idpCert: idp.cert },
  ...{ privateKey: signing.key, publicCert: signing.cert },
  ...{ decryptionPvk: decryption.key, decryptionCert: decryption.cert },
})
const keycloak = (rest: object = {}): object => ({
  id: 'keycloak',
  protocol: 'oidc',
  provisioning: true,
  syncing: true,
  oidc: oidc(),
  ...rest,
})
const adfs = (rest: object = {}): object => ({
  id: 'adfs',
  protocol: 'saml',
  provisioning: true,
  syncing: true,
  saml: saml(),
  ...rest,
})

const pagesOf = (id: string): string[] => [
  ...[`/${id}`, `/${id}/edit`, `/${id}?reference=0123456789`],
  ...setupProducts.map((product) => `/${id}?product=${product.id}`),
]

/** A sign-in at the OpenID Provider, up to its response and with it. */
async function signInByOidc(): Promise<Page> {
  const start = await visit('/sso/keycloak/login')
  const answer = await browser.request(start.headers.get('location')!)
  return visit(answer.headers.get('location')!)
}

async function signInBySaml(changes: object = {}): Promise<Page> {
  const start = await visit('/sso/adfs/login')
  return answerBySaml(start.headers.get('location')!, changes)
}

async function answerBySaml(address: string, changes: object = {}): Promise<Page> {
  const id = /ID="([^"]+)"/.exec(requestXml(address))![1]!
  const xml = await responseXml({
    ...defaults,
    ...{
      keys: idp,
      sign: ['response'],
      issuer: 'https://idp.example',
      responseIssuer: 'https://idp.example',
    },
    ...{ audience: `${group.origin}/sso/adfs/metadata`, encryptFor: decryption },
    ...{ recipient: `${group.origin}/sso/adfs/callback`, destination: `${group.origin}/sso/adfs/callback` },
    ...{ inResponseTo: id, responseInResponseTo: id },
    attributes: [
      attribute('email', 'ann@corp.example'),
      attribute('firstName', 'Ann'),
      attribute('lastName', 'Lee'),
    ].join(''),
    ...changes,
  })
  return visit('/sso/adfs/callback', { SAMLResponse: Buffer.from(xml).toString('base64') })
}

/** All database content, as the driver reads it and as stored bytes. */
async function keepDatabase(): Promise<void> {
  const collections = await group.connection.listCollections()
  for (const { name } of collections) {
    for (const document of await group.connection.collection(name).find().toArray()) {
      const where = `the collection ${name}`
      outputs.push({ where, what: document }, { where, what: Buffer.from(BSON.serialize(document)) })
    }
  }
}

test('the search finds a secret in every form', () => {
  const found = (what: unknown): string[] =>
    leaks([{ where: 'here', what }], { secret: clientSecret, key: decryptionPart() })
  const forms = [
    ...[`x${clientSecret}`, JSON.stringify({ clientSecret }), encodeURIComponent(clientSecret)],
    ...[Buffer.from(clientSecret), Buffer.from(`a:${clientSecret}!`).toString('base64')],
    ...[Buffer.from(`ab:${clientSecret}`).toString('base64url'), Buffer.from(clientSecret).toString('hex')],
    ...[new Error('x', { cause: { deep: [{ options: { clientSecret } }] } })],
    ...[Object.defineProperty({}, 'hidden', { value: clientSecret, enumerable: false })],
  ]
  for (const form of forms) expect([form, found(form)]).toEqual([form, ['secret in here']])
  for (const form of [
    decryption.key,
    JSON.stringify(decryption.key),
    decryption.key.replace(/\s|-----[^-]+-----/g, ''),
  ])
    expect(found(form)).toEqual(['key in here'])
  expect(found({ key: createPrivateKey(decryption.key).export({ format: 'der', type: 'pkcs8' }) })).toEqual([
    'key in here',
  ])
  expect(found({ certificate: decryption.cert })).toEqual([])
})

const decryptionPart = (): Buffer => secrets['decryption key (d)'] as Buffer

test('sources are added and used, with their secrets', async () => {
  expect((await api('POST', '', keycloak())).status).toBe(201)
  expect((await api('POST', '', adfs())).status).toBe(201)
  expect(await me(await signInByOidc())).toMatchObject({ email: 'alice@example.com' })
  const [asked] = provider.requests('/token')
  const sent = Buffer.from(asked!.authorization!.slice('Basic '.length), 'base64').toString()
  expect(new URLSearchParams(`secret=${sent.split(':')[1]}`).get('secret')).toBe(clientSecret)
  expect(await me(await signInBySaml())).toMatchObject({ email: 'ann@corp.example' })
})

async function me(page: Page): Promise<unknown> {
  expect(page.status).toBe(302)
  const { user } = JSON.parse((await visit('/me')).text) as { user: unknown }
  return user
}

test('every page and every list is read', async () => {
  for (const id of ['keycloak', 'adfs']) {
    for (const path of pagesOf(id)) expect((await call('GET', `/admin/sso${path}`)).status).toBe(200)
    expect((await api('GET', `/${id}`)).status).toBe(200)
  }
  for (const path of ['/', '/new', '/new?protocol=saml', '/new?protocol=oidc'])
    await call('GET', `/admin/sso${path}`)
  await api('GET', '')
  await visit('/sources')
  for (const path of ['/sso', '/sso/adfs/metadata', '/sso/keycloak/metadata']) await visit(path)
  outputs.push({ where: 'sources()', what: group.all[0]!.jit.sources() })
})

test('test sign-ins are run', async () => {
  for (const id of ['keycloak', 'adfs']) {
    const started = await call('POST', `/admin/sso/${id}/test`, '', 'application/x-www-form-urlencoded')
    expect(started.headers.get('refresh')).toContain('0; url=')
  }
})

test('edits are made and refused', async () => {
  expect((await api('PATCH', '/keycloak', { version: 1, oidc: { clientSecret: nextSecret } })).status).toBe(
    200,
  )
  for (const [path, patch, status] of [
    ['/keycloak', { version: 1, oidc: { clientSecret } }, 409],
    ['/keycloak', { version: 2, oidc: { clientSecret, issuer: 'x' } }, 422],
    ['/adfs', { version: 1, saml: { privateKey: signing.key, publicCert: null } }, 422],
    ['/keycloak', { version: 'x', oidc: { clientSecret } }, 422],
    ['/keycloak', { oidc: { clientSecret } }, 428],
    ['/none', { version: 1, oidc: { clientSecret } }, 404],
  ] as const)
    expect([path, (await api('PATCH', path, patch)).status]).toEqual([path, status])
  const form = {
    version: '1',
    label: 'x',
    'oidc.issuer': provider.issuer,
    'oidc.clientID': 'app',
    'oidc.clientSecret': clientSecret,
  }
  expect((await post('/keycloak', form)).status).toBe(409)
  expect((await post('/keycloak', { ...form, version: '2', 'oidc.issuer': '' })).status).toBe(422)
  const keys = {
    'saml.privateKey': signing.key,
    'saml.decryptionPvk': decryption.key,
    'saml.publicCert': `${signing.cert}\n${signing.key}`,
  }
  expect((await post('/adfs', { version: '0', ...keys })).status).toBe(409)
  expect((await post('/adfs', { version: '1', ...keys })).status).toBe(422)
  expect((await post('/adfs', { version: '1', ...keys, action: 'read-metadata' })).status).toBe(422)
})

test('a secret in the wrong option is refused', async () => {
  for (const [options, status] of [
    [keycloak(), 409],
    [keycloak({ id: 'b', clientSecret }), 422],
    [keycloak({ id: 'b', oidc: { ...oidc(), client_secret: clientSecret } }), 422],
    [keycloak({ id: 'b', oidc: { ...oidc(), tokenEndpointAuthMethod: clientSecret } }), 422],
    [keycloak({ id: 'b', oidc: { ...oidc(), issuer: clientSecret } }), 422],
    [
      keycloak({
        id: 'b',
        oidc: { ...oidc(), issuer: `https://app:${encodeURIComponent(clientSecret)}@op.example` },
      }),
      422,
    ],
    [keycloak({ id: 'b', linking: clientSecret, domains: [clientSecret], provisioning: clientSecret }), 422],
    [keycloak({ id: clientSecret }), 422],
    [keycloak({ id: 'b', saml: { clientSecret } }), 422],
    [adfs({ id: 'b', saml: { ...saml(), publicCert: signing.key } }), 422],
    [
      adfs({ id: 'b', saml: { ...saml(), idpCert: [idp.cert, `${decryption.cert}\n${decryption.key}`] } }),
      422,
    ],
    [adfs({ id: 'b', saml: { ...saml(), metadata: signing.key } }), 422],
    [
      adfs({
        id: 'b',
        saml: { ...saml(), metadataUrl: `https://app:${encodeURIComponent(clientSecret)}@10.0.0.1/` },
      }),
      422,
    ],
    [
      adfs({
        id: 'b',
        label: decryption.key,
        identifiers: [decryption.key],
        attributes: { email: decryption.key },
      }),
      422,
    ],
    [`{"oidc":{"clientSecret":${JSON.stringify(clientSecret)}`, 400],
  ] as const)
    expect([options, (await api('POST', '', options)).status]).toEqual([options, status])
  const keyed = {
    protocol: 'saml',
    id: 'b',
    label: signing.key,
    'saml.idpCert': decryption.key,
    'saml.metadata': signing.key,
  }
  expect((await post('/', keyed)).status).toBe(422)
  const address = `https://app:${nextSecret.replace(' ', '')}@10.0.0.1/`
  expect((await post('/', { protocol: 'saml', id: 'b', 'saml.metadataUrl': address })).status).toBe(422)
  expect(
    (
      await post('/', {
        protocol: 'oidc',
        id: 'keycloak',
        'oidc.issuer': provider.issuer,
        'oidc.clientID': 'a',
        'oidc.clientSecret': clientSecret,
        'identifier.email': '1',
        linking: 'verified',
        'fields.provision': 'all',
        'fields.sync': 'all',
        onAbsent: 'keep',
        onEmpty: 'clear',
      })
    ).status,
  ).toBe(409)
})

test('providers refuse the client, leak secrets, break connections, and respond incorrectly', async () => {
  const tale = { error: 'invalid_client', error_description: nextSecret, client_secret: nextSecret }
  for (const [reply, status] of [
    [json({ error: 'invalid_client' }, 401), 500],
    [json(tale, 401), 500],
    [json({ ...tale, error: nextSecret }, 400), 403],
    [text(nextSecret, 'text/html', 502), 503],
    [json({ access_token: 'x', token_type: 'Bearer', id_token: nextSecret }), 403],
    [json({ access_token: 'x', token_type: nextSecret }), 403],
  ] as const) {
    provider.bend = { reply: { token: reply } }
    expect((await signInByOidc()).status).toBeGreaterThanOrEqual(Math.min(status, 400))
  }
  provider.bend = {}
  for (const changes of [
    { encryptFor: signing },
    { keys: decryption },
    { audience: 'other' },
    { nameId: 'somebody-else', attributes: attribute('title', 'x') },
  ])
    expect((await signInBySaml(changes)).status).toBeGreaterThanOrEqual(400)
  const refused = errorXml({
    destination: `${group.origin}/sso/adfs/callback`,
    responseIssuer: 'https://idp.example',
    status: ['x'],
  })
  await visit('/sso/adfs/callback', { SAMLResponse: Buffer.from(refused).toString('base64') })
})

test('an invalid key cannot sign, and a provider that is down is checked on saving', async () => {
  const broken = `-----BEGIN PRIVATE KEY-----\n${nextSecret}\n-----END PRIVATE KEY-----`
  await api('POST', '', { ...adfs({ id: 'unsigned' }), saml: { ...saml(), privateKey: broken } })
  expect((await visit('/sso/unsigned/login')).status).toBeGreaterThanOrEqual(500)
  await api('POST', '', keycloak({ id: 'away', oidc: { ...oidc(), issuer: 'http://127.0.0.1:9' } }))
  expect((await visit('/sso/away/login')).status).toBe(503)
})

test('an instance with another encryption key shows what is broken', async () => {
  group.use(group.all[1])
  for (const id of ['keycloak', 'adfs']) {
    for (const path of pagesOf(id)) expect((await call('GET', `/admin/sso${path}`)).status).toBe(200)
    expect((await api('GET', `/${id}`)).status).toBe(200)
    expect((await visit(`/sso/${id}/login`)).status).toBe(500)
    expect((await api('PATCH', `/${id}`, { version: id === 'adfs' ? 1 : 2, label: 'x' })).status).toBe(422)
  }
  group.use(group.all[0])
})

test('sources are deleted, and deletions are refused', async () => {
  expect((await api('DELETE', '/keycloak')).status).toBe(409)
  expect((await post('/keycloak/delete', { confirm: clientSecret })).status).toBe(422)
  await keepDatabase()
  expect((await api('DELETE', '/keycloak?confirm=keycloak')).status).toBe(204)
  await keepDatabase()
})

test('no secret appeared anywhere', async () => {
  await Promise.all(group.all.map(({ jit }) => jit.close()))
  await keepDatabase()
  for (const { told } of group.all) {
    expect(told.length).toBeGreaterThan(0)
    outputs.push(...told.map((error) => ({ where: `the event of ${error.message}`, what: error })))
  }
  for (const part of ['the collection jitSources', 'the collection jitActivity', 'the collection users'])
    expect(outputs.map(({ where }) => where)).toContain(part)
  expect(outputs.length).toBeGreaterThan(200)
  expect(leaks(outputs, secrets)).toEqual([])
})
