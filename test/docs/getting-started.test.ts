import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Browser } from '../helpers/oidc-browser'
import { signInAs } from '../helpers/oidc-real'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { type RunningProgram, walk, type Walk } from './helpers/programs'

/* Follows the page: the same files, the same programs, and a person with a browser. */

const provider = 'The provider is at'
const app = 'The app is at'

let mongo: TestMongo
let reader: Walk
let server: RunningProgram
beforeAll(async () => {
  mongo = await testMongo()
  reader = await walk(['docs/getting-started.md'], [3000, 4000])
})
afterAll(async () => {
  await reader?.close()
  await mongo?.close()
})

async function json(page: { text: string } | Promise<{ text: string }>): Promise<unknown> {
  return JSON.parse((await page).text)
}

/** Signs in from the app's front page. Resolves to the JSON of the last page. */
async function signIn(browser: Browser, name: string): Promise<unknown> {
  const front = await browser.request(reader.at(3000))
  expect(front.text).toContain('href="/sso?returnTo=/me"')
  const choice = await browser.request(`${reader.at(3000)}/sso?returnTo=/me`)
  const login = /href="([^"]+\/local\/login[^"]*)"/.exec(choice.text)?.[1]
  expect(choice.text).toContain('Local provider')
  return json(signInAs(name, new URL(login!.replaceAll('&amp;', '&'), choice.url).href, browser))
}

it('creates a user at the first sign-in, and updates the profile at the next', async () => {
  const first = await reader.start('provider.mjs', provider)
  server = await reader.start('server.mjs', app, { MONGODB_URI: mongo.uri })
  const browser = new Browser()
  expect(await json(browser.request(`${reader.at(3000)}/me`))).toBe('nobody')

  const ann = { email: 'ann@acme.example', firstName: 'Ann', lastName: 'Lee', title: 'Engineer' }
  const created = (await signIn(browser, 'ann')) as { _id: string }
  expect(created).toMatchObject({
    ...ann,
    identities: [{ source: 'local', issuer: reader.at(4000), subject: 'ann' }],
  })
  expect(await json(browser.request(`${reader.at(3000)}/me`))).toEqual(created)

  await first.stop()
  const file = join(reader.folder, 'provider.mjs')
  await writeFile(file, (await readFile(file, 'utf8')).replace('Engineer', 'Architect'))
  const second = await reader.start('provider.mjs', provider)
  expect(await signIn(new Browser(), 'ann')).toMatchObject({ _id: created._id, title: 'Architect' })
  expect(await signIn(new Browser(), 'bob')).toMatchObject({ firstName: 'Bob', title: 'Designer' })

  await second.stop()
  const eve = (await readFile(file, 'utf8')).replace(/family_name: 'Ray',/, '').replaceAll('bob', 'eve')
  await writeFile(file, eve)
  await reader.start('provider.mjs', provider)
  const refused = await signInAs('eve', `${reader.at(3000)}/sso/local/login`)
  expect(refused.status).toBe(403)
  expect(refused.text).toMatch(/Expected attributes.*family_name.*Received attributes.*given_name/s)
})

it('fails with EADDRINUSE if another program uses the port', async () => {
  const again = reader.start('server.mjs', app, { MONGODB_URI: mongo.uri })
  await expect(again).rejects.toThrow('EADDRINUSE')
})

it('signs out of the app and at the provider', async () => {
  const browser = new Browser()
  await signInAs('ann', `${reader.at(3000)}/sso/local/login`, browser)
  const left = await browser.request(`${reader.at(3000)}/sso/logout`, {}, { 'sec-fetch-site': 'same-origin' })
  expect(left.headers.get('location')).toContain(`${reader.at(4000)}/session/end`)
  expect(await json(browser.request(`${reader.at(3000)}/me`))).toBe('nobody')
})

it('logs why a sign-in is refused, with the reference on the error page', async () => {
  await server.stop()
  const file = join(reader.folder, 'server.mjs')
  const secret = "clientSecret: 'only-for-trying-out'"
  await writeFile(file, (await readFile(file, 'utf8')).replace(secret, "clientSecret: 'mistyped'"))
  server = await reader.start('server.mjs', app, { MONGODB_URI: mongo.uri })
  const page = await signInAs('ann', `${reader.at(3000)}/sso/local/login`)
  expect(page.status).toBe(500)
  const [, reference] = /reference: '(\w+)'/.exec(server.text())!
  expect(page.text).toContain(reference)
  expect(server.text()).toMatch(/JitError: .*invalid_client.*code: 'invalid_configuration'/s)
})
