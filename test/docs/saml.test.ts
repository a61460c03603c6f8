import { Browser, type Page } from '../helpers/oidc-browser'
import { autoSubmitted, signInAs } from '../helpers/oidc-real'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { walk, type Walk } from './helpers/programs'

/* The page's provider and app, after a sign-in over OpenID Connect as in Getting started. */

let mongo: TestMongo
let reader: Walk
beforeAll(async () => {
  mongo = await testMongo()
  reader = await walk(['docs/getting-started.md', 'docs/saml.md'], [3000, 4000, 4001])
})
afterAll(async () => {
  await reader?.close()
  await mongo?.close()
})

const app = (file: string): Promise<{ stop(): Promise<void> }> =>
  reader.start(file, 'The app is at', { MONGODB_URI: mongo.uri })

async function signIn(): Promise<Record<string, unknown>> {
  const browser = new Browser()
  const page = await browser.follow(`${reader.at(3000)}/sso/acme/login`)
  const { action, form } = formOf(page)
  return JSON.parse((await browser.follow(action, form)).text) as Record<string, unknown>
}

/** `samlp` writes an input over several lines. */
function formOf(page: Page): ReturnType<typeof autoSubmitted> {
  return autoSubmitted({ ...page, text: page.text.replaceAll(/\s+/g, ' ') })
}

it('finds the same user over either protocol, and another user for another person', async () => {
  await reader.start('provider.mjs', 'The provider is at')
  const first = await app('server.mjs')
  const byOidc = await signInAs('ann', `${reader.at(3000)}/sso/local/login?returnTo=/me`)
  const ann = JSON.parse(byOidc.text) as { _id: string }
  await first.stop()

  const idp = await reader.start('saml-provider.mjs', 'The IdP is at')
  await app('saml-server.mjs')
  expect(await signIn()).toMatchObject({
    _id: ann._id,
    title: 'Engineer',
    identities: [{ source: 'local' }, { source: 'acme', issuer: reader.at(4001), subject: 'ann' }],
  })
  await idp.stop()
  await reader.start('saml-provider.mjs', 'The IdP is at', {}, ['bob'])
  expect(await signIn()).toMatchObject({ firstName: 'Bob', email: 'bob@acme.example' })
})
