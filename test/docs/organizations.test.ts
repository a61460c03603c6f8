import type { Express } from 'express'
import mongoose, { type Model, Schema } from 'mongoose'
import { createJit, type Jit, jitUser } from '../../src'
import { ann, source } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { moduleOf } from './helpers/module'

type Person = { email: string; organizationId?: string }
type Users = Model<Person>

const page = 'docs/organizations.md'
const { User, jit, app } = moduleOf<{ User: Users; jit: Jit; app: Express }>(page, 'customers.ts')
const { fillOrganization, dropOldIndexes } = moduleOf<{
  fillOrganization: (users: Users, organization: string, sources: string[]) => Promise<number>
  dropOldIndexes: (users: Users, paths: string[]) => Promise<void>
}>(page, 'migrate.ts')

let mongo: TestMongo
beforeAll(async () => {
  mongo = await testMongo()
  await mongoose.connect(mongo.uri)
})
afterAll(async () => {
  await jit.close()
  await mongoose.disconnect()
  await mongo.close()
})

const person = (email: string): ReturnType<typeof ann> => {
  const attributes = { email, given_name: 'Ann', family_name: 'Lee' }
  return { issuer: 'https://idp.example', subject: 'ann', attributes, emailVerified: true }
}

it('keeps the users of two customers apart', async () => {
  await jit.ready()
  const { organization, user } = await jit.login('acme-okta', person('ann@acme.example'))
  expect([organization, (user as Person).organizationId]).toEqual(['acme', 'acme'])
  await User.create({ email: 'ann@globex.example', organizationId: 'acme' })
  expect((await jit.login('globex-entra', person('ann@globex.example'))).outcome).toBe('provisioned')
  expect(await User.countDocuments()).toBe(3)
})

it('sends a visitor to the sign-in page', async () => {
  const server = app.listen(0)
  const { port } = server.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/`, { redirect: 'manual' })
  server.close()
  expect([answer.status, answer.headers.get('location')]).toEqual([302, '/sso'])
})

it('migrates a collection that has no organizations', async () => {
  const connection = await mongoose.createConnection(mongo.uri, { dbName: 'old' }).asPromise()
  const paths = { email: String, firstName: String, lastName: String, organizationId: String }
  const fields = { email: true, firstName: true, lastName: true } as const
  const old = connection.model('User', new Schema(paths).plugin(jitUser, { fields })) as unknown as Users
  const setup = { baseUrl: 'https://app.example/sso' }
  const before = createJit({ ...setup, userModel: old, sources: [source()] })
  await before.ready()
  await before.login('okta', ann())
  expect(await fillOrganization(old, 'acme', ['okta'])).toBe(1)

  const schema = new Schema(paths).plugin(jitUser, { organization: 'organizationId', fields })
  const userModel = connection.model('Organized', schema, old.collection.name)
  const sources = [source({ organization: 'acme' }), source({ id: 'globex', organization: 'globex' })]
  const after = createJit({ ...setup, userModel, sources })
  await expect(after.ready()).rejects.toThrow(/jit_unique_email forbids .*dropIndex\('jit_unique_email'\)/)
  await dropOldIndexes(userModel as never, ['email'])
  await after.ready()
  expect((await after.login('okta', ann())).outcome).toBe('unchanged')
  expect((await after.login('globex', ann())).outcome).toBe('provisioned')
  await connection.close()
})
