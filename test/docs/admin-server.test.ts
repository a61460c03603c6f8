import { randomBytes } from 'node:crypto'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser } from '../helpers/oidc-browser'
import { signInAs } from '../helpers/oidc-real'
import { walk, type Walk } from './helpers/programs'

/* The app of the page, and the provider of Getting started. */

let mongo: TestMongo
let reader: Walk
beforeAll(async () => {
  mongo = await testMongo()
  reader = await walk(['docs/getting-started.md', 'docs/admin-area.md'], [3000, 4000])
  await reader.start('provider.mjs', 'The provider is at')
  const SSO_KEY = randomBytes(32).toString('base64')
  await reader.start('admin-server.mjs', 'The app is at', { MONGODB_URI: mongo.uri, SSO_KEY })
})
afterAll(async () => {
  await reader?.close()
  await mongo?.close()
})

it('lets Ann into the admin area', async () => {
  const admin = await signInAs('ann', `${reader.at(3000)}/sso/local/login`)
  expect(admin.url).toBe(`${reader.at(3000)}/admin/sso`)
  expect(admin.status).toBe(200)
  expect(admin.text).toContain('Local provider')
})

it('keeps everyone else out', async () => {
  const bob = await signInAs('bob', `${reader.at(3000)}/sso/local/login`)
  expect(bob.status).toBe(403)
  expect((await new Browser().request(`${reader.at(3000)}/admin/sso`)).status).toBe(401)
})
