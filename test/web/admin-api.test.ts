/* eslint-disable @typescript-eslint/no-explicit-any -- what JSON holds is any */
import express from 'express'
import express4 from 'express4'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { ann, certificate, source } from '../helpers/company'
import { createKeys } from '../helpers/saml-idp'

let app: AdminApp

afterEach(() => app?.close())

interface Answer {
  status: number
  type: string | null
  headers: Headers
  text: string
  body: any
}

/** A request from a page of this site; `headers` set to undefined are omitted. */
async function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string | undefined> = {},
): Promise<Answer> {
  const all: Record<string, string | undefined> = {
    Cookie: 'who=admin',
    Origin: app.origin,
    'Content-Type': 'application/json',
    ...headers,
  }
  const given = Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const response = await fetch(`${app.admin}/api${path}`, {
    method,
    headers: given,
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  })
  const text = await response.text()
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    headers: response.headers,
    text,
    body: text.startsWith('{') ? JSON.parse(text) : undefined,
  }
}

const secret = 'a-very-secret-secret'

const privateKey = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`

/** A provider on loopback, where http is allowed, that does not respond. */
const oidc = { issuer: 'http://127.0.0.1:9', clientID: 'app', clientSecret: secret }
const keycloak = { id: 'keycloak', label: 'Keycloak', protocol: 'oidc', provisioning: true, oidc }

const metadataOf = (
  cert: string,
): string => `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.acme.example">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
      <X509Certificate>${cert.replace(/-----[^-]+-----|\s/g, '')}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.acme.example/sso"/>
  </IDPSSODescriptor></EntityDescriptor>`
const metadata = metadataOf(certificate)

const optionsOf = (answer: Answer): string[] =>
  answer.body.errors.map((one: { option: string }) => one.option)

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('the JSON API, with %s', (_, framework) => {
  beforeEach(async () => {
    app = await adminApp({ framework, code: [source({ id: 'in-code' })] })
  })

  it('adds, shows, lists, changes and deletes a source, and never returns its secret', async () => {
    const added = await api('POST', '/sources', keycloak)
    expect(added.status).toBe(201)
    expect(added.headers.get('location')).toBe('/admin/sso/api/sources/keycloak')
    expect(added.body).toMatchObject({
      ...{ id: 'keycloak', label: 'Keycloak', origin: 'database', version: 1, provisioning: true },
      oidc: { issuer: oidc.issuer, clientID: 'app', hasClientSecret: true },
      loginIdentifiers: [{ path: 'email', attribute: 'email' }],
      problems: [],
    })
    expect(added.body.warnings).toEqual([expect.stringContaining('could not be reached')])

    const shown = await api('GET', '/sources/keycloak')
    expect(shown.headers.get('etag')).toBe('"1"')
    expect(shown.body).toEqual({ ...added.body, warnings: undefined })

    const patched = await api('PATCH', '/sources/keycloak', { version: 1, syncing: true, label: null })
    expect(patched.status).toBe(200)
    expect(patched.body).toMatchObject({ version: 2, syncing: true, label: 'keycloak', provisioning: true })
    expect(patched.body.oidc).toMatchObject({ clientID: 'app', hasClientSecret: true })

    const listed = await api('GET', '/sources')
    expect(Object.keys(listed.body)).toEqual(['sources'])
    expect(listed.body.sources.map((one: any) => [one.id, one.origin, one.version])).toEqual([
      ['in-code', 'code', undefined],
      ['keycloak', 'database', 2],
    ])
    const texts = [added, shown, patched, listed].map(({ text }) => text).join()
    expect(texts).not.toContain(secret)

    expect((await api('DELETE', '/sources/keycloak')).status).toBe(204)
    expect((await api('GET', '/sources/keycloak')).status).toBe(404)
  })

  it('accepts its own output, edited', async () => {
    const { body } = await api('POST', '/sources', keycloak)
    const patched = await api('PATCH', '/sources/keycloak', { ...body, syncing: true })
    expect([patched.status, patched.body.syncing, patched.body.oidc.hasClientSecret]).toEqual([
      200,
      true,
      true,
    ])
  })

  it('returns the state of each source', async () => {
    await api('POST', '/sources', { id: 'acme', protocol: 'saml', provisioning: true, saml: { metadata } })
    const { user } = await app.jit.login('acme', ann())
    await app.User.collection.updateOne({ _id: user._id }, {
      $push: { identities: { source: 'in-code' } },
    } as never)
    const { body } = await api('GET', '/sources')
    expect(body.sources).toMatchObject([
      { id: 'in-code', linkedUsers: 1, lastSignIn: null, certificates: [{ state: 'valid' }] },
      {
        ...{ id: 'acme', linkedUsers: 1, lastSignIn: expect.stringMatching(/^20..-..-..T/) },
        certificates: [{ subject: 'CN=idp.example', notAfter: '2056-01-01T00:00:00.000Z', state: 'valid' }],
      },
    ])
    expect((await api('GET', '/sources/acme')).body).toEqual(body.sources[1])
    const patched = await api('PATCH', '/sources/acme', { ...body.sources[1], syncing: true })
    expect(patched.body).toMatchObject({ syncing: true, linkedUsers: 1 })
  })

  it.each<[name: string, headers: Record<string, string>, version: object, status: number]>([
    ['the body', {}, { version: 1 }, 200],
    ['If-Match', { 'If-Match': '"1"' }, {}, 200],
    ['a weak If-Match', { 'If-Match': 'W/"1"' }, {}, 200],
    ['nowhere', {}, {}, 428],
    ['two different places', { 'If-Match': '"1"' }, { version: 2 }, 422],
    ['a string', {}, { version: 'one' }, 422],
    ['an invalid If-Match', { 'If-Match': '*' }, {}, 422],
  ])('accepts or refuses an edit with the version in %s', async (_name, headers, version, status) => {
    await api('POST', '/sources', keycloak)
    const { status: got } = await api('PATCH', '/sources/keycloak', { ...version, syncing: true }, headers)
    expect(got).toBe(status)
    expect((await api('GET', '/sources/keycloak')).body.syncing).toBe(status === 200)
  })

  it('accepts a merge patch by its own media type', async () => {
    await api('POST', '/sources', keycloak)
    const headers = { 'Content-Type': 'application/merge-patch+json; charset=utf-8' }
    const patched = await api('PATCH', '/sources/keycloak', { version: 1, syncing: true }, headers)
    expect([patched.status, patched.body.syncing]).toEqual([200, true])
  })

  it('refuses a stale edit with what is stored now', async () => {
    await api('POST', '/sources', keycloak)
    await api('PATCH', '/sources/keycloak', { version: 1, label: 'First' })
    const stale = await api('PATCH', '/sources/keycloak', { version: 1, label: 'Second' })
    expect([stale.status, stale.type]).toEqual([409, 'application/problem+json; charset=utf-8'])
    expect(stale.body).toMatchObject({ status: 409, code: 'stale', current: { label: 'First', version: 2 } })
    expect(stale.text).not.toContain(secret)
  })

  it('never saves a refused URL, even during concurrent saves', async () => {
    await api('POST', '/sources', { ...source({ id: 'adfs' }) })
    const bad = { saml: { entryPoint: 'http://idp.example/sso' } }
    let version = 1
    for (let i = 0; i < 10; i++, version++) {
      const [good, refused] = await Promise.all([
        api('PATCH', '/sources/adfs', { version, label: `Edit ${i}` }),
        api('PATCH', '/sources/adfs', { version: version + 1, ...bad }),
      ])
      expect([good.status, refused.status >= 400]).toEqual([200, true])
    }
    expect((await api('GET', '/sources/adfs')).body).toMatchObject({ version, saml: source().saml })
  })

  it('requires the id to delete a source with linked users', async () => {
    await api('POST', '/sources', keycloak)
    await app.User.collection.insertOne({ identities: [{ source: 'keycloak', issuer: 'i', subject: 's' }] })
    const refused = await api('DELETE', '/sources/keycloak')
    expect([refused.status, refused.body.linkedUsers]).toEqual([409, 1])
    expect((await api('DELETE', '/sources/keycloak?confirm=other')).status).toBe(409)
    expect((await api('DELETE', '/sources/keycloak?confirm=keycloak')).status).toBe(204)
  })

  it('reads SAML metadata instead of entry point, issuer and certificates', async () => {
    const added = await api('POST', '/sources', { id: 'acme', protocol: 'saml', saml: { metadata } })
    expect(added.status).toBe(201)
    expect(added.body.saml).toMatchObject({
      entryPoint: 'https://idp.acme.example/sso',
      idpIssuer: 'https://idp.acme.example',
      idpCert: [expect.stringContaining('BEGIN CERTIFICATE')],
    })
    expect(added.body.saml).not.toHaveProperty('metadata')
  })

  it('lets the client choose among several identity providers by entity ID', async () => {
    const other = metadata.replaceAll('idp.acme.example', 'idp.other.example')
    const both = `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${metadata}${other}</EntitiesDescriptor>`
    const body = (saml: object) => ({ id: 'acme', protocol: 'saml', saml: { metadata: both, ...saml } })
    const refused = await api('POST', '/sources', body({}))
    expect(refused.status).toBe(422)
    expect(refused.body.errors).toEqual([
      {
        option: 'saml.idpIssuer',
        message: expect.stringContaining('several identity providers'),
        choices: ['https://idp.acme.example', 'https://idp.other.example'],
      },
    ])
    expect((await api('POST', '/sources', body({ idpIssuer: 'https://nobody.example' }))).status).toBe(422)
    const added = await api('POST', '/sources', body({ idpIssuer: 'https://idp.other.example' }))
    expect([added.status, added.body.saml.entryPoint]).toEqual([201, 'https://idp.other.example/sso'])
    const patch = { version: 1, saml: { metadata: both, idpIssuer: 'https://idp.acme.example' } }
    const patched = await api('PATCH', '/sources/acme', patch)
    expect(patched.body.saml).toMatchObject({
      idpIssuer: 'https://idp.acme.example',
      entryPoint: 'https://idp.acme.example/sso',
    })
  })

  it('removes options that a source’s new metadata does not have', async () => {
    const saml = { metadata, logoutUrl: 'https://idp.acme.example/slo' }
    await api('POST', '/sources', { id: 'acme', protocol: 'saml', saml })
    const patched = await api('PATCH', '/sources/acme', { version: 1, saml: { metadata } })
    expect(patched.body.saml).not.toHaveProperty('logoutUrl')
  })

  it('prefers fresh metadata to the options sent with it', async () => {
    const { body } = await api('POST', '/sources', { id: 'acme', protocol: 'saml', saml: { metadata } })
    const { cert } = await createKeys('next.idp.example')
    const saml = { ...body.saml, metadata: metadataOf(cert) }
    const patched = await api('PATCH', '/sources/acme', { ...body, saml })
    expect(patched.body.certificates).toMatchObject([{ subject: 'CN=next.idp.example' }])
  })

  it.each<[name: string, body: unknown, status: number, options: string[]]>([
    ['a body that is not an object', [1], 422, ['']],
    ['a body without required options', {}, 422, ['id', 'protocol']],
    ['an id that is not URL-safe', { ...keycloak, id: 'a/b' }, 422, ['id']],
    ['an id that is a path of the admin area', { ...keycloak, id: 'new' }, 422, ['id']],
    [
      'two problems',
      { ...keycloak, domains: ['an invalid domain'], oidc: { issuer: 'x' } },
      422,
      ['domains.0', 'oidc.issuer', 'oidc.clientID'],
    ],
    ['an unknown option', { ...keycloak, provisoning: true }, 422, ['provisoning']],
    [
      'an endlessly nested body',
      `{"id":"a","label":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_001)}`,
      422,
      [''],
    ],
    [
      'a password in a URL',
      { ...keycloak, oidc: { ...oidc, issuer: `https://app:${secret}@op.example` } },
      422,
      ['oidc.issuer'],
    ],
    [
      'a private key instead of a certificate',
      { id: 'a', protocol: 'saml', saml: { metadata, publicCert: privateKey, privateKey } },
      422,
      ['saml.publicCert'],
    ],
    [
      'a sign-in URL that is not https',
      { id: 'a', protocol: 'saml', saml: { ...source().saml, entryPoint: 'http://idp.example' } },
      422,
      ['saml.entryPoint'],
    ],
    ['attribute names', { ...keycloak, attributes: { email: 'mail' } }, 422, ['attributes']],
    [
      'an issuer that is not https',
      { ...keycloak, oidc: { ...oidc, issuer: 'http://op.example' } },
      422,
      ['oidc.issuer'],
    ],
    [
      'a private issuer',
      { ...keycloak, oidc: { ...oidc, issuer: 'https://10.0.0.1' } },
      422,
      ['oidc.issuer'],
    ],
    [
      'a metadata URL that is not https',
      { id: 'a', protocol: 'saml', saml: { metadataUrl: 'http://idp.example' } },
      422,
      ['saml.metadataUrl'],
    ],
    [
      'a private metadata URL',
      { id: 'a', protocol: 'saml', saml: { metadataUrl: 'https://192.168.1.1/' } },
      422,
      ['saml.metadataUrl'],
    ],
    [
      'invalid metadata and no id',
      { protocol: 'saml', saml: { metadata: '<a/>' } },
      422,
      ['saml.metadata', 'id'],
    ],
    ['a source in code', { ...keycloak, id: 'in-code' }, 409, []],
    ['no JSON', '{', 400, []],
    ['a body that is too large', { ...keycloak, label: 'x'.repeat(4_000_000) }, 413, []],
  ])('refuses %s', async (_name, body, status, options) => {
    const refused = await api('POST', '/sources', body)
    expect([refused.status, refused.type]).toEqual([status, 'application/problem+json; charset=utf-8'])
    expect(refused.body).toMatchObject({ status, title: expect.any(String), detail: expect.any(String) })
    if (options.length > 0) expect(optionsOf(refused)).toEqual(expect.arrayContaining(options))
    expect(refused.text).not.toContain(secret)
    expect((await api('GET', '/sources')).body.sources).toHaveLength(1)
  })

  it.each<
    [name: string, method: string, path: string, headers: Record<string, string | undefined>, status: number]
  >([
    ['no one is signed in', 'GET', '/sources', { Cookie: undefined }, 401],
    ['a member is signed in', 'GET', '/sources', { Cookie: 'who=member' }, 403],
    ['no one is signed in to add a source', 'POST', '/sources', { Cookie: undefined }, 401],
    ['the source does not exist', 'GET', '/sources/nope', {}, 404],
    ['the source to change does not exist', 'PATCH', '/sources/nope', { 'If-Match': '"1"' }, 404],
    ['the source to change does not exist, and no version is sent', 'PATCH', '/sources/nope', {}, 404],
    ['the path does not exist', 'GET', '/nope', {}, 404],
    ['the path is malformed', 'GET', '/sources/%E0%A4%A', {}, 400],
    ['the request comes from another site', 'POST', '/sources', { Origin: 'https://evil.example' }, 403],
    ['the request has no Origin', 'POST', '/sources', { Origin: undefined }, 403],
    [
      'Sec-Fetch-Site names another site',
      'DELETE',
      '/sources/in-code',
      { 'Sec-Fetch-Site': 'same-site' },
      403,
    ],
    ['the body is a form', 'POST', '/sources', { 'Content-Type': 'application/x-www-form-urlencoded' }, 415],
    ['the body has no media type', 'POST', '/sources', { 'Content-Type': undefined }, 415],
    [
      'a request without a body comes from another site',
      'DELETE',
      '/sources/in-code',
      { 'Content-Type': undefined, Origin: 'https://evil.example' },
      403,
    ],
    [
      'a merge patch is sent by POST',
      'POST',
      '/sources',
      { 'Content-Type': 'application/merge-patch+json' },
      415,
    ],
    ['the source is in code', 'PATCH', '/sources/in-code', { 'If-Match': '"1"' }, 409],
    ['the source is in code, and no version is sent', 'PATCH', '/sources/in-code', {}, 409],
    ['the source to delete is in code', 'DELETE', '/sources/in-code', {}, 409],
  ])('refuses if %s', async (_name, method, path, headers, status) => {
    const body = ['POST', 'PATCH'].includes(method) ? '{}' : undefined
    const refused = await api(method, path, body, headers)
    expect([refused.status, refused.type]).toEqual([status, 'application/problem+json; charset=utf-8'])
    expect((await api('GET', '/sources')).body.sources.map((one: any) => one.id)).toEqual(['in-code'])
  })
})

