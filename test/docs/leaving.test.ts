import type { Server } from 'node:http'
import { MemoryStore, type Store } from 'express-session'
import mongoose, { type Model, Schema } from 'mongoose'
import passport from 'passport'
import { freePort } from 'dev-mongo'
import { createJit, type Jit, jitUser, type SourceConfig } from '../../src'
import { companyFields, companySchema } from '../helpers/company'
import { type Person, SamlIdp } from '../helpers/idps'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser } from '../helpers/oidc-browser'
import { moduleOf } from './helpers/module'

type Start<Rest extends unknown[]> = { start: (jit: Jit, ...rest: Rest) => Promise<Server> }
const ending = moduleOf<Start<[Store, number]>>('docs/ending-sessions.md', 'ending.ts')
const connecting = moduleOf<Start<[number]>>('docs/connecting.md', 'connecting.ts')
const enforcing = moduleOf<Start<[number]>>('docs/enforcing.md', 'enforcing.ts')

let mongo: TestMongo
let connection: mongoose.Connection
let idp: SamlIdp
let User: Model<Record<string, unknown>>
let server: Server
let origin: string
let jit: Jit

beforeAll(async () => {
  ;[mongo, idp] = await Promise.all([testMongo(), SamlIdp.start()])
  connection = await mongoose.createConnection(mongo.uri).asPromise()
  const schema = new Schema(companySchema).plugin(jitUser, { fields: companyFields })
  User = connection.model('User', schema) as never
  passport.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  passport.deserializeUser((id: string, done) => {
    User.findById(id).then((user) => done(null, user as never), done)
  })
})
afterAll(async () => {
  await connection?.close()
  await mongo?.close()
})
beforeEach(() => User.deleteMany({}))
afterEach(async () => {
  server?.closeAllConnections()
  server?.close()
  await jit?.close()
})

async function run(sources: SourceConfig[], start: (port: number) => Promise<Server>): Promise<void> {
  const port = await freePort()
  origin = `http://127.0.0.1:${port}`
  jit = createJit({ userModel: User, baseUrl: `${origin}/sso`, sources })
  await jit.ready()
  server = await start(port)
}

const ann: Person = { subject: 'a1', email: 'ann@corp.example', title: 'Engineer' }
const boss: Person = { subject: 'b1', email: 'boss@corp.example', title: 'Admin' }

async function signedIn(person: Person): Promise<Browser> {
  const browser = new Browser()
  const begun = await browser.request(`${origin}/sso/okta/login`)
  await (
    await idp.answer(browser, begun, person)
  )(browser)
  return browser
}
const me = async (browser: Browser): Promise<Record<string, unknown> | null> =>
  JSON.parse((await browser.request(`${origin}/me`)).text) as Record<string, unknown> | null

it('ends sessions as docs/ending-sessions.md says', async () => {
  await run([idp.source('okta')], (port) => ending.start(jit, new MemoryStore(), port))
  const [here, there, admin] = [await signedIn(ann), await signedIn(ann), await signedIn(boss)]
  expect((await here.request(`${origin}/sign-out-elsewhere`, {})).text).toBe('{"ended":1}')
  expect([await me(here), await me(there)]).toEqual([expect.anything(), null])
  const { _id } = (await User.findOne({ email: ann.email }))!
  expect((await here.request(`${origin}/people/${String(_id)}/leave`, {})).status).toBe(403)
  expect((await admin.request(`${origin}/people/${String(_id)}/leave`, {})).text).toBe('{"ended":1}')
  expect(await me(here)).toBeNull()
})

it('connects and disconnects as docs/connecting.md says', async () => {
  await run([idp.source('okta'), { ...idp.source('company'), linking: 'never' }], (port) =>
    connecting.start(jit, port),
  )
  const browser = await signedIn(ann)
  expect((await browser.request(`${origin}/settings`)).text).toContain('Connect your company account')
  const begun = await browser.request(`${origin}/connect`, {}, { Origin: origin })
  const home: Person = { subject: 'other', email: 'ann@home.example', title: 'Engineer' }
  const page = await (await idp.answer(browser, begun, home))(browser)
  expect(page.headers.get('location')).toBe('/settings')
  expect((await me(browser))!['identities']).toMatchObject([{ source: 'okta' }, { source: 'company' }])
  expect((await browser.request(`${origin}/disconnect`, {})).status).toBe(303)
  expect((await me(browser))!['identities']).toMatchObject([{ source: 'okta' }])
})

it('enforces a source as docs/enforcing.md says', async () => {
  const on = { domains: ['corp.example'], enforced: true }
  await run([{ ...idp.source('okta'), ...on }], (port) => enforcing.start(jit, port))
  const post = (path: string, email: string) => new Browser().request(`${origin}${path}`, { email })
  for (const path of ['/login', '/forgot-password']) {
    expect((await post(path, ann.email)).headers.get('location')).toBe(`${origin}/sso/okta/login`)
    expect((await post(path, 'owner@corp.example')).status).toBe(200)
    expect((await post(path, 'ann@home.example')).status).toBe(200)
  }
  const how = await new Browser().request(`${origin}/how?email=ann@corp.example`)
  expect(how.text).toBe('{"signInAt":"okta"}')
})
