import { Schema } from 'mongoose'
import { makeCatalog } from '../../src/fields/catalog'
import { standardFields } from '../../src/fields/standard'
import type { OidcOptions, SamlOptions, SourceConfig } from '../../src/sources/config'
import { describeSource } from '../../src/sources/describe-source'
import { validateSource } from '../../src/sources/validate'
import { setupGuide, setupProducts } from '../../src/web/admin/setup-guides/products'
import type { SetupStep } from '../../src/web/admin/setup-guides/guide'
import { certificate } from '../helpers/company'

const baseUrl = 'https://app.example/sso'
const ACS = `${baseUrl}/acme/callback`
const ENTITY_ID = `${baseUrl}/acme/metadata`
const LOGIN = `${baseUrl}/acme/login`
const LOGOUT = `${baseUrl}/acme/logout`
const SECRET = '-----BEGIN PRIVATE KEY-----hunter2'

const names = Object.keys(standardFields)
const schema = new Schema({
  ...Object.fromEntries(names.map((name) => [name, String])),
  work: { mail: String },
  custom: { skills: [String] },
})
const catalogue = (fields: object): ReturnType<typeof makeCatalog> => makeCatalog(schema, { fields } as never)
const allFields = catalogue({
  ...Object.fromEntries(names.map((name) => [name, true])),
  'custom.skills': { label: 'Skills' },
})

function guide(product: string, config: Omit<SourceConfig, 'id'>, fields = allFields): SetupStep[] {
  const { source, problems } = validateSource({ id: 'acme', label: 'Acme', ...config }, fields, baseUrl)
  if (!source) throw new Error(JSON.stringify(problems))
  const guide = setupProducts.find(({ id }) => id === product)!
  return setupGuide(guide, describeSource(source, { fields, baseUrl }), source)
}

const samlConfig = (
  saml: Partial<SamlOptions> = {},
  rest: Partial<SourceConfig> = {},
): Omit<SourceConfig, 'id'> => ({
  protocol: 'saml',
  saml: {
    entryPoint: 'https://idp.example/sso',
    idpIssuer: 'https://idp.example',
    idpCert: certificate,
    ...saml,
  },
  ...rest,
})
const oidcConfig = (
  oidc: Partial<OidcOptions> = {},
  rest: Partial<SourceConfig> = {},
): Omit<SourceConfig, 'id'> => ({
  protocol: 'oidc',
  oidc: { issuer: 'https://op.example', clientID: 'app-1', clientSecret: SECRET, ...oidc },
  ...rest,
})

/** The values of a guide, by name. */
function valuesOf(steps: SetupStep[]): Record<string, string> {
  return Object.fromEntries(
    steps.flatMap(({ values }) => values.map(({ name, value }) => [name, value] as const)),
  )
}

const products = setupProducts.map(({ id }) => id)

