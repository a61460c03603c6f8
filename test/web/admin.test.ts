import express from 'express'
import express4 from 'express4'
import { standardFields, type JitUserOptions } from '../../src'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { certificate, companyFields, companySchema, source } from '../helpers/company'
import { expectCostAtMost } from '../helpers/cpu'
import { createKeys } from '../helpers/saml-idp'

let app: AdminApp

afterEach(() => app?.close())

interface Page {
  status: number
  headers: Headers
  html: string
  /** The visible text. */
  text: string
  location: string | null
}

async function get(path: string, cookie = 'who=admin'): Promise<Page> {
  return pageOf(await fetch(`${app.admin}${path}`, { headers: { cookie }, redirect: 'manual' }))
}

async function post(path: string, form: Record<string, string | string[]>, headers = {}): Promise<Page> {
  const body = new URLSearchParams()
  for (const [name, values] of Object.entries(form))
    for (const value of [values].flat()) body.append(name, value)
  return pageOf(
    await fetch(`${app.admin}${path}`, {
      method: 'POST',
      body,
      headers: { cookie: 'who=admin', 'sec-fetch-site': 'same-origin', ...headers },
      redirect: 'manual',
    }),
  )
}

async function pageOf(response: Response): Promise<Page> {
  const html = await response.text()
  const text = html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
  const { status, headers } = response
  return { status, headers, html, text, location: headers.get('location') }
}

const secret = 'a-very-secret-secret'
const oidc = { issuer: 'http://127.0.0.1:9', clientID: 'app', clientSecret: secret }

/** The values that a browser posts from a form with only the connection filled in. */
const form = {
  protocol: 'oidc',
  id: 'keycloak',
  label: 'Keycloak <dev>',
  enabled: 'on',
  'oidc.issuer': oidc.issuer,
  'oidc.clientID': 'app',
  'oidc.clientSecret': secret,
  'identifier.email': '1',
  'fields.provision': 'all',
  'fields.sync': 'all',
  linking: 'verified',
  onAbsent: 'keep',
  onEmpty: 'clear',
}

