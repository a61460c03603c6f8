import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import mongoose, { type Connection } from 'mongoose'
import { freePort } from 'dev-mongo'
import { type AppProcess, type AppSettings, startApp } from '../helpers/app-process'
import { type Deliver, OidcIdp, type Person, SamlIdp, type TestIdp } from '../helpers/idps'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { type Nginx, startNginx } from '../helpers/nginx'
import { Browser, type Page } from '../helpers/oidc-browser'
import { createKeys } from '../helpers/saml-idp'
import { trustingFetch } from '../helpers/trusting-fetch'

/**
 * Three instances over one database behind nginx, which sends each request to the next one. People sign in repeatedly,
 * each time with an edited profile, and each Response is sent twice at once.
 */

const PEOPLE = 24

let mongo: TestMongo
let database: Connection
let oidc: OidcIdp
let saml: SamlIdp
let nginx: Nginx
let instances: AppProcess[]
let settings: AppSettings[]
let origin: string
let fetchPage: typeof fetch

beforeAll(async () => {
  mongo = await testMongo()
  database = await mongoose.createConnection(mongo.uri).asPromise()
  ;[saml, oidc] = await Promise.all([SamlIdp.start(), OidcIdp.start()])
  const [port, keys] = await Promise.all([freePort(), createKeys('localhost')])
  origin = `https://localhost:${port}`
  fetchPage = trustingFetch(keys.cert)
  const shared = {
    ...{ mongoUri: mongo.uri, origin, encryptionKey: randomBytes(32).toString('base64') },
    sources: [saml.source('saml'), oidc.source('oidc')],
  }
  const named = ['one', 'two', 'three'].map(async (name) => ({ ...shared, name, port: await freePort() }))
  settings = await Promise.all(named)
  instances = await Promise.all(settings.map(startApp))
  nginx = await startNginx({ port, keys, instances: settings.map((instance) => instance.port) })
}, 120_000)
afterAll(async () => {
  await nginx?.stop()
  await Promise.all(instances?.map((instance) => instance.kill()) ?? [])
  await Promise.all([saml, oidc].map((idp) => idp?.close()))
  await database?.close()
  await mongo?.close()
})

/** One request, and the time it was in flight. */
interface Sent {
  began: number
  ended: number
  /** Undefined if the connection broke. */
  page?: Page
}

/** A sign-in whose Response was sent twice at once. */
interface Attempt {
  protocol: string
  requests: Sent[]
  accepted: number
  /** Whether the two requests reached different instances. */
  apart: boolean
  /** The person on a later page, if a Response was accepted. */
  seen?: { email?: string; title?: string } | null
  person: Person
}

async function send(request: () => Promise<Page>): Promise<Sent> {
  const began = performance.now()
  const page = await request().catch(() => undefined)
  return { began, ended: performance.now(), page }
}

async function attempt(idp: TestIdp, person: Person, source: string = idp.protocol): Promise<Attempt> {
  const browser = new Browser(fetchPage)
  const start = await send(() => browser.request(`${origin}/sso/${source}/login`))
  const made: Attempt = {
    protocol: source,
    requests: [start],
    accepted: 0,
    apart: false,
    person: { ...person },
  }
  if (start.page?.status !== 302) return made
  const deliver: Deliver = await idp.answer(browser, start.page, person)
  const answers = await Promise.all([send(() => deliver(browser)), send(() => deliver(browser))])
  made.requests.push(...answers)
  // Both lead on, but one alone begins a session.
  made.accepted = answers.filter(({ page }) =>
    page?.headers.getSetCookie().some((cookie) => cookie.startsWith('connect.sid=')),
  ).length
  made.apart = new Set(answers.map(({ page }) => page?.headers.get('x-instance'))).size === 2
  if (made.accepted === 0) return made
  const me = await send(() => browser.request(`${origin}/me`))
  made.requests.push(me)
  made.seen =
    me.page?.status === 200 ? (JSON.parse(me.page.text) as { user: Attempt['seen'] }).user : undefined
  return made
}

const statuses = ({ requests }: Attempt): unknown[] => requests.map(({ page }) => page?.status ?? 'broken')

