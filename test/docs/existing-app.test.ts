import { scryptSync } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { Browser, type Page } from '../helpers/oidc-browser'
import { signInAs } from '../helpers/oidc-real'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { walk, type Walk } from './helpers/programs'

/* The page's app with an existing user, and the provider of Getting started. */

const passwordHash = scryptSync('s3cret', 'use one salt per user', 32).toString('hex')

let mongo: TestMongo
let client: MongoClient
let reader: Walk
beforeAll(async () => {
  mongo = await testMongo()
  client = await MongoClient.connect(mongo.uri)
  reader = await walk(['docs/getting-started.md', 'docs/existing-app.md'], [3000, 4000])
})
afterAll(async () => {
  await reader?.close()
  await client?.close()
  await mongo?.close()
})

it('signs in an existing password user through the company as the same user', async () => {
  const users = client.db().collection('users')
  const { insertedId } = await users.insertOne({
    email: 'Ann@Acme.example',
    firstName: 'Annie',
    plan: 'gold',
    passwordHash,
  })
  await reader.start('provider.mjs', 'The provider is at')
  // It imports 'user.mjs' and 'sso.mjs'.
  await reader.start('app.mjs', 'The app is at', { MONGODB_URI: mongo.uri })

  const byPassword = (): Promise<Page> =>
    new Browser().follow(`${reader.at(3000)}/login`, { email: 'Ann@Acme.example', password: 's3cret' })
  expect((await byPassword()).status).toBe(401)
  expect(await reader.run('lower-emails.mjs', { MONGODB_URI: mongo.uri })).toBe('')
  expect(JSON.parse((await byPassword()).text)).toMatchObject({ firstName: 'Annie', plan: 'gold' })

  const after = await signInAs('ann', `${reader.at(3000)}/sso/local/login`)
  expect(after.url).toBe(`${reader.at(3000)}/me`)
  expect(JSON.parse(after.text)).toEqual({ email: 'ann@acme.example', firstName: 'Ann', plan: 'gold' })
  expect(await users.find().toArray()).toMatchObject([
    { _id: insertedId, passwordHash, plan: 'gold', identities: [{ source: 'local', subject: 'ann' }] },
  ])
  expect(JSON.parse((await byPassword()).text)).toMatchObject({ firstName: 'Ann' })
})

it('keeps the data of the user created on the page', async () => {
  expect(await reader.run('add-user.mjs', { MONGODB_URI: mongo.uri })).toBe('')
  const after = await signInAs('ann', `${reader.at(3000)}/sso/local/login`)
  expect(JSON.parse(after.text)).toEqual({ email: 'ann@acme.example', firstName: 'Ann', plan: 'gold' })
  const anns = await client.db().collection('users').find({ email: 'ann@acme.example' }).toArray()
  expect(anns).toMatchObject([{ passwordHash, identities: [{ source: 'local', subject: 'ann' }] }])
})

it('refuses an email that two users have in different letter case', async () => {
  await client
    .db()
    .collection('users')
    .insertMany([{ email: 'BOB@acme.example' }, { email: 'Bob@acme.example' }])
  const said = await reader.run('lower-emails.mjs', { MONGODB_URI: mongo.uri })
  expect(said).toMatch(/ are two users with one address/)
  const refused = await signInAs('bob', `${reader.at(3000)}/sso/local/login`)
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('ambiguous_user')
})

it('lists users with the same email, which prevent the app from starting', async () => {
  const users = client.db().collection('users')
  await users.drop()
  const { insertedIds } = await users.insertMany([
    { email: 'eve@acme.example' },
    { email: 'eve@acme.example' },
  ])
  expect(await reader.run('lower-emails.mjs', { MONGODB_URI: mongo.uri })).toBe(
    `${insertedIds[0]} and ${insertedIds[1]} have the very same address: merge them before the app starts\n`,
  )
  const started = reader.start('app.mjs', 'The app is at', { MONGODB_URI: mongo.uri })
  await expect(started).rejects.toThrow('two users have the same email')
})