const stored = async (id: string): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${app.admin}/api/sources/${id}`, { headers: { cookie: 'who=admin' } })
  return (await answer.json()) as Record<string, unknown>
}

const metadata = (cert: string): string =>
  `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.acme.example">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
      <X509Certificate>${cert.replace(/-----[^-]+-----|\s/g, '')}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.acme.example/sso"/>
  </IDPSSODescriptor></EntityDescriptor>`

it('requires authorize', async () => {
  app = await adminApp()
  expect(() => app.jit.adminRouter({} as never)).toThrow(/authorize/)
  expect(() => app.jit.adminRouter(undefined as never)).toThrow(/authorize/)
})

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('access, with %s', (_, framework) => {
  beforeEach(async () => {
    app = await adminApp({ framework, code: [source()] })
  })

  it('asks a signed-out person to sign in, and returns afterwards', async () => {
    const { status, html } = await get('/okta?product=okta', '')
    expect(status).toBe(401)
    expect(html).toContain(
      `href="${app.origin}/sso/?returnTo=${encodeURIComponent('/admin/sso/okta?product=okta')}"`,
    )
    expect(html).not.toContain('idp.example')
  })

  it.each(['/', '/new', '/okta', '/okta/edit', '/nope'])('keeps a member out of %s', async (path) => {
    expect((await get(path, 'who=member')).status).toBe(403)
  })

  it('serves styles and scripts to everyone, and pages under a strict policy', async () => {
    const [style, script, page] = await Promise.all([
      get('/assets/admin.css', ''),
      get('/assets/admin.js', ''),
      get('/okta'),
    ])
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
    expect([script.status, script.headers.get('content-type')]).toEqual([
      200,
      'text/javascript; charset=utf-8',
    ])
    const policy = page.headers.get('content-security-policy')
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/)
    expect(policy).toMatch(/form-action 'self'; frame-ancestors 'none'; base-uri 'none'$/)
    expect(page.html).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=/)
  })

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another origin', { 'sec-fetch-site': 'same-site' }],
  ])('refuses a form from %s', async (_name, headers) => {
    for (const path of ['/', '/okta', '/okta/delete', '/okta/test']) {
      expect((await post(path, form, headers)).status).toBe(403)
    }
  })

  it('answers an unknown source with 404', async () => {
    expect((await get('/nope')).status).toBe(404)
    expect((await get('/nope/edit')).status).toBe(404)
    expect((await post('/nope', form)).status).toBe(404)
    expect((await post('/nope/delete', {})).status).toBe(404)
  })

  it('shows a source in code as read-only', async () => {
    const page = await get('/okta')
    expect(page.text).toContain('read-only here')
    expect(page.html).not.toContain('/okta/edit')
    expect((await get('/okta/edit')).status).toBe(409)
    expect((await post('/okta', form)).status).toBe(409)
    expect((await post('/okta/delete', { confirm: 'okta' })).status).toBe(409)
  })
})

it('returns an error if authorize fails', async () => {
  app = await adminApp({ admin: { authorize: () => Promise.reject(new Error('no session store')) } })
  expect((await get('/')).status).toBe(500)
})

describe('the list', () => {
  it('explains sources if there are none', async () => {
    app = await adminApp()
    const { text, html } = await get('/')
    expect(text).toContain('An SSO source connects one identity provider')
    expect(html.match(/\/admin\/sso\/new"/g)).toHaveLength(1)
  })

  it('shows state, toggles, people and certificates of every source', async () => {
    const old = await createKeys('idp.example')
    app = await adminApp({
      code: [source({ saml: { entryPoint: 'https://i.example', idpIssuer: 'i', idpCert: old.cert } })],
    })
    await app.User.collection.insertOne({
      identities: [{ source: 'keycloak', issuer: 'i', subject: '1' }],
    })
    await post('/', { ...form, provisioning: 'on', label: 'شركة' })
    const { text, html } = await get('/')
    expect(text).toMatch(/okta SAML on Provisioning on Syncing on 0 people/)
    expect(text).toMatch(/شركة OIDC on Provisioning on Syncing off 1 person/)
    expect(text).toContain('no sign-ins yet')
    for (const part of ['#integration-details', '#field-mapping', '#test-sign-in', '/edit'])
      expect(html).toContain(`href="/admin/sso/keycloak${part}"`)
  })

  it('searches many sources without a script', async () => {
    const code = Array.from({ length: 500 }, (_, i) => source({ id: `s${i}`, label: `Company ${i}` }))
    app = await adminApp({ code })
    const all = await get('/')
    expect(all.html.match(/<h2>/g)).toHaveLength(100)
    const last = await get('/?page=5')
    expect(last.text).toMatch(/Company 499.*Previous Page 5 of 5/)
    expect(last.html).toContain('href="/admin/sso/?q=&amp;page=4"')
    expect((await get('/?page=99')).text).toContain('Page 5 of 5')
    const { html, text } = await get('/?q=COMPANY%20499')
    await expectCostAtMost(
      2,
      () => get('/'),
      () => get('/?q=COMPANY%20499'),
    )
    expect(html.match(/<h2>/g)).toHaveLength(1)
    expect(text).toContain('1 of 500 sources')
  })
})

describe('a source’s page', () => {
  it('shows the sections in the order of setup', async () => {
    app = await adminApp({ code: [source()] })
    const { html } = await get('/okta')
    const ids = [...html.matchAll(/<section\s+id="([^"]+)"/g)].map(([, id]) => id)
    expect(ids).toEqual([
      ...['integration-details', 'field-mapping', 'setup', 'test-sign-in', 'activity'],
      'disconnect',
    ])
    expect(html).toContain('Required fields')
    expect(html).toMatch(/data-copy="http:\/\/127\.0\.0\.1:\d+\/sso\/okta\/callback"/)
    expect(html).toMatch(/href="[^"]+\/sso\/okta\/metadata"/)
  })

  it('shows required fields only while provisioning is on', async () => {
    app = await adminApp({ code: [source({ provisioning: false })] })
    expect((await get('/okta')).html).not.toContain('Required fields')
  })

  it('shows every field of the mapping, standard and custom separately, with provisioning and syncing', async () => {
    app = await adminApp({ code: [source({ fields: { sync: ['title'] } })] })
    const { html } = await get('/okta')
    const mapping = html.slice(html.indexOf('id="mapping-table"'), html.indexOf('id="setup"'))
    const [standard = '', custom = ''] = mapping.split('Custom fields')
    expect(standard).toContain('data-copy="title"')
    expect(custom).toContain('data-copy="costCenter"')
    const rowOf = (attribute: string): string[] => {
      const row = mapping.split('<tr>').find((one) => one.includes(`data-copy="${attribute}"`)) ?? ''
      return [...row.matchAll(/class="dot[^"]*" data-label="(\w+)">[^]*?hidden">(yes|no)/g)].map(
        ([, name, yes]) => `${name} ${yes}`,
      )
    }
    expect(rowOf('title')).toEqual(['Required no', 'Identifier no', 'Provisioned yes', 'Synced yes'])
    expect(rowOf('email')).toEqual(['Required no', 'Identifier yes', 'Provisioned yes', 'Synced no'])
    expect(rowOf('firstName')).toEqual(['Required yes', 'Identifier no', 'Provisioned yes', 'Synced no'])
    expect(html).not.toContain('data-filter')
  })

  it('shows how a field refers to another user, and which sources decide on a field', async () => {
    app = await adminApp({
      code: [source(), source({ id: 'hr' })],
      fields: {
        schema: { ...companySchema, manager: 'ObjectId' },
        fields: { ...companyFields, manager: { ref: 'email' } },
      },
      options: { authority: { title: ['hr', 'okta'] } },
    })
    const { text } = await get('/okta')
    expect(text).toContain('the attribute name of Manager user, by E-mail')
    expect(text).toMatch(/Title decided by hr , then okta title/)
    expect(text.match(/decided by/g)).toHaveLength(1)
  })

  it('offers a filter for more than twenty fields', async () => {
    const names = Object.keys(standardFields)
    const fields = {
      schema: Object.fromEntries(names.map((name) => [name, String])),
      fields: Object.fromEntries(names.map((name) => [name, true])) as JitUserOptions['fields'],
    }
    app = await adminApp({ code: [source()], fields })
    expect((await get('/okta')).html).toContain('data-filter="mapping-table"')
  })

  it('shows a product’s steps with this source’s values', async () => {
    app = await adminApp({ code: [source()] })
    expect((await get('/okta')).html).not.toContain('class="steps"')
    const { html } = await get('/okta?product=okta')
    const steps = html.slice(html.indexOf('class="steps"'))
    expect(steps).toContain('/sso/okta/callback')
    expect(html).toContain('aria-current="true"')
  })

  it('shows what breaks a source, and still allows edits', async () => {
    app = await adminApp()
    await app.connection.collection<{ _id: string }>('jitSources').insertOne({
      ...{ _id: 'broken', version: 1, createdAt: new Date(), updatedAt: new Date() },
      ...{ config: { id: 'broken', protocol: 'oidc', oidc: { issuer: 'https://op.example' } }, secrets: {} },
    })
    const page = await get('/broken')
    expect(page.text).toContain('Client ID: Enter the client ID.')
    expect((await get('/')).text).toContain('broken')
    const edit = await get('/broken/edit')
    expect([edit.status, /id="f-oidc-clientID-error"/.test(edit.html)]).toEqual([200, true])
  })
})

describe('adding', () => {
  beforeEach(async () => {
    app = await adminApp({ fields: { schema: companyFieldsSchema, fields: companyFields } })
  })

  it('asks for the protocol first, then only for required options', async () => {
    expect((await get('/new')).html).not.toContain('<form')
    const saml = await get('/new?protocol=saml')
    expect([saml.html.includes('saml.entryPoint'), saml.html.includes('oidc.')]).toEqual([true, false])
    const other = await get('/new?protocol=oidc')
    expect([other.html.includes('oidc.issuer'), other.html.includes('saml.')]).toEqual([true, false])
  })

  it('adds an OpenID Connect source, and warns that its provider does not answer', async () => {
    const page = await post('/', {
      ...form,
      syncing: 'on',
      'identifier.email': '2',
      'identifier.employeeNumber': '1',
      'fields.sync': 'selected',
      sync: ['title', 'custom.level'],
      domains: 'acme.example\r\nacme.test',
    })
    expect(page.status).toBe(201)
    expect(page.text).toContain('could not be reached')
    expect(page.html).toContain('Keycloak &lt;dev&gt;')
    expect(await stored('keycloak')).toMatchObject({
      ...{ enabled: true, provisioning: false, syncing: true, linking: 'verified' },
      identifiers: ['employeeNumber', 'email'],
      fields: { provision: 'all', sync: ['title', 'custom.level'] },
      domains: ['acme.example', 'acme.test'],
      oidc: { hasClientSecret: true },
    })
  })

  it('shows every error next to its control and once at the top, and keeps what was typed', async () => {
    const { 'oidc.clientID': _left, ...rest } = form
    const page = await post('/', {
      ...{ ...rest, id: 'a b', label: 'Typed "label"', domains: 'no domain!', 'identifier.email': '0' },
    })
    expect(page.status).toBe(422)
    for (const name of ['id', 'oidc-clientID', 'domains', 'identifiers']) {
      expect(page.html).toContain(`href="#f-${name}"`)
      expect(page.html).toContain(`id="f-${name}-error"`)
      expect(page.html).toContain(`id="f-${name}"`)
    }
    expect(page.html).toContain('value="Typed &quot;label&quot;"')
    expect(page.html).toContain('value="a b"')
    expect(page.html).toContain('no domain!')
    expect(page.html).not.toContain(secret)
  })

  it('asks for a secret again, since it never sends one back, and shows no key entered in the wrong field', async () => {
    const page = await post('/', { ...form, id: 'a b' })
    expect(page.text).toContain('Client secret : enter it again')
    expect(page.html).not.toContain(secret)
    const key = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----`
    const keys = {
      protocol: 'saml',
      id: 'acme',
      'saml.privateKey': key,
      'saml.publicCert': certificate + key,
    }
    const saml = await post('/', { ...keys, label: 'Kept' })
    expect([saml.status, saml.html.includes('id="f-saml-publicCert-error"')]).toEqual([422, true])
    expect(saml.text).toContain('Private key for signed requests : enter it again')
    expect(saml.html).toContain('value="Kept"')
    expect(saml.html).not.toContain(secret)
    const read = await post('/', { ...keys, 'saml.metadata': metadata(certificate), action: 'read-metadata' })
    expect([read.status, read.text.includes('Private key for signed requests : enter it again')]).toEqual([
      200,
      true,
    ])
  })

  it('reports that an id is taken', async () => {
    await post('/', form)
    const page = await post('/', form)
    expect([page.status, page.html.includes('id="f-id-error"')]).toEqual([409, true])
  })

  it('fills in the form from metadata, with the expiry date of certificates, and saves nothing', async () => {
    const page = await post('/', {
      ...{ protocol: 'saml', id: 'acme', label: 'Acme', 'saml.metadata': metadata(certificate) },
      action: 'read-metadata',
    })
    expect(page.status).toBe(200)
    expect(page.html).toContain('value="https://idp.acme.example/sso"')
    expect(page.html).toContain('value="https://idp.acme.example"')
    expect(page.text).toContain('CN=idp.example , valid until 2056-01-01')
    expect(page.html).toContain('value="Acme"')
    expect((await get('/acme')).status).toBe(404)
  })

  describe('metadata of several identity providers', () => {
    const several = (...hosts: string[]): string => {
      const all = hosts.map((host) => metadata(certificate).replaceAll('idp.acme.example', host))
      return `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${all.join('')}</EntitiesDescriptor>`
    }
    const both = several('a.example', 'b.example')
    const typed = { protocol: 'saml', id: 'acme', label: 'Acme', 'saml.metadata': both }
    const choices = (html: string): string[] => {
      const [, select = ''] = /<select id="f-saml-idpIssuer"([^]*?)<\/select>/.exec(html) ?? []
      return [...select.matchAll(/<option value="([^"]*)"/g)].map(([, value]) => value!)
    }

    it.each(['read-metadata', 'save'])('offers a choice of entity IDs: %s', async (action) => {
      const page = await post('/', { ...typed, action })
      expect(page.status).toBe(422)
      expect(choices(page.html)).toEqual(['', 'https://a.example', 'https://b.example'])
      expect(page.html).toContain('id="f-saml-idpIssuer-error"')
      expect(page.html).toContain('b.example')
      expect((await get('/acme')).status).toBe(404)
    })

    it('fills in the chosen one, and saves it', async () => {
      const chosen = { ...typed, 'saml.idpIssuer': 'https://b.example' }
      const read = await post('/', { ...chosen, action: 'read-metadata' })
      expect([read.status, choices(read.html)]).toEqual([200, []])
      expect(read.html).toContain('value="https://b.example/sso"')
      const { 'oidc.issuer': _i, 'oidc.clientID': _c, 'oidc.clientSecret': _s, ...rest } = form
      expect((await post('/', { ...rest, ...chosen })).status).toBe(303)
      expect((await stored('acme')).saml).toMatchObject({
        idpIssuer: 'https://b.example',
        entryPoint: 'https://b.example/sso',
      })
    })

    it('reports an unreadable certificate, and uses the others', async () => {
      const broken =
        '<KeyDescriptor><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>bm9uZQ==</X509Certificate></X509Data></KeyInfo></KeyDescriptor>'
      const xml = metadata(certificate).replace('<KeyDescriptor', `${broken}$&`)
      const page = await post('/', { ...typed, 'saml.metadata': xml, action: 'read-metadata' })
      expect(page.status).toBe(200)
      expect(page.text).toContain('One signing certificate in the metadata can’t be read')
    })
  })

  it('reads metadata while saving', async () => {
    const { 'oidc.issuer': _i, 'oidc.clientID': _c, 'oidc.clientSecret': _s, ...rest } = form
    const page = await post('/', {
      ...{ ...rest, protocol: 'saml', id: 'acme', 'saml.metadata': metadata(certificate) },
    })
    expect([page.status, page.location]).toEqual([303, '/admin/sso/acme?saved=added'])
    expect((await get('/acme?saved=added')).text).toContain('Added.')
    expect((await stored('acme')).saml).toMatchObject({ idpIssuer: 'https://idp.acme.example' })
  })

  it.each([
    ['invalid metadata', { 'saml.metadata': '<html>' }, 'f-saml-metadata-error'],
    ['a URL that is not https', { 'saml.metadataUrl': 'http://idp.example/' }, 'f-saml-metadataUrl-error'],
    ['a private URL', { 'saml.metadataUrl': 'https://10.1.2.3/' }, 'f-saml-metadataUrl-error'],
    ['an empty metadata field', { action: 'read-metadata' }, 'f-saml-metadata-error'],
  ])('shows next to the control what is wrong with %s', async (_name, given, error) => {
    const page = await post('/', { protocol: 'saml', id: 'acme', ...given })
    expect(page.status).toBe(422)
    expect(page.html).toContain(`id="${error}"`)
    for (const value of Object.values(given).filter((one) => one.includes(':')))
      expect(page.html).toContain(`value="${value}"`)
  })
})