it('needs no media type for a request without a body', async () => {
  app = await adminApp()
  expect((await api('POST', '/sources', keycloak)).status).toBe(201)
  const bare = { 'Content-Type': undefined }
  expect((await api('POST', '/sources', undefined, bare)).status).toBe(422)
  expect((await api('DELETE', '/sources/keycloak', undefined, bare)).status).toBe(204)
})

it('refuses a new source if the app does not use mongoSources()', async () => {
  app = await adminApp({ database: false, code: [source()] })
  expect((await api('POST', '/sources', keycloak)).body).toMatchObject({ status: 409, code: 'no_database' })
})

it('shows what it can of a broken source, and no secret', async () => {
  app = await adminApp()
  await app.connection.collection<{ _id: string }>('jitSources').insertOne({
    ...{ _id: 'broken', version: 1, createdAt: new Date(), updatedAt: new Date() },
    ...{
      config: { id: 'broken', protocol: 'oidc', oidc: { issuer: 'x', clientsecret: secret } },
      secrets: {},
    },
  })
  const { body, text } = await api('GET', '/sources/broken')
  expect(body).toMatchObject({ id: 'broken', fieldMapping: [], problems: expect.any(Array) })
  expect(body.problems.length).toBeGreaterThan(0)
  expect(text).not.toContain(secret)
})

it.each([
  ['JSON', express.json()],
  ['forms', express.urlencoded({ extended: true })],
])('works if the app has already parsed %s', async (_name, parser) => {
  app = await adminApp({ before: [parser] })
  expect((await api('POST', '/sources', keycloak)).status).toBe(201)
})

it('reveals nothing of an internal error, and emits it to the app', async () => {
  app = await adminApp({ admin: { authorize: () => Promise.reject(new Error('session store: no route')) } })
  const told: Error[] = []
  app.jit.on('error', (error) => void told.push(error))
  const { status, type, text } = await api('GET', '/sources')
  expect([status, type]).toEqual([500, 'application/problem+json; charset=utf-8'])
  expect(text).not.toContain('session store')
  expect(told.map(({ message }) => message)).toEqual(['session store: no route'])
})
