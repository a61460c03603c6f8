import { MemoryStore } from 'express-session'
import { generate } from 'selfsigned'
import request from 'supertest'
import { createJit, type Jit, type SourceDetails } from '../../src/index'
import { createApp } from '../app'
import { People, type Person } from '../directory/people'
import { seed } from '../directory/seed'
import { sentAttributes } from '../idp/people'
import { profilePage } from '../pages/profile'
import { oidcSource, samlSource } from '../sources'
import { User, type UserDocument } from '../user'

const baseUrl = 'http://127.0.0.1:3000'

let jit: Jit<UserDocument>

beforeAll(async () => {
  const { cert } = await generate(undefined, { algorithm: 'sha256' })
  const issuer = 'https://idp.acme.example'
  const addresses = { entityId: issuer, entryPoint: `${issuer}/sso`, logoutUrl: `${issuer}/slo` }
  const saml = samlSource({ ...addresses, certificate: cert })
  const oidc = oidcSource({ issuer }, 'example-app', 'secret-of-the-client')
  jit = createJit({ userModel: User, baseUrl: `${baseUrl}/sso`, sources: [saml, oidc] })
})

function get(path: string) {
  const app = createApp({
    jit,
    baseUrl,
    sessionStore: new MemoryStore(),
    sessionSecret: 'x'.repeat(32),
    admins: [],
  })
  return request(app).get(path).set('Host', '127.0.0.1:3000')
}

test('links a visitor to the sign-in page', async () => {
  const { text } = await get('/').expect(200)
  expect(text).toContain('href="/sso"')
})

test('answers 401 for a private page, with a link to sign in and come back', async () => {
  const { text } = await get('/profile').expect(401)
  expect(text).toContain('href="/sso?returnTo=%2Fprofile"')
})

test('lists each source with its exact attribute names, and no secret', async () => {
  const { text } = await get('/sources').expect(200)
  for (const exact of ['given_name', 'cost_center', 'costCenter', `${baseUrl}/sso/acme-saml/callback`]) {
    expect(text).toContain(`<code>${exact}</code>`)
  }
  expect(text).not.toContain('secret-of-the-client')
})

test('allows no inline code and no framing', async () => {
  const { headers, text } = await get('/')
  expect(headers['content-security-policy']).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
  expect(text).not.toMatch(/ style=|<style|<script>| on\w+=/)
})

describe('the profile page', () => {
  const user = new User({ email: 'a@acme.example', firstName: '<b>', custom: { level: 3, remote: false } })
  test('escapes values from the identity provider', () => {
    const page = profilePage({ user, managed: [], lastSignIn: null, sources: jit.sources() })
    expect(page).toContain('&lt;b&gt;')
    expect(page).not.toContain('<b>')
  })

  test('says when there has been no sign-in yet', () => {
    const page = profilePage({ user, managed: [], lastSignIn: null, sources: jit.sources() })
    expect(page).toContain('No sign-in yet.')
    expect(page).toContain('0 of 15 fields are managed by SSO')
  })
})

/** The names of a person's attributes that the source doesn't expect. */
function unexpected(person: Person, source: SourceDetails): string[] {
  const expected = source.fieldMapping.map(({ attribute }) => attribute)
  return Object.keys(sentAttributes(person, source.protocol)).filter((name) => !expected.includes(name))
}

test('expects the attribute names that Acme sends for everyone except Nils', () => {
  for (const person of new People(seed).all()) {
    const [bySaml, byOidc] = jit.sources().map((source) => unexpected(person, source))
    const misspelled = person.name.startsWith('Nils')
    expect(bySaml).toEqual(misspelled ? ['Title', 'cost-center'] : [])
    expect(byOidc).toEqual(misspelled ? ['email_verified', 'Title', 'costCenter'] : ['email_verified'])
  }
})
