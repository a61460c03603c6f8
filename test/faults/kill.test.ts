import { randomBytes } from 'node:crypto'
import mongoose, { type Collection } from 'mongoose'
import { freePort } from 'dev-mongo'
import { type AppProcess, type AppSettings, startApp } from '../helpers/app-process'
import { OidcIdp, type Person, SamlIdp, type TestIdp } from '../helpers/idps'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { MongoProxy } from '../helpers/mongo-proxy'
import { Browser, type Page } from '../helpers/oidc-browser'
import { allKinds, caseOf, shapeOf, type SignInCase } from './kinds'

const PEOPLE = 200
const AT_ONCE = 12
const KILLS = 3
/** Each run breaks at other points. The title has the seed, and SEED repeats it. */
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))

let mongo: TestMongo
let proxy: MongoProxy
let users: Collection
let connection: mongoose.Connection
let idps: TestIdp[]
let settings: AppSettings
let app: AppProcess

beforeAll(async () => {
  mongo = await testMongo()
  proxy = await MongoProxy.before(mongo)
  connection = await mongoose.createConnection(mongo.uri).asPromise()
  users = connection.collection('users')
  const oidc = await OidcIdp.start()
  idps = [await SamlIdp.start(), ...Array.from({ length: 7 }, () => oidc)]
  const port = await freePort()
  settings = {
    ...{ name: 'one', mongoUri: proxy.uri, port, origin: `http://127.0.0.1:${port}` },
    encryptionKey: randomBytes(32).toString('base64'),
    sources: [...new Set(idps)].map((idp) => idp.source(idp.protocol)),
  }
  app = await startApp(settings)
})
afterAll(async () => {
  await app.kill()
  await Promise.all([...new Set(idps)].map((idp) => idp.close()))
  await connection.close()
  await proxy.close()
  await mongo.close()
})

type Somebody = { person: Person; idp: TestIdp } & SignInCase

function everybody(): Somebody[] {
  return Array.from({ length: PEOPLE }, (_, i) => {
    const person = { subject: `p${i}`, email: `p${i}@corp.example`, title: 'Boss' }
    const idp = idps[i % idps.length]!
    return { person, idp, ...caseOf(allKinds[i % allKinds.length]!, person, idp) }
  })
}

async function signIn({ person, idp }: Somebody): Promise<Page> {
  const browser = new Browser()
  const start = await browser.request(`${settings.origin}/sso/${idp.protocol}/login`)
  return (await idp.answer(browser, start, person))(browser)
}

/** Processes a list, several items at once. */
async function forEach<T>(list: T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...list]
  const worker = async (): Promise<void> => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

const storedShapes = async ({ person: { email } }: Somebody): Promise<unknown[]> =>
  (await users.find({ email }).toArray()).map(shapeOf)

/** Mulberry32. */
function random(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

it(`a process killed during ${PEOPLE} sign-ins leaves whole users who can all sign in (seed ${seed})`, async () => {
  const people = everybody()
  await users.insertMany(people.flatMap(({ user }) => (user ? [user] : [])))

  const kills = killPoints()
  let restarted: Promise<void> | undefined
  const restart = async (): Promise<void> => {
    await app.kill()
    app = await startApp(settings)
    restarted = undefined
  }
  proxy.onCommand = (command) => {
    const [name = ''] = Object.keys(command)
    if (restarted || command[name] !== 'users' || name !== kills[0]?.command || kills[0].after-- > 0) return
    kills.shift()
    restarted = restart()
  }
  const failures: unknown[] = []
  await forEach(people, async (one) => {
    await restarted
    const left = kills.length
    const failed = (how: unknown): unknown => failures.push(kills.length < left ? 'killed' : how)
    await signIn(one).then(({ status }) => status === 302 || failed(status), failed)
  })
  proxy.onCommand = () => undefined
  await restarted
  // Only those in flight.
  expect([kills, new Set(failures)]).toEqual([[], new Set(['killed'])])
  expect(failures.length).toBeLessThanOrEqual(KILLS * AT_ONCE)
  for (const one of people) expect([one.before, one.after]).toContainEqual(await storedShapes(one))

  await forEach(people, async (one) => expect((await signIn(one)).status).toBe(302))
  for (const one of people) expect(await storedShapes(one)).toEqual(one.after)
  expect(await users.countDocuments()).toBe(PEOPLE)
}, 180_000)

/** Kills at writes of new and existing users in turn; the seed chooses which. Other sign-ins can be at any point. */
function killPoints(): { command: string; after: number }[] {
  const next = random(seed)
  // A fifth of the people are new, spread evenly.
  return Array.from({ length: KILLS }, (_, i) => ({
    command: i % 2 === 0 ? 'insert' : 'update',
    after: Math.floor(next() * (PEOPLE / 5 / KILLS / 2)),
  }))
}
