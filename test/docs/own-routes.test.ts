import type { Server } from 'node:http'
import mongoose, { Schema } from 'mongoose'
import passport from 'passport'
import { createJit, type Jit, jitUser } from '../../src'
import { companyFields, companySchema } from '../helpers/company'
import { type Person, SamlIdp } from '../helpers/idps'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser, type Page } from '../helpers/oidc-browser'
import { membersOf } from './helpers/declared'
import { freePort } from 'dev-mongo'
import { moduleOf } from './helpers/module'
import { namesIn, tableRows } from './helpers/pages'

const { start } = moduleOf<{ start: (jit: Jit, port: number) => Promise<Server> }>(
  'docs/own-routes.md',
  'routes.ts',
)

let mongo: TestMongo
let connection: mongoose.Connection
let idp: SamlIdp
let server: Server
let origin: string
beforeAll(async () => {
  ;[mongo, idp] = await Promise.all([testMongo(), SamlIdp.start()])
  connection = await mongoose.createConnection(mongo.uri).asPromise()
  const schema = new Schema(companySchema).plugin(jitUser, { fields: companyFields })
  const User = connection.model('User', schema)
  passport.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  passport.deserializeUser((id: string, done) => {
    User.findById(id).then((user) => done(null, user), done)
  })
  const port = await freePort()
  origin = `http://127.0.0.1:${port}`
  const jit = createJit({ userModel: User, baseUrl: `${origin}/sso`, sources: [idp.source('okta')] })
  await jit.ready()
  server = await start(jit, port)
})
afterAll(async () => {
  server?.closeAllConnections()
  server?.close()
  await connection?.close()
  await mongo?.close()
})

const ann: Person = { subject: 'a1', email: 'ann@corp.example', title: 'Engineer' }

async function answerTo(browser: Browser, person: Person): Promise<Page> {
  const begun = await browser.request(`${origin}/login/okta?returnTo=/me`)
  return (await idp.answer(browser, begun, person))(browser)
}

it('signs in through the app’s own routes, and returns to the page the person came from', async () => {
  const log = jest.spyOn(console, 'log').mockImplementation(() => undefined)
  const browser = new Browser()
  const answered = await answerTo(browser, ann)
  expect(answered.headers.get('location')).toBe('/me')
  expect(log.mock.calls).toEqual([['provisioned']])
  log.mockRestore()
  expect(JSON.parse((await browser.request(`${origin}/me`)).text)).toMatchObject({ email: ann.email })
})

it('redirects a refused sign-in to failureRedirect', async () => {
  const refused = await answerTo(new Browser(), { ...ann, subject: 'a2', email: '' })
  expect(refused.headers.get('location')).toBe('/denied')
})

it('names every event', () => {
  const [, ...rows] = tableRows('docs/own-routes.md', '## Events')
  expect(rows.flatMap(([name = '']) => namesIn(name)).sort()).toEqual(membersOf('JitEvents').sort())
})