it('lose only the sign-ins in flight when one is killed, accept no Response twice, and keep profiles in sync', async () => {
  const attempts: Attempt[] = []
  let over = false
  const people = Array.from({ length: PEOPLE }, async (_, i) => {
    const idp = i % 2 ? saml : oidc
    for (let edit = 0; !over; edit++) {
      const id = `${idp.protocol}-${i}`
      attempts.push(await attempt(idp, { subject: id, email: `${id}@corp.example`, title: `Title ${edit}` }))
    }
  })

  await wait(2_000)
  await oidc.rotate()
  await wait(1_000)
  const killed = instances[1]!
  const killedAt = performance.now()
  await killed.kill()
  instances[1] = await startApp({ ...settings[1]!, name: 'two again' })
  await wait(3_000)
  over = true
  await Promise.all(people)

  const lost = attempts.filter(({ accepted }) => accepted === 0)
  /** Requests in flight at the killed instance; nginx logs every instance that it tried. */
  const inFlight = ({ requests }: Attempt): boolean =>
    requests.some(
      ({ began, ended, page }) =>
        began <= killedAt &&
        killedAt <= ended &&
        page?.headers.get('x-upstream')?.includes(`:${settings[1]!.port}`) !== false,
    )
  expect(lost.filter((one) => !inFlight(one)).map(statuses)).toEqual([])
  expect(attempts.filter(({ accepted }) => accepted > 1).map(statuses)).toEqual([])
  const whole = attempts.filter(({ accepted }) => accepted === 1)
  const wrong = whole.filter(
    ({ seen, person }) => seen?.email !== person.email || seen.title !== person.title,
  )
  expect(wrong.filter((one) => !inFlight(one)).map(({ seen, person }) => ({ seen, person }))).toEqual([])
  const told = new Set(attempts.filter((one) => !inFlight(one)).flatMap(statuses))
  expect(told).toEqual(new Set([302, 200]))

  expect(await database.collection('users').countDocuments()).toBe(PEOPLE)
  const users = await database.collection('users').find().toArray()
  expect(users.filter(({ identities }) => (identities as unknown[]).length !== 1)).toEqual([])
  // Checks that the test was real: under load, over both protocols, at different instances, and on the restarted one.
  const by = (protocol: string): number => whole.filter((one) => one.protocol === protocol).length
  const served = new Set(
    attempts.flatMap(({ requests }) => requests.map(({ page }) => page?.headers.get('x-instance'))),
  )
  expect([...served]).toEqual(expect.arrayContaining(['one', 'two', 'two again', 'three']))
  expect(Math.min(by('saml'), by('oidc'), whole.filter(({ apart }) => apart).length)).toBeGreaterThan(10)
  expect([killed, ...instances].map(({ said }) => said())).toEqual(['', '', '', ''])
}, 120_000)

it('serve a source that was added at one of them', async () => {
  const config = { ...saml.source('added'), label: 'Added' }
  const answer = await fetch(`http://127.0.0.1:${settings[0]!.port}/admin/api/sources`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: origin },
    body: JSON.stringify(config),
  })
  expect(answer.status).toBe(201)
  await wait(3_000)
  for (const { port } of settings) {
    const page = await new Browser().request(`http://127.0.0.1:${port}/sso/added/login`)
    expect(page.status).toBe(302)
  }
  const person = { subject: 'newcomer', email: 'newcomer@corp.example', title: 'New' }
  const { accepted, seen } = await attempt(saml, person, 'added')
  expect([accepted, seen]).toEqual([1, expect.objectContaining({ email: person.email, title: 'New' })])
})

it('set Secure cookies if the proxy reports https', async () => {
  const browser = new Browser(fetchPage)
  const start = await browser.request(`${origin}/sso/saml/login`)
  expect(start.headers.getSetCookie().join('\n')).toMatch(
    /^__Host-jit_browser_[\w-]+=[^;]+;.*Secure; SameSite=None$/,
  )
  const person = { subject: randomBytes(4).toString('hex'), email: 'cookie@corp.example', title: 'New' }
  const done = await (await saml.answer(browser, start, person))(browser)
  expect(done.headers.getSetCookie().join('\n')).toMatch(/^connect\.sid=[^;]+;.*Secure; SameSite=Lax$/)
})
