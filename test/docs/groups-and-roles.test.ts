import type { Schema } from 'mongoose'
import type { SourceConfig } from '../../src'
import { Browser, type Page } from '../helpers/oidc-browser'
import { HostileProvider, type Json, makeKey } from '../helpers/oidc-hostile'
import { requestXml } from '../helpers/saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from '../helpers/saml-idp'
import { webApp, type WebApp } from '../helpers/web-app'
import { moduleOf } from './helpers/module'

const { withBoth, withGroups, withOneRole, withRoles } = moduleOf<
  Record<'withBoth' | 'withGroups' | 'withOneRole' | 'withRoles', Schema>
>('docs/groups-and-roles.md', 'groups.ts')

const idp = 'https://idp.example'
const entraAdmins = '2f1cbd0a-9c3e-4b71-8f53-0d6f1c9a7e42'
const provider = new HostileProvider()
let keys: Keys
let app: WebApp

beforeAll(async () => {
  keys = await createKeys('idp.example')
  provider.keys = [await makeKey()]
  await provider.start()
})
afterAll(() => provider.close())
afterEach(() => app.close())

/** An app with this model, and a source of each protocol. */
async function start(schema: Schema, rest: Partial<SourceConfig> = {}): Promise<void> {
  const on = { provisioning: true, syncing: true, ...rest }
  const oidc = { issuer: provider.issuer, clientID: 'app', clientSecret: 'the client secret of this test' }
  const saml = { entryPoint: `${idp}/sso`, idpIssuer: idp, idpCert: keys.cert }
  const sources: SourceConfig[] = [
    { id: 'okta', protocol: 'saml', saml, ...on },
    ...['entra', 'keycloak'].map((id): SourceConfig => ({ id, protocol: 'oidc', oidc, ...on })),
  ]
  app = await webApp({ sources: () => sources, schema: schema.clone() })
}

const person = { email: 'alice@corp.example', firstName: 'Alice', lastName: 'Adams' }

/** Signs in over SAML, with one AttributeValue per group; undefined omits the attribute. */
async function bySaml(groups: string[] | undefined): Promise<unknown> {
  const browser = new Browser()
  const login = await browser.request(`${app.origin}/sso/okta/login`)
  const id = /ID="([^"]+)"/.exec(requestXml(login.headers.get('location')!))![1]!
  const acs = `${app.origin}/sso/okta/callback`
  const attributes = [
    ...Object.entries(person).map(([name, value]) => attribute(name, value)),
    ...(groups ? [attribute('groups', ...groups)] : []),
  ]
  const xml = await responseXml({
    ...defaults,
    ...{ keys, sign: ['assertion'], issuer: idp, responseIssuer: idp, recipient: acs, destination: acs },
    ...{ audience: `${app.origin}/sso/okta/metadata`, inResponseTo: id, responseInResponseTo: id },
    attributes: attributes.join(''),
  })
  return stored(await browser.follow(acs, { SAMLResponse: Buffer.from(xml).toString('base64') }))
}

/** Signs in over OpenID Connect, with these claims in the ID token. */
async function byOidc(more: Json, source = 'entra'): Promise<unknown> {
  const names = { email: person.email, given_name: person.firstName, family_name: person.lastName }
  provider.bend = { claims: (claims) => ({ ...claims, ...names, ...more }) }
  return stored(await new Browser().follow(`${app.origin}/sso/${source}/login`))
}

/** The only user in the database after the sign-in. */
async function stored(page: Page): Promise<unknown> {
  expect(JSON.parse(page.text)).toMatchObject({ user: { email: person.email } })
  const users = await app.User.find().lean()
  expect(users).toHaveLength(1)
  return users[0]
}

