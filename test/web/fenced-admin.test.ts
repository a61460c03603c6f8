import type { AdminRouterOptions, SourceConfig } from '../../src'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { companyFields, companySchema, source } from '../helpers/company'

/** Admins of one organization, for whom `authorize` answers `{ organization }`. */

let area: AdminApp
afterEach(() => area.close())

/** The cookie `who` names the admin: `acme` is fenced, `admin` is not. */
const authorize: AdminRouterOptions['authorize'] = (req) => {
  const { who } = req.user as unknown as { who: string }
  return who === 'admin' ? true : Promise.resolve({ organization: who })
}

const code = [
  source({ id: 'acme-code', organization: 'acme' }),
  source({ id: 'globex-code', organization: 'globex' }),
  source({ id: 'team-code' }),
]

interface Answer {
  status: number
  headers: Record<string, string>
  text: string
}

async function send(path: string, init: RequestInit = {}, who = 'acme'): Promise<Answer> {
  const headers = { Cookie: `who=${who}`, Origin: area.origin, ...(init.headers as object) }
  const response = await fetch(area.admin + path, { redirect: 'manual', ...init, headers })
  const all = Object.entries(Object.fromEntries(response.headers)).filter(([name]) => name !== 'date')
  return { status: response.status, headers: Object.fromEntries(all), text: await response.text() }
}

const json = (body: unknown): RequestInit => ({
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
})

const form = (values: Record<string, string>): RequestInit => ({ body: new URLSearchParams(values) })

type Json = Record<string, unknown>

async function api(method: string, path: string, body?: unknown, who?: string): Promise<[number, Json]> {
  const { status, text } = await send(`/api/sources${path}`, { method, ...json(body) }, who)
  return [status, text === '' ? {} : (JSON.parse(text) as Json)]
}

const wrong = (body: Json): string[] => (body['errors'] as { option: string }[]).map(({ option }) => option)

const { saml } = source() as { saml: SourceConfig['saml'] }
const fresh = { label: 'Äcme & Söhne', protocol: 'saml', saml }

/** Adds a source as the team. */
async function add(config: Partial<SourceConfig>): Promise<void> {
  const [status, body] = await api('POST', '', { protocol: 'saml', saml, ...config }, 'admin')
  expect([status, body['errors']]).toEqual([201, undefined])
}

type Route = { method: string; path: string }
interface Layer {
  route?: { path: string; methods: Record<string, boolean> }
  handle: { stack?: Layer[] }
  slash: boolean
  match(path: string): boolean
}

/** Every route of a router and of the routers within it, which are mounted at `/` or `/api`. */
function routesOf(router: { stack?: Layer[] }, prefix = ''): Route[] {
  return (router.stack ?? []).flatMap((layer) => {
    const { route, handle, slash } = layer
    if (route) {
      const methods = Object.keys(route.methods)
      return methods.map((method) => ({ method: method.toUpperCase(), path: prefix + route.path }))
    }
    if (!handle.stack) return []
    expect(slash || layer.match('/api/sources')).toBeTruthy()
    return routesOf(handle, prefix + (slash ? '' : '/api'))
  })
}

const allRoutes = (): Route[] => routesOf(area.jit.adminRouter({ authorize }) as unknown as Layer['handle'])

describe('the organization of an admin', () => {
  it('is compared in the form that the user model stores', async () => {
    const organizationId = { type: String, lowercase: true }
    const schema = { ...companySchema, organizationId }
    const fields = { schema, fields: companyFields, organization: 'organizationId' }
    area = await adminApp({ code: [], admin: { authorize }, fields })
    await add({ id: 'acme-saml', organization: 'Acme' })
    const [status, body] = await api('POST', '', fresh, 'ACME')
    expect([status, body['organization'] ?? (body['config'] as Json)['organization']]).toEqual([201, 'acme'])
    const [, { sources }] = await api('GET', '', undefined, 'ACME')
    expect(sources).toHaveLength(2)
    expect((await api('GET', '', undefined, 'other'))[1]).toMatchObject({ sources: [] })
  })
})

