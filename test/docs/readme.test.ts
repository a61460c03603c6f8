import packageJson from '../../package.json'
import { Browser } from '../helpers/oidc-browser'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { createKeys } from '../helpers/saml-idp'
import { namesIn, tableRows } from './helpers/pages'
import { walk, type Walk } from './helpers/programs'

/* The app of the README. A test can't reach its providers. */

let mongo: TestMongo
let reader: Walk
beforeAll(async () => {
  mongo = await testMongo()
  reader = await walk(['README.md'], [3000])
  await reader.start('server.mjs', 'The app is at', {
    MONGODB_URI: mongo.uri,
    OKTA_CERT: (await createKeys('acme.okta.com')).cert.replace(/-----[^-]+-----|\s/g, ''), // on one line
    ENTRA_CLIENT_ID: 'my-app',
    ENTRA_CLIENT_SECRET: 'only for this test',
    SESSION_SECRET: 'only for this test',
  })
})
afterAll(async () => {
  await reader?.close()
  await mongo?.close()
})

it('offers both companies on its sign-in page, and redirects to the chosen provider', async () => {
  const browser = new Browser()
  expect((await browser.request(reader.at(3000))).text).toBe('"nobody"')
  const page = await browser.request(`${reader.at(3000)}/sso`)
  expect(page.text).toMatch(/Acme.*Globex/s)
  const login = await browser.request(`${reader.at(3000)}/sso/okta/login`)
  expect(login.headers.get('location')).toMatch(/^https:\/\/acme\.okta\.com\/.*[?&]SAMLRequest=/)
})

it('publishes its URLs and attribute names as SAML metadata', async () => {
  const metadata = await new Browser().request(`${reader.at(3000)}/sso/okta/metadata`)
  expect(metadata.text).toContain('https://app.example.com/sso/okta/callback')
  expect(metadata.text).toContain('costCenter')
})

it('gives a reason for every dependency', () => {
  const [, ...rows] = tableRows('README.md', '## Package and dependencies')
  expect(rows.flatMap(([name = '']) => namesIn(name)).sort()).toEqual(
    Object.keys(packageJson.dependencies).sort(),
  )
})
