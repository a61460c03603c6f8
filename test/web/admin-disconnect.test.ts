import { MemoryStore } from 'express-session'
import type { SourceConfig } from '../../src'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { ann } from '../helpers/company'

let area: AdminApp
const oidc = { issuer: 'https://idp.example', clientID: 'app' }
const source = (id: string, more: Partial<SourceConfig> = {}): SourceConfig => ({
  ...{ id, protocol: 'oidc', provisioning: true, linking: 'trusted', oidc },
  attributes: { firstName: 'firstName', lastName: 'lastName' },
  ...more,
})
beforeEach(async () => {
  area = await adminApp({
    code: [source('okta'), source('other')],
    options: { sessionStore: new MemoryStore() },
  })
  await area.jit.login('okta', ann())
})
afterEach(() => area.close())

const disconnect = (person: string, headers: Record<string, string> = { Origin: area.origin }) =>
  fetch(`${area.admin}/okta/disconnect`, {
    method: 'POST',
    headers: { Cookie: 'who=admin', ...headers },
    body: new URLSearchParams({ person }),
  })
const identities = async (): Promise<string[]> =>
  ((await area.User.findOne().lean())!['identities'] as { source: string }[]).map(({ source }) => source)

describe('the form that disconnects a person', () => {
  it.each(['ANN@corp.example ', 'id'])(
    'finds the person by %p, and removes even the last identity',
    async (by) => {
      const { _id } = (await area.User.findOne())!
      const response = await disconnect(by === 'id' ? String(_id) : by)
      expect([response.status, await response.text()]).toEqual([
        200,
        expect.stringContaining('Disconnected.'),
      ])
      expect(await identities()).toEqual([])
      expect((await area.jit.login('okta', ann({}, { subject: 'a new subject' }))).outcome).toBe('linked')
    },
  )

  it.each(['nobody@corp.example', 'nobody', '', '{"$ne":1}'])(
    'reports that there is no account %p',
    async (by) => {
      const response = await disconnect(by)
      expect([response.status, await response.text()]).toEqual([
        422,
        expect.stringContaining('No account with this email or ID is connected'),
      ])
      expect(await identities()).toEqual(['okta'])
    },
  )

  it('is refused from another site', async () => {
    expect((await disconnect('ann@corp.example', { Origin: 'https://evil.example' })).status).toBe(403)
    expect(await identities()).toEqual(['okta'])
  })
})

describe('disconnect', () => {
  it('removes the identities of one source, and returns their number', async () => {
    await area.jit.login('other', ann())
    const user = await area.User.findOne()
    expect(await area.jit.disconnect(user, 'okta')).toBe(1)
    expect(await identities()).toEqual(['other'])
    expect(await area.jit.disconnect(user, 'okta')).toBe(0)
  })

  it('refuses to remove the last identity unless force is set', async () => {
    const user = await area.User.findOne()
    await expect(area.jit.disconnect(user, 'okta')).rejects.toMatchObject({ code: 'linking_refused' })
    expect(await identities()).toEqual(['okta'])
    expect(await area.jit.disconnect(user, 'okta', { force: true })).toBe(1)
    expect(await identities()).toEqual([])
  })

  it('keeps the mark of an unverified email, so the account can’t be linked by it', async () => {
    await area.jit.login('other', ann())
    await area.User.updateOne({}, { $set: { 'identities.0.unvouchedEmail': true } })
    await area.jit.disconnect(await area.User.findOne(), 'okta')
    expect((await area.User.findOne().lean())!['identities']).toMatchObject([
      { source: 'other', unvouchedEmail: true },
    ])
  })

  it('works while sign-ins are running', async () => {
    await area.jit.login('other', ann())
    const user = await area.User.findOne()
    await Promise.all([
      area.jit.disconnect(user, 'okta'),
      ...['CTO', 'CEO', 'CFO'].map((title) => area.jit.login('other', ann({ title }))),
    ])
    expect(await identities()).toEqual(['other'])
  })
})

it('shows how many people of the domains have never signed in before enforcing the source', async () => {
  const domains = ['corp.example', 'bücher.example']
  const added = await fetch(`${area.admin}/api/sources`, {
    method: 'POST',
    headers: { Cookie: 'who=admin', Origin: area.origin, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      id: 'acme',
      protocol: 'oidc',
      oidc: { ...oidc, issuer: 'http://127.0.0.1:9' },
      domains,
    }),
  })
  expect(added.status).toBe(201)
  await area.User.create({ email: 'bo@bücher.example' }, { email: 'cy@sub.corp.example' })
  const page = await fetch(`${area.admin}/acme/edit`, { headers: { Cookie: 'who=admin' } })
  expect((await page.text()).replace(/\s+/g, ' ')).toContain(
    '2 people with an address in the domains that are saved have never signed in',
  )
})