const companyFieldsSchema = {
  ...{ email: String, firstName: String, lastName: String, title: String, department: String },
  employeeNumber: String,
  custom: {
    ...{ costCenter: String, skills: [String], lucky: [Number], level: String, remote: Boolean },
    ...{ desk: Number, startDate: Date },
  },
}

describe('editing', () => {
  beforeEach(async () => {
    app = await adminApp()
    await post('/', form)
  })

  it('shows what is stored except the secret, and keeps the secret if its field is empty', async () => {
    const edit = await get('/keycloak/edit')
    expect(edit.html).toContain('value="Keycloak &lt;dev&gt;"')
    expect(edit.html).not.toContain(secret)
    expect(edit.text).toContain('A value is stored')
    const { enabled: _off, ...rest } = { ...form, version: '1', 'oidc.clientSecret': '', label: '' }
    expect((await post('/keycloak', rest)).status).toBe(200)
    expect(await stored('keycloak')).toMatchObject({
      ...{ version: 2, enabled: false, label: 'keycloak', oidc: { hasClientSecret: true } },
    })
  })

  it('removes a secret only on request', async () => {
    await post('/keycloak', {
      ...form,
      version: '1',
      'oidc.clientSecret': '',
      'oidc.clientSecret.remove': 'on',
    })
    expect((await stored('keycloak')).oidc).not.toHaveProperty('hasClientSecret')
  })

  it('keeps what was entered in a stale form, and shows what is stored now', async () => {
    await post('/keycloak', { ...form, version: '1', label: 'Hers', provisioning: 'on' })
    const page = await post('/keycloak', { ...form, version: '1', label: 'Mine' })
    expect(page.status).toBe(409)
    expect(page.text).toMatch(/Label Hers Mine/)
    expect(page.text).toMatch(/Enable JIT provisioning on off/)
    expect(page.html).toContain('value="Mine"')
    expect(page.html).toContain('name="version" value="2"')
    expect(page.html).not.toContain(secret)
    expect((await stored('keycloak')).label).toBe('Hers')
  })

  it('keeps options that the form does not show', async () => {
    const headers = { cookie: 'who=admin', origin: app.origin, 'content-type': 'application/json' }
    const body = JSON.stringify({ version: 1, oidc: { maxAge: 60 } })
    await fetch(`${app.admin}/api/sources/keycloak`, { method: 'PATCH', headers, body })
    await post('/keycloak', { ...form, version: '2', label: 'New' })
    expect(await stored('keycloak')).toMatchObject({ label: 'New', oidc: { maxAge: 60 } })
  })
})