describe('a request for a source of another organization', () => {
  beforeEach(async () => {
    area = await adminApp({ code, admin: { authorize } })
    await add({ id: 'acme-saml', organization: 'acme' })
    await add({ id: 'globex-saml', organization: 'globex', label: 'Globex' })
    await add({ id: 'team-saml', label: 'Team' })
  })

  const others = ['globex-saml', 'globex-code', 'team-saml', 'team-code']

  it('gets the answer for a source that does not exist, on every route', async () => {
    const stored = (): Promise<unknown[]> => area.connection.collection('jitSources').find().toArray()
    const before = await stored()
    const routes = allRoutes().filter(({ path }) => path.includes(':id'))
    expect(routes.length).toBeGreaterThan(8)
    for (const { method, path } of routes) {
      for (const init of bodies(method, path)) {
        const ask = (id: string): Promise<Answer> => send(path.replace(':id', id), { method, ...init(id) })
        const missing = await ask('missing')
        expect([path, missing.status]).toEqual([path, 404])
        for (const id of others)
          expect([method, path, id, await ask(id)]).toEqual([method, path, id, missing])
      }
    }
    expect(await stored()).toEqual(before)
  })

  /** Requests that would succeed at a source of one's own. */
  function bodies(method: string, path: string): ((id: string) => RequestInit)[] {
    if (method === 'GET') return [() => ({})]
    if (!path.startsWith('/api')) {
      return [
        () => form({}),
        (id) => form({ protocol: 'saml', version: '1', label: 'Mine', confirm: id, domain: 'acme.example' }),
        () => form({ protocol: 'saml', action: 'read-metadata', 'saml.metadata': '<x/>' }),
      ]
    }
    return [() => json({ version: 1, label: 'Mine' }), () => json({ label: 'Mine' }), () => json([])]
  }
})

