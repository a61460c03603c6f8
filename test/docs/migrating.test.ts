import { type Document, MongoClient } from 'mongodb'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser } from '../helpers/oidc-browser'
import { autoSubmitted, signInAs } from '../helpers/oidc-real'
import { walk, type Walk } from './helpers/programs'

/* Each app of the page before and after the migration, with the providers of other pages. The script runs in between. */

const pages = ['docs/getting-started.md', 'docs/saml.md', 'docs/migrating.md']

let mongo: TestMongo
let client: MongoClient
let reader: Walk
let users: () => Promise<Document[]>
beforeEach(async () => {
  mongo = await testMongo()
  client = await MongoClient.connect(mongo.uri)
  users = () => client.db().collection('users').find().toArray()
  reader = await walk(pages, [3000, 4000, 4001])
})
afterEach(async () => {
  await reader?.close()
  await client?.close()
  await mongo?.close()
})

/** Runs an app during a sign-in. Resolves to the user. */
async function during(file: string, signIn: () => Promise<unknown>): Promise<unknown> {
  // All apps import 'run.mjs'.
  const app = await reader.start(file, 'The app is at', { MONGODB_URI: mongo.uri })
  const user = await signIn()
  await app.stop()
  return user
}

async function bySaml(): Promise<unknown> {
  const browser = new Browser()
  const page = await browser.follow(`${reader.at(3000)}/login`)
  const { action, form } = autoSubmitted({ ...page, text: page.text.replaceAll(/\s+/g, ' ') })
  return JSON.parse((await browser.follow(action, form)).text)
}

const byOidc = async (): Promise<unknown> =>
  JSON.parse((await signInAs('ann', `${reader.at(3000)}/login`)).text)

const writeIdentities = (): Promise<string> => reader.run('write-identities.mjs', { MONGODB_URI: mongo.uri })

it('recognizes users by their stored NameID, even if their email has changed', async () => {
  await reader.start('saml-provider.mjs', 'The IdP is at')
  const before = await during('before-saml.mjs', bySaml)
  expect(before).toMatchObject({ email: 'ann@acme.example', samlNameId: 'ann' })
  const { _id } = (await users())[0]!
  await client
    .db()
    .collection('users')
    .updateOne({ _id }, { $set: { email: 'ann.lee@acme.example' } })

  expect(await writeIdentities()).toBe('1 identities written\n')
  expect(await writeIdentities()).toBe('0 identities written\n')
  const after = await during('after-saml.mjs', bySaml)
  expect(after).toMatchObject({
    _id: String(_id),
    email: 'ann@acme.example',
    identities: [{ subject: 'ann' }],
  })
  expect(await users()).toHaveLength(1)
})

it('writes no identity that would belong to two users', async () => {
  const twice = ['one@acme.example', 'two@acme.example'].map((email) => ({ email, samlNameId: 'same' }))
  await client
    .db()
    .collection<Document>('users')
    .insertMany([...twice, { email: 'three@acme.example' }])
  expect(await writeIdentities()).toMatch(
    /^(.*: 2 users have this name; left as it is\n){2}0 identities written\n$/,
  )
  expect((await users()).some(({ identities }) => identities)).toBe(false)
})

it('links users by email if no NameID was stored', async () => {
  await reader.start('saml-provider.mjs', 'The IdP is at')
  const before = (await during('before-saml.mjs', bySaml)) as { _id: string }
  const after = await during('after-saml.mjs', bySaml)
  expect(after).toMatchObject({ _id: before._id, identities: [{ source: 'acme', subject: 'ann' }] })
  expect(await users()).toHaveLength(1)
})

it('links users by email over OpenID Connect', async () => {
  await reader.start('provider.mjs', 'The provider is at')
  const before = (await during('before-oidc.mjs', byOidc)) as { _id: string }
  expect(before).toMatchObject({ email: 'ann@acme.example', oidcSubject: 'ann' })
  const after = await during('after-oidc.mjs', byOidc)
  expect(after).toMatchObject({ _id: before._id, identities: [{ source: 'local', subject: 'ann' }] })
  expect(await users()).toHaveLength(1)
})
