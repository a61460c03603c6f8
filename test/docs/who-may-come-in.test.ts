import mongoose, { type Model } from 'mongoose'
import { type Assertion, createJit, type Jit, type JitOptions, type SourceConfig } from '../../src'
import { ann, source } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { moduleOf } from './helpers/module'

type Recipe = 'defaultRole' | 'onlyAppUsers' | 'seatLimit' | 'rehired' | 'entraGroups'
type Person = { email: string; groups: string[]; role: string; active: boolean }

const { User, ...recipes } = moduleOf<Record<Recipe, JitOptions['decide']> & { User: Model<Person> }>(
  'docs/who-may-come-in.md',
  'who.ts',
)
const oidc = { issuer: 'https://idp.example', clientID: 'app' }
const entra: SourceConfig = { id: 'entra', protocol: 'oidc', provisioning: true, syncing: true, oidc }

let mongo: TestMongo
beforeAll(async () => {
  mongo = await testMongo()
  await mongoose.connect(mongo.uri)
})
afterAll(async () => {
  await mongoose.disconnect()
  await mongo.close()
})
beforeEach(() => User.deleteMany({}))
afterEach(() => jest.restoreAllMocks())

async function jitWith(recipe: Recipe): Promise<Jit> {
  const sources = [
    source(),
    source({ id: 'partners' }),
    { ...entra, attributes: { firstName: 'firstName', lastName: 'lastName' } },
  ]
  const jit = createJit({
    ...{ userModel: User, baseUrl: 'https://app.example/sso', sources },
    decide: recipes[recipe] as never,
  })
  await jit.ready()
  return jit
}

const person = (name: string, attributes: Record<string, unknown> = {}): Assertion =>
  ann({ email: `${name}@corp.example`, ...attributes }, { subject: name })
const stored = async (name: string): Promise<Person | null> =>
  User.findOne({ email: `${name}@corp.example` }).lean()

it('gives a new user the source’s role, and doesn’t change it later', async () => {
  const jit = await jitWith('defaultRole')
  await jit.login('okta', person('ann'))
  await jit.login('partners', person('bo'))
  expect([(await stored('ann'))?.role, (await stored('bo'))?.role]).toEqual(['member', 'guest'])
  await User.updateOne({ email: 'ann@corp.example' }, { role: 'admin' })
  await jit.login('okta', person('ann'))
  expect((await stored('ann'))?.role).toBe('admin')
})

it('admits only members of one group, and checks at every sign-in', async () => {
  const jit = await jitWith('onlyAppUsers')
  await expect(jit.login('okta', person('ann', { groups: ['staff'] }))).rejects.toMatchObject({
    code: 'app_refused',
    message: 'Ask your administrator for access to Example.',
  })
  expect(await User.countDocuments()).toBe(0)
  await jit.login('okta', person('ann', { groups: ['staff', 'app-users'] }))
  await expect(jit.login('okta', person('ann', { groups: [] }))).rejects.toMatchObject({
    code: 'app_refused',
  })
  expect((await stored('ann'))?.groups).toEqual(['staff', 'app-users'])
})

it('counts the seats of a source', async () => {
  const jit = await jitWith('seatLimit')
  for (const name of ['ann', 'bo']) await jit.login('okta', person(name))
  await expect(jit.login('okta', person('cy'))).rejects.toMatchObject({
    message: 'Your company has no seat left.',
  })
  expect((await jit.login('okta', person('bo'))).outcome).toBe('unchanged')
  expect((await jit.login('partners', person('cy'))).outcome).toBe('provisioned')
})

it('reactivates a person who comes back', async () => {
  const jit = await jitWith('rehired')
  await jit.login('okta', person('ann', { groups: ['staff'] }))
  await User.updateOne({}, { active: false })
  await expect(jit.login('okta', person('ann', { groups: [] }))).rejects.toMatchObject({
    code: 'user_inactive',
  })
  expect((await jit.login('okta', person('ann', { groups: ['staff'] }))).outcome).toBe('synced')
  expect((await stored('ann'))?.active).toBe(true)
})

it('fetches the groups that Entra ID leaves out', async () => {
  const jit = await jitWith('entraGroups')
  const asked: string[] = []
  let status = 200
  jest.spyOn(globalThis, 'fetch').mockImplementation((input, init) => {
    const { method, url, headers } = new Request(input, init)
    asked.push(`${method} ${url} ${headers.get('Authorization')}`)
    const answer = url.includes('/token') ? { access_token: 'abc' } : { value: ['b', 'a'] }
    return Promise.resolve(new Response(JSON.stringify(answer), { status }))
  })
  const many = person('ann', { oid: 'id/1', _claim_names: { groups: 'src1' }, _claim_sources: { src1: {} } })
  await jit.login('entra', many)
  expect((await stored('ann'))?.groups).toEqual(['a', 'b'])
  expect((await jit.login('entra', many)).outcome).toBe('unchanged')
  expect(asked[1]).toBe('POST https://graph.microsoft.com/v1.0/users/id%2F1/getMemberGroups Bearer abc')
  asked.splice(0)
  await jit.login('entra', person('ann', { groups: ['c'] }))
  expect([asked, (await stored('ann'))?.groups]).toEqual([[], ['c']])
  status = 503
  await expect(jit.login('entra', many)).rejects.toMatchObject({ code: 'invalid_configuration', status: 500 })
  expect((await stored('ann'))?.groups).toEqual(['c'])
})