describe('deleting', () => {
  beforeEach(async () => {
    app = await adminApp()
    await app.User.collection.insertMany([
      { identities: [{ source: 'keycloak', issuer: 'i', subject: '1' }] },
      { identities: [{ source: 'keycloak', issuer: 'i', subject: '2' }] },
    ])
    await post('/', form)
  })

  it.each(['', 'Keycloak', 'other'])('does not accept %j as the id', async (confirm) => {
    const page = await post('/keycloak/delete', { confirm })
    expect([page.status, page.html.includes('id="confirm-error"')]).toEqual([422, true])
    expect(page.text).toContain('2 people')
    expect((await get('/keycloak')).status).toBe(200)
  })

  it('deletes after the id is typed', async () => {
    const page = await post('/keycloak/delete', { confirm: 'keycloak' })
    expect([page.status, page.location]).toEqual([303, '/admin/sso/?deleted=keycloak'])
    expect((await get('/keycloak')).status).toBe(404)
  })
})

it('renders its pages in the app’s own layout', async () => {
  const layout = ({ title, body, stylesheet, script }: Record<string, unknown>): string =>
    `<title>App: ${title}</title><link rel=stylesheet href="${stylesheet}"><script src="${script}"></script>${body}`
  app = await adminApp({ code: [source()], admin: { layout: layout as never } })
  const { html } = await get('/')
  expect(html).toMatch(
    /^<title>App: SSO sources<\/title><link rel=stylesheet href="\/admin\/sso\/assets\/admin.css">/,
  )
  expect(html).toContain('Add source')
})