describe('an admin of an organization', () => {
  beforeEach(async () => {
    area = await adminApp({ code, admin: { authorize } })
    await add({ id: 'acme-saml', organization: 'acme', label: 'Acme', linking: 'never', set: { title: 'x' } })
  })

  it('sees and counts only the organization’s sources', async () => {
    const pages = ['/', '/?q=a', '/new', '/new?protocol=saml', '/acme-saml', '/acme-code', '/acme-saml/edit']
    const paths = [...pages, '/api/sources', '/api/sources/acme-saml', '/api/sources/acme-code']
    const answers = (): Promise<Answer[]> => Promise.all(paths.map((path) => send(path)))
    const before = await answers()
    expect(before.map(({ status }) => status)).toEqual(paths.map(() => 200))
    await add({ id: 'globex-saml', organization: 'globex' })
    await add({ id: 'team-saml' })
    expect(await answers()).toEqual(before)
    const { sources } = JSON.parse(before[7]!.text) as { sources: { id: string }[] }
    expect(sources.map(({ id }) => id)).toEqual(['acme-code', 'acme-saml'])
    expect(before.map(({ text }) => text).join()).not.toMatch(/globex|team-/)
  })

  it('changes, tests and deletes the organization’s own source', async () => {
    const [read, own] = await api('GET', '/acme-saml')
    const [patched, after] = await api('PATCH', '/acme-saml', { ...own, label: 'New' })
    expect([read, patched, after['label'], after['version']]).toEqual([200, 200, 'New', 2])
    const test = await send('/acme-saml/test', { method: 'POST' })
    expect([test.status, test.headers['refresh']]).toEqual([
      200,
      expect.stringContaining('https://idp.example/sso'),
    ])
    expect((await api('DELETE', '/acme-saml?confirm=acme-saml'))[0]).toBe(204)
  })

  it('adds a source to the organization, under an id with a random ending', async () => {
    const made = [await api('POST', '', fresh), await api('POST', '', fresh)]
    const ids = made.map(([, { id }]) => String(id))
    expect(made.map(([status, { organization }]) => [status, organization])).toEqual([
      [201, 'acme'],
      [201, 'acme'],
    ])
    for (const id of ids) expect(id).toMatch(/^acme-sohne-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(2)
    const values = {
      protocol: 'saml',
      label: '',
      'identifier.email': '1',
      'saml.entryPoint': saml!.entryPoint,
      'saml.idpIssuer': 'x',
    }
    const added = await send('/', {
      method: 'POST',
      ...form({ ...values, 'saml.idpCert': String(saml!.idpCert) }),
    })
    expect(added.status).toBe(303)
    expect(added.headers['location']).toMatch(/^\/admin\/sso\/source-[0-9a-f]{12}\?saved=added$/)
  })

  const team: [option: string, value: Json][] = [
    ['organization', { organization: 'globex' }],
    ['id', { id: 'mine' }],
    ['linking', { linking: 'trusted' }],
    ['set', { set: { title: 'Boss' } }],
    ['saml.ca', { saml: { ca: saml!.idpCert } }],
    ['saml.allowSha1', { saml: { allowSha1: true } }],
    ['saml.allowIdpInitiated', { saml: { allowIdpInitiated: true } }],
  ]

  it.each(team)('can’t set %s', async (option, value) => {
    const nested = { ...fresh, ...value, saml: { ...saml, ...(value['saml'] as object) } }
    const [status, body] = await api('POST', '', nested)
    expect([status, wrong(body)]).toEqual([422, [option]])
    const [patched, refused] = await api('PATCH', '/acme-saml', { version: 1, ...value })
    expect([patched, wrong(refused)]).toEqual([422, [option]])
  })

  it('can’t set oidc.ca and oidc.allowPrivateAddresses', async () => {
    const oidc = {
      issuer: 'http://127.0.0.1:9',
      clientID: 'app',
      allowPrivateAddresses: true,
      ca: saml!.idpCert,
    }
    const [status, body] = await api('POST', '', { protocol: 'oidc', oidc })
    expect([status, wrong(body)]).toEqual([422, ['oidc.allowPrivateAddresses', 'oidc.ca']])
  })

  it('gets a form without the team’s options, and can’t post them', async () => {
    const page = (await send('/acme-saml/edit')).text
    for (const [option] of team) expect(page).not.toContain(`name="${option}"`)
    expect(page).toContain('set by the team that runs this app')
    expect((await send('/new?protocol=saml')).text).not.toContain('name="id"')
    const values = { protocol: 'saml', version: '1', label: 'Acme', 'identifier.email': '1' }
    const connection = { 'saml.entryPoint': saml!.entryPoint, 'saml.idpIssuer': saml!.idpIssuer }
    const typed = { ...values, ...connection, 'saml.idpCert': String(saml!.idpCert) }
    const post = (more: object): Promise<Answer> =>
      send('/acme-saml', { method: 'POST', ...form({ ...typed, ...more }) })
    for (const more of [{ organization: 'globex' }, { linking: 'trusted' }, { 'saml.allowSha1': 'on' }]) {
      expect((await post(more)).status).toBe(422)
    }
    expect((await post({ label: 'Other' })).status).toBe(303)
    const [, after] = await api('GET', '/acme-saml')
    const kept = { label: 'Other', linking: 'never', organization: 'acme', set: { title: 'x' } }
    expect(after).toMatchObject(kept)
    expect(after).not.toHaveProperty('delegated')
  })
})

describe('the domains of an organization’s admin', () => {
  const signIn = async (id: string, email = 'ann@acme.example'): Promise<[string, string?]> => {
    const assertion = {
      issuer: 'https://idp.example',
      subject: email,
      attributes: { email, firstName: 'Ann', lastName: 'Lee' },
    }
    const { outcome, refusal } = await area.jit.preview(id, { ...assertion, emailVerified: true })
    return refusal ? [outcome, refusal.code] : [outcome]
  }

  it('have no effect until the team accepts them', async () => {
    area = await adminApp({ admin: { authorize } })
    const [, added] = await api('POST', '', { ...fresh, provisioning: true, domains: ['acme.example'] })
    const id = String(added['id'])
    expect(added).toMatchObject({
      domains: ['acme.example'],
      unprovenDomains: ['acme.example'],
      delegated: true,
    })
    expect(await signIn(id)).toEqual(['refused', 'domain_refused'])
    expect((await send(`/${id}`)).text).toContain('has no effect until')
    const accept = (domain: string, who?: string): Promise<Answer> =>
      send(`/${id}/domains`, { method: 'POST', ...form({ domain }) }, who)
    expect((await accept('acme.example')).status).toBe(404)
    expect((await accept('other.example', 'admin')).status).toBe(303)
    expect(await signIn(id)).toEqual(['refused', 'domain_refused'])
    expect((await send(`/${id}`, {}, 'admin')).text).toContain('Accept this domain')
    expect((await accept('acme.example', 'admin')).status).toBe(303)
    expect(await signIn(id)).toEqual(['provisioned'])
    expect(await signIn(id, 'bo@globex.example')).toEqual(['refused', 'domain_refused'])
  })

  it('are required before anyone new can sign in', async () => {
    area = await adminApp({ admin: { authorize } })
    const [, { id }] = await api('POST', '', { ...fresh, provisioning: true })
    expect(await signIn(String(id))).toEqual(['refused', 'domain_refused'])
    const at = { linkedAt: new Date(), lastLoginAt: new Date() }
    const identities = [{ source: id, issuer: 'https://idp.example', subject: 'ann@acme.example', ...at }]
    await area.User.create({ email: 'ann@acme.example', identities })
    expect(await signIn(String(id))).toEqual(['unchanged'])
    await area.User.updateOne({}, { email: 'other@acme.example' })
    expect(await signIn(String(id))).toEqual(['refused', 'domain_refused'])
    expect((await (await fetch(`${area.origin}/sso/`)).text()).includes('Äcme')).toBe(false)
    await area.User.deleteMany({})
    const [status] = await api('PATCH', `/${String(id)}`, { version: 1, domains: ['ACME.example'] }, 'admin')
    expect(status).toBe(200)
    expect(await signIn(String(id))).toEqual(['provisioned'])
    expect((await (await fetch(`${area.origin}/sso/`)).text()).includes('Äcme')).toBe(true)
  })

  it('can’t extend the domains that the team listed', async () => {
    area = await adminApp({ admin: { authorize } })
    await add({ id: 'acme', organization: 'acme', provisioning: true, domains: ['acme.example'] })
    const [status] = await api('PATCH', '/acme', { version: 1, domains: ['acme.example', 'globex.example'] })
    expect(status).toBe(200)
    expect(await signIn('acme')).toEqual(['provisioned'])
    expect(await signIn('acme', 'bo@globex.example')).toEqual(['refused', 'domain_refused'])
    // The team sends back what it read.
    const [, read] = await api('GET', '/acme', undefined, 'admin')
    expect((await api('PATCH', '/acme', { ...read, label: 'x' }, 'admin'))[0]).toBe(200)
    expect(await signIn('acme', 'bo@globex.example')).toEqual(['refused', 'domain_refused'])
    expect((await api('PATCH', '/acme', { version: 3, domains: [] }))[0]).toBe(200)
    expect(await signIn('acme')).toEqual(['refused', 'domain_refused'])
  })

  it('are cleared if that admin changes the connection', async () => {
    area = await adminApp({ admin: { authorize } })
    await add({ id: 'acme', organization: 'acme', provisioning: true })
    expect((await api('PATCH', '/acme', { version: 1, label: 'x' }))[0]).toBe(200)
    expect(await signIn('acme')).toEqual(['provisioned'])
    const moved = { version: 2, saml: { entryPoint: 'https://other.example/sso' } }
    expect((await api('PATCH', '/acme', moved))[0]).toBe(200)
    expect(await signIn('acme')).toEqual(['refused', 'domain_refused'])
  })
})

describe('the provider of an organization’s admin', () => {
  const baseUrl = 'https://app.example/sso'
  const origin = { Origin: 'https://app.example' }
  const attempt = async (
    method: string,
    path: string,
    body: Json,
    who = 'acme',
  ): Promise<[number, string[]]> => {
    const init = { method, headers: { ...json({}).headers, ...origin }, body: JSON.stringify(body) }
    const { status, text } = await send(`/api/sources${path}`, init, who)
    return [status, status === 422 ? wrong(JSON.parse(text) as Json) : []]
  }

  it('must have public addresses, or loopback ones if the app itself is on loopback', async () => {
    area = await adminApp({ admin: { authorize }, options: { baseUrl } })
    const oidc = { issuer: 'http://127.0.0.1:9', clientID: 'app' }
    const local = { protocol: 'oidc', oidc }
    expect(await attempt('POST', '', local)).toEqual([422, ['oidc.issuer']])
    const entryPoint = 'https://10.0.0.7/sso'
    expect(await attempt('POST', '', { ...fresh, saml: { ...saml, entryPoint } })).toEqual([
      422,
      ['saml.entryPoint'],
    ])
    expect(await attempt('POST', '', { ...local, id: 'dev' }, 'admin')).toEqual([201, []])
    await area.close()
    area = await adminApp({ admin: { authorize } })
    expect((await api('POST', '', local))[0]).toBe(201)
  })

  it('can’t be changed if the team lets the source call private addresses', async () => {
    area = await adminApp({ admin: { authorize }, options: { baseUrl } })
    const oidc = { issuer: 'https://127.0.0.1:9', clientID: 'app', allowPrivateAddresses: true }
    const config = { id: 'acme', organization: 'acme', protocol: 'oidc', oidc }
    expect(await attempt('POST', '', config, 'admin')).toEqual([201, []])
    expect(await attempt('PATCH', '/acme', { version: 1, label: 'x' })).toEqual([200, []])
    const tokenURL = 'https://login.example/token'
    expect(await attempt('PATCH', '/acme', { version: 2, oidc: { tokenURL } })).toEqual([
      422,
      ['oidc.tokenURL'],
    ])
  })
})

describe('the activity', () => {
  const refused = async (id: string): Promise<string> => {
    const attempt = area.jit.login(id, { issuer: 'https://idp.example', subject: id, attributes: {} })
    return attempt.then(String, (error: { reference: string }) => error.reference)
  }

  it('of another organization can’t be found by its reference', async () => {
    area = await adminApp({ code, admin: { authorize } })
    const [own, other] = [await refused('acme-code'), await refused('globex-code')]
    const search = async (reference: string): Promise<string> =>
      (await send(`/acme-code?reference=${reference}`)).text.replaceAll(reference, 'REF')
    expect(await search(own)).toContain('at the source')
    expect(await search(other)).toBe(await search('0123456789'))
  })

  it('of a source doesn’t name another organization’s source that decides a field', async () => {
    const authority = { title: ['globex-code', 'acme-code'], department: ['globex-code'] }
    area = await adminApp({ code, admin: { authorize }, options: { authority } })
    const [, { fieldMapping }] = await api('GET', '/acme-code')
    const rows = fieldMapping as { path: string; authority?: string[] }[]
    expect(rows.flatMap(({ path, authority: ids }) => (ids ? [[path, ids]] : []))).toEqual([
      ['title', ['acme-code']],
    ])
  })
})

describe('authorize', () => {
  class User {
    organization = 'acme'
  }
  it.each<[name: string, answer: unknown, status: number]>([
    ['true', true, 200],
    ['a promise of an organization', Promise.resolve({ organization: 'acme' }), 200],
    ['a user', { id: '1', isAdmin: true }, 403],
    ['a user’s document with an organization', new User(), 403],
    ['an empty object', {}, 403],
    ['an empty organization', { organization: '' }, 403],
    ['a blank organization', { organization: ' ' }, 403],
    ['an organization that is not text', { organization: 42 }, 403],
    ['a list', ['acme'], 403],
    ['a function', () => true, 403],
    ['a promise of a user', Promise.resolve({ id: '1' }), 403],
    ['false', false, 403],
  ])('answering %s', async (_name, answer, status) => {
    area = await adminApp({ admin: { authorize: () => answer } })
    expect((await send('/')).status).toBe(status)
    expect((await send('/api/sources')).status).toBe(status)
  })

  it('answers 403 to an object even if no one is signed in', async () => {
    area = await adminApp({ admin: { authorize: () => ({}) } })
    expect((await fetch(`${area.admin}/`)).status).toBe(403)
  })

  it('still refuses a fenced admin’s changes from another site', async () => {
    area = await adminApp({ admin: { authorize } })
    const { headers, ...init } = json(fresh)
    const elsewhere = { ...init, method: 'POST', headers: { ...headers, Origin: 'https://evil.example' } }
    expect((await send('/api/sources', elsewhere)).status).toBe(403)
  })
})