describe('groups', () => {
  it('come from a SAML attribute with one or several values, and are removed when a person leaves them', async () => {
    await start(withGroups)
    expect(
      await bySaml(['App Admins', 'Staff & Co'].map((name) => name.replace('&', '&amp;'))),
    ).toMatchObject({
      groups: ['App Admins', 'Staff & Co'],
    })
    expect(await bySaml(['Staff'])).toMatchObject({ groups: ['Staff'] })
    expect(await bySaml([''])).toMatchObject({ groups: [] })
  })

  it('come from an OpenID Connect array claim, such as object IDs', async () => {
    await start(withGroups)
    expect(await byOidc({ groups: [entraAdmins, '00000000-0000-0000-0000-000000000001'] })).toMatchObject({
      groups: [entraAdmins, '00000000-0000-0000-0000-000000000001'],
    })
    expect(await byOidc({ groups: [] })).toMatchObject({ groups: [] })
  })

  it('can be paths', async () => {
    await start(withGroups)
    expect(await byOidc({ groups: ['/app/editors', '/app'] }, 'keycloak')).toMatchObject({
      groups: ['/app/editors', '/app'],
    })
  })

  it("are kept if the attribute is not sent, unless onAbsent is 'clear'", async () => {
    await start(withGroups)
    await bySaml(['Staff'])
    expect(await bySaml(undefined)).toMatchObject({ groups: ['Staff'] })
    await app.close()
    await start(withGroups, { onAbsent: 'clear' })
    await bySaml(['Staff'])
    expect(await bySaml(undefined)).toMatchObject({ groups: [] })
  })

  it("are kept if there are too many for the token, even if onAbsent is 'clear'", async () => {
    await start(withGroups, { onAbsent: 'clear' })
    await byOidc({ groups: [entraAdmins] })
    const notices: unknown[] = []
    app.jit.on('login', (result) => void notices.push(...result.notices))
    const overage = {
      _claim_names: { groups: 'src1' },
      _claim_sources: { src1: { endpoint: 'https://graph.example/users/1/getMemberObjects' } },
    }
    expect(await byOidc(overage)).toMatchObject({ groups: [entraAdmins] })
    expect(notices).toEqual([
      {
        code: 'invalid_value',
        path: 'groups',
        attribute: 'groups',
        message: 'Groups is not changed: “groups” was not sent: the provider only says where to fetch it.',
      },
    ])
    expect(await byOidc({})).toMatchObject({ groups: [] })
  })
})

describe('roles', () => {
  it('are derived from the groups of a source, and removed with them', async () => {
    await start(withRoles)
    expect(await bySaml(['App Admins', 'App Editors', 'Staff'])).toMatchObject({ roles: ['admin', 'editor'] })
    expect(await bySaml(['App Editors'])).toMatchObject({ roles: ['editor'] })
    expect(await bySaml(['Staff'])).toMatchObject({ roles: [] })
  })

  it('are not granted by a group with the same name at another source', async () => {
    await start(withRoles)
    expect(await byOidc({ groups: ['App Admins', '/app/editors', entraAdmins] })).toMatchObject({
      roles: ['admin'],
    })
    await app.close()
    await start(withRoles)
    const byPath = await byOidc({ groups: ['App Admins', '/app/editors', entraAdmins] }, 'keycloak')
    expect(byPath).toMatchObject({ roles: ['editor'] })
  })

  it('can be a single role: the highest one, or none', async () => {
    await start(withOneRole)
    expect(await bySaml(['App Editors', 'App Admins'])).toMatchObject({ role: 'admin' })
    expect(await bySaml(['App Editors'])).toMatchObject({ role: 'editor' })
    expect(await bySaml(['Staff'])).not.toHaveProperty('role')
  })

  it('can be derived from stored groups', async () => {
    await start(withBoth)
    await bySaml(['App Admins'])
    expect((await app.User.findOne()) as unknown).toMatchObject({ isAdmin: true })
    await bySaml(['Staff'])
    expect((await app.User.findOne()) as unknown).toMatchObject({ isAdmin: false })
  })
})