describe.each(products)('the guide for %s', (product) => {
  it.each([
    ['SAML', samlConfig({}, { provisioning: true })],
    ['OpenID Connect', oidcConfig({}, { provisioning: true })],
  ])('is plain text without placeholders, and each name has one value in its step: %s', (_title, config) => {
    const steps = guide(product, config)
    expect(steps.length).toBeGreaterThan(2)
    for (const { title, text, values } of steps) {
      expect(title).toMatch(/^[A-Z][^<>]*[^.]$/)
      expect(text).toMatch(/^[A-Z].*\.$/)
      expect(text).not.toMatch(/<|&\w+;|undefined|\[object|\s\s/)
      for (const { name, value } of values) {
        expect(name).toMatch(/\S/)
        expect(value).toMatch(/^\S(.*\S)?$/)
        expect(`${name}${value}`).not.toMatch(/undefined|\[object/)
      }
      expect(new Set(values.map(({ name }) => name)).size).toBe(values.length)
    }
    expect(new Set(steps.map(({ title }) => title)).size).toBe(steps.length)
  })

  it('names the ACS URL, the entity ID and each attribute of a SAML source', () => {
    const values = guide(product, samlConfig()).flatMap((step) => step.values.map(({ value }) => value))
    expect(values).toEqual(expect.arrayContaining([ACS, ENTITY_ID, ...names, 'skills']))
  })

  it('names the redirect URI of an OpenID Connect source', () => {
    expect(Object.values(valuesOf(guide(product, oidcConfig())))).toContain(ACS)
  })

  it('says which attributes to send', () => {
    const text = (config: Omit<SourceConfig, 'id'>): string =>
      guide(product, config)
        .map((step) => step.text)
        .join(' ')
    const identifiers = { identifiers: ['email', 'username'] }
    const off = text(samlConfig({}, identifiers))
    expect(off).toContain('at least one login identifier: "email" or "username".')
    expect(off).not.toContain('no new person')
    expect(text(samlConfig({}, { ...identifiers, provisioning: true }))).toContain(
      'Without "firstName" and "lastName" no new person gets an account.',
    )
  })

  it('uses this source’s own attribute names', () => {
    const values = valuesOf(guide(product, samlConfig({}, { attributes: { email: 'urn:oid:0.9' } })))
    const entered = Object.keys(values).find((name) => name.startsWith('E-mail: '))
    expect(values[entered!]).toBe('urn:oid:0.9')
  })

  it('holds no secret', () => {
    const keys = {
      privateKey: SECRET,
      publicCert: certificate,
      decryptionPvk: SECRET,
      decryptionCert: certificate,
    }
    const guides = [guide(product, samlConfig(keys)), guide(product, oidcConfig())]
    expect(JSON.stringify(guides)).not.toContain('hunter2')
  })
})

describe('the wording of each product for SAML', () => {
  it.each<[string, Record<string, string>]>([
    [
      'okta',
      {
        'Single sign-on URL': ACS,
        'Audience URI (SP Entity ID)': ENTITY_ID,
        'Name ID format': 'Persistent',
        'Application username': 'user.getInternalProperty("id")',
        'First name: Name': 'firstName',
        'First name: Value': 'user.firstName',
        'Skills: Name': 'skills',
      },
    ],
    [
      'entra',
      {
        'Identifier (Entity ID)': ENTITY_ID,
        'Reply URL (Assertion Consumer Service URL)': ACS,
        'Sign on URL': LOGIN,
        'First name: Name': 'firstName',
        'First name: Source attribute': 'user.givenname',
      },
    ],
    [
      'google',
      {
        'ACS URL': ACS,
        'Entity ID': ENTITY_ID,
        'Start URL (optional)': LOGIN,
        'First name: App attributes': 'firstName',
        'First name: Google Directory attributes': 'First name',
      },
    ],
    [
      'keycloak',
      {
        'Client ID': ENTITY_ID,
        'Valid redirect URIs': ACS,
        'Master SAML Processing URL': ACS,
        'First name: SAML Attribute Name': 'firstName',
        'First name: User Attribute': 'firstName',
      },
    ],
    [
      'adfs',
      {
        'Federation metadata address': ENTITY_ID,
        'Relying party SAML 2.0 SSO service URL': ACS,
        'Relying party trust identifier': ENTITY_ID,
        'First name: Outgoing Claim Type': 'firstName',
        'First name: LDAP Attribute': 'Given-Name',
        'Name ID: Outgoing Claim Type': 'Name ID',
      },
    ],
    [
      'onelogin',
      {
        'Audience (EntityID)': ENTITY_ID,
        'ACS (Consumer) URL': ACS,
        'NameID value': 'UUID',
        'ACS (Consumer) URL Validator': '^https:\\/\\/app\\.example\\/sso\\/acme\\/callback$',
        'First name: Field name': 'firstName',
        'First name: Value': 'First Name',
      },
    ],
    ['generic', { 'ACS URL (HTTP-POST)': ACS, 'Entity ID': ENTITY_ID, 'Metadata URL': ENTITY_ID }],
  ])('%s', (product, expected) => {
    expect(valuesOf(guide(product, samlConfig()))).toMatchObject(expected)
  })

  it('suggests no value for a custom field', () => {
    const values = valuesOf(guide('okta', samlConfig()))
    expect(Object.keys(values).filter((name) => name.startsWith('Skills'))).toEqual(['Skills: Name'])
  })

  it('recognizes a standard field at the app’s own path', () => {
    const fields = catalogue({ 'work.mail': { standard: 'email' } })
    const values = valuesOf(guide('okta', samlConfig({}, { identifiers: ['work.mail'] }), fields))
    expect(values['E-mail: Value']).toBe('user.email')
  })

  it('lists login identifiers and required fields first', () => {
    const config = samlConfig({}, { identifiers: ['username'], provisioning: true })
    const attributes = guide('okta', config).find(({ title }) => title === 'Add attribute statements')!
    const order = attributes.values.map(({ name }) => name).filter((name) => name.endsWith(': Name'))
    expect(order.slice(0, 4)).toEqual([
      'User name: Name',
      'First name: Name',
      'Last name: Name',
      'E-mail: Name',
    ])
  })

  it.each<[string, string, string]>([
    ['okta', 'Name ID format', 'EmailAddress'],
    ['entra', 'Name identifier format', 'Email address'],
    ['google', 'Name ID format', 'EMAIL'],
    ['keycloak', 'Name ID format', 'email'],
    ['onelogin', 'SAML nameID format', 'Email'],
    ['generic', 'NameID format', 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'],
    ['adfs', 'Name ID: LDAP Attribute', 'E-Mail-Addresses'],
  ])('names the requested NameID format in the words of %s', (product, name, expected) => {
    const identifierFormat = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'
    expect(valuesOf(guide(product, samlConfig({ identifierFormat })))[name]).toBe(expected)
    expect(valuesOf(guide(product, samlConfig()))[name]).not.toBe(expected)
    if (product === 'adfs') return
    expect(valuesOf(guide(product, samlConfig({ identifierFormat: 'urn:own' })))[name]).toBe('urn:own')
  })

  it('has Google send a NameID that is never reassigned, unless the source requests an email address', () => {
    const text = (identifierFormat?: string): string =>
      JSON.stringify(guide('google', samlConfig(identifierFormat ? { identifierFormat } : {})))
    expect(text()).toContain('Employee Details > Employee ID')
    expect(text('urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress')).toContain(
      'leave Name ID at Basic Information > Primary email',
    )
  })

  it('has OneLogin encrypt with a supported algorithm', () => {
    const keys = { decryptionPvk: SECRET, decryptionCert: certificate }
    expect(JSON.stringify(guide('onelogin', samlConfig(keys)))).toContain('choose AES-256-CBC')
  })

  it('explains Okta’s alternative expression syntax', () => {
    expect(JSON.stringify(guide('okta', samlConfig()))).toContain('user.profile.title for user.title')
  })

  it.each<string>(['okta', 'entra', 'keycloak', 'adfs', 'generic'])(
    'gives %s the certificates if the source signs or decrypts',
    (product) => {
      const count = (saml: Partial<SamlOptions>): number =>
        guide(product, samlConfig(saml)).flatMap(({ values }) =>
          values.filter(({ value }) => value === certificate),
        ).length
      expect(count({})).toBe(0)
      expect(count({ privateKey: SECRET, publicCert: certificate })).toBe(1)
      expect(count({ decryptionPvk: SECRET, decryptionCert: certificate })).toBe(1)
    },
  )

  it('has Keycloak require signed requests only if the source signs them', () => {
    const text = (saml: Partial<SamlOptions>): string => JSON.stringify(guide('keycloak', samlConfig(saml)))
    expect(text({})).toContain('turn Client signature required off')
    expect(text({ privateKey: SECRET, publicCert: certificate })).toContain(
      'leave Client signature required on',
    )
  })
})

describe('single logout', () => {
  const keys = { privateKey: SECRET, publicCert: certificate }

  it.each<[string, string[]]>([
    ['okta', ['Response URL', 'Request URL']],
    ['entra', ['Logout Url (Optional)']],
    ['google', []],
    ['keycloak', ['Logout Service POST Binding URL', 'Logout Service Redirect Binding URL']],
    ['adfs', ['Trusted URL', 'Response URL']],
    ['onelogin', ['Single Logout URL']],
    ['generic', ['Single logout URL']],
  ])('shows our address in the words of %s before the source has the provider’s', (product, names) => {
    const values = Object.entries(valuesOf(guide(product, samlConfig(keys))))
    expect(values.filter(([, value]) => value === LOGOUT).map(([name]) => name)).toEqual(names)
  })

  it.each<[string, string[], string[]]>([
    ['okta', ['Sign-out redirect URIs'], []],
    ['entra', ['Redirect URI after signing out'], []],
    ['google', [], []],
    ['keycloak', ['Valid post logout redirect URIs'], ['Backchannel logout URL']],
    ['adfs', ['Redirect URI after signing out'], []],
    ['onelogin', ['Post Logout Redirect URIs'], []],
    ['generic', ['Post-logout redirect URI'], ['Back-channel logout URI']],
  ])('shows our addresses in the words of %s over OpenID Connect', (product, after, backChannel) => {
    const values = Object.entries(valuesOf(guide(product, oidcConfig())))
    const named = (address: string): string[] =>
      values.filter(([, value]) => value === address).map(([name]) => name)
    expect(named(LOGOUT)).toEqual(after)
    expect(named(`${baseUrl}/acme/backchannel-logout`)).toEqual(backChannel)
  })

  it('has OneLogin sign its logout messages, since unsigned ones are refused', () => {
    const step = guide('onelogin', samlConfig()).find(({ title }) => title.startsWith('Sign people out'))
    expect(step!.text).toMatch(/tick Sign SLO Request and Sign SLO Response/)
  })

  it('names Okta’s alternative setting for single logout', () => {
    const text = JSON.stringify(guide('okta', samlConfig(keys)))
    expect(text).toContain('Allow application to initiate Single Logout')
  })

  it.each<string>(['okta', 'adfs'])('says that %s accepts only signed logout requests', (product) => {
    const step = guide(product, samlConfig()).find(({ title }) => title.startsWith('Sign people out'))
    expect(step).toMatchObject({ text: expect.stringContaining('only for a source that signs'), values: [] })
  })
})

describe('a field that refers to another user', () => {
  const withManager = (ref: string): typeof allFields => {
    const paths = { email: String, employeeNumber: String, manager: Schema.Types.ObjectId }
    return makeCatalog(new Schema(paths), {
      fields: { email: true, employeeNumber: { identifier: true }, manager: { ref } },
    })
  }
  const textOf = (steps: SetupStep[]): string => steps.map(({ text }) => text).join(' ')

  it('needs that user’s identifier, not their name', () => {
    const steps = guide('okta', samlConfig(), withManager('email'))
    expect(valuesOf(steps)).toMatchObject({
      'Manager: Name': 'manager',
      'Manager: Value': 'getManagerUser("active_directory").email',
    })
    expect(textOf(steps)).toContain('For "manager" send that other person’s E-mail, not their name.')
    expect(textOf(guide('okta', samlConfig()))).not.toContain('not their name')
    expect(valuesOf(guide('okta', samlConfig()))['Manager: Value']).toBe('user.manager')
  })

  it('suggests no value if the identifier isn’t the email address', () => {
    const steps = guide('okta', samlConfig(), withManager('employeeNumber'))
    expect(valuesOf(steps)).not.toHaveProperty('Manager: Value')
    expect(textOf(steps)).toContain('For "manager" send that other person’s Employee number, not their name.')
  })
})

describe('the wording of each product for OpenID Connect', () => {
  it.each<[string, Record<string, string>]>([
    [
      'okta',
      {
        'Sign-in redirect URIs': ACS,
        'Initiate login URI': LOGIN,
        'Title: Name': 'title',
        'Title: Value': 'user.title',
      },
    ],
    [
      'entra',
      {
        'Redirect URI': ACS,
        'First name: Claim': 'given_name',
        'Title: Name': 'title',
        'Title: Source attribute': 'user.jobtitle',
      },
    ],
    ['google', { 'Authorized redirect URIs': ACS }],
    [
      'keycloak',
      {
        'Client ID': 'app-1',
        'Valid redirect URIs': ACS,
        'PKCE Method': 'S256',
        'Title: Token Claim Name': 'title',
      },
    ],
    [
      'adfs',
      {
        'Redirect URI': ACS,
        'First name: Outgoing Claim Type': 'given_name',
        'First name: LDAP Attribute': 'Given-Name',
        'How the answer comes back': 'By a form (form_post)',
        Scopes: 'openid profile email allatclaims',
      },
    ],
    ['onelogin', { "Redirect URI's": ACS, 'Login Url': LOGIN, 'Title: Field name': 'title' }],
    ['generic', { 'Redirect URI': ACS, Scopes: 'openid profile email', 'First name: Claim': 'given_name' }],
  ])('%s', (product, expected) => {
    expect(valuesOf(guide(product, oidcConfig()))).toMatchObject(expected)
  })

  it.each<string>(['okta', 'keycloak', 'onelogin'])(
    'has %s set up only the claims that no scope includes',
    (product) => {
      const claims = (config: Omit<SourceConfig, 'id'>): string[] =>
        Object.values(valuesOf(guide(product, config)))
      const some = claims(oidcConfig())
      expect(some).toEqual(expect.arrayContaining(['title', 'phone_number', 'address.locality', 'skills']))
      expect(some).not.toContain('given_name')
      expect(some).not.toContain('email')
      const more = claims(oidcConfig({ scope: 'profile email phone address' }))
      expect(more).not.toContain('phone_number')
      expect(more).not.toContain('address.locality')
      expect(claims(oidcConfig({ scope: 'email' }))).toContain('given_name')
      const few = catalogue({ email: true, firstName: true })
      const titles = guide(product, oidcConfig(), few).map(({ title }) => title)
      expect(titles.filter((title) => /claims|mappers|parameters/.test(title))).toEqual([])
    },
  )

  it('lists what Google never sends', () => {
    const text = (fields?: typeof allFields): string => JSON.stringify(guide('google', oidcConfig(), fields))
    expect(text()).toMatch(/\\"department\\".* will not arrive/)
    expect(text(catalogue({ email: true, firstName: true, lastName: true }))).toContain('nothing to map')
  })

  it('mentions the two settings for AD FS only if the source lacks them', () => {
    const ready = oidcConfig({ scope: 'profile email allatclaims', responseMode: 'form_post' })
    expect(valuesOf(guide('adfs', ready))).not.toHaveProperty('How the answer comes back')
  })
})
