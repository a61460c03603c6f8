import { setTimeout as wait } from 'node:timers/promises'
import mongoose from 'mongoose'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser } from '../helpers/oidc-browser'
import type { Bends, Json } from '../helpers/oidc-hostile'
import { hang, HostileProvider, huge, makeKey, text } from '../helpers/oidc-hostile'
import { type RunningScript, startScript } from '../helpers/script'

/**
 * The holes of passport-openidconnect that this library closes. A provider misbehaves toward an app with each library.
 * Each app runs in its own process, since some tests crash it.
 */

type Kind = 'ours' | 'bare'

interface App {
  origin: string
  /** Whether its process still runs. */
  runs(): boolean
}

let mongo: TestMongo
let users: mongoose.Collection
let provider: HostileProvider
const running: RunningScript[] = []
const apps = {} as Record<Kind, App>

beforeAll(async () => {
  mongo = await testMongo()
  const connection = await mongoose.createConnection(mongo.uri).asPromise()
  users = connection.collection('users')
  provider = new HostileProvider()
  await provider.start()
  provider.keys = [await makeKey()]
  const [ours, bare] = await Promise.all([start('ours'), start('bare')])
  Object.assign(apps, { ours, bare })
})
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()))
  await provider.close()
  await users.conn.close()
  await mongo.close()
})
beforeEach(async () => {
  provider.bend = {}
  await users.deleteMany({})
})

async function start(kind: Kind, settings: { failing?: boolean } = {}): Promise<App> {
  const rest = { issuer: provider.issuer, ...settings }
  const script = await (kind === 'ours'
    ? startScript('oidc-instance.ts', { uri: mongo.uri, sources: ['idp'], ...rest })
    : startScript('oidc-bare-app.ts', rest))
  running.push(script)
  let runs = true
  void script.exit.then(() => (runs = false))
  return { origin: script.printed, runs: () => runs }
}

/** The results of the same attempt at both apps. */
async function either(attempt: (app: App) => Promise<boolean>): Promise<Record<Kind, boolean>> {
  return { bare: await attempt(apps.bare), ours: await attempt(apps.ours) }
}

const signIn = (app: App, browser: Browser): Promise<unknown> =>
  browser.follow(`${app.origin}/sso/idp/login`).catch(() => undefined)

/** A sign-in up to the provider's response. */
async function answerFor(app: App, browser: Browser): Promise<URL> {
  const page = await browser.follow(`${app.origin}/sso/idp/login`, undefined, (url) =>
    url.includes('/callback'),
  )
  return new URL(page.headers.get('location')!, page.url)
}

async function isIn(app: App, browser: Browser): Promise<boolean> {
  const { text: page } = await browser.request(`${app.origin}/me`)
  return (JSON.parse(page) as { user: unknown }).user !== null
}

/** Whether a sign-in succeeds. */
async function letsIn(app: App): Promise<boolean> {
  const browser = new Browser()
  await signIn(app, browser)
  return isIn(app, browser)
}

/** The email, which identifies the person, has to come from UserInfo. */
const withoutEmail = ({ email: _, ...claims }: Json): Json => claims

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

it('both strategies accept a sign-in from a valid provider', async () => {
  expect(await either(letsIn)).toEqual({ bare: true, ours: true })
})

describe('the bare strategy accepts, and this library refuses,', () => {
  const holes: [title: string, bend: () => Bends][] = [
    ['an unsigned ID token', () => ({ sign: (claims) => `${base64({ alg: 'none' })}.${base64(claims)}.` })],
    [
      'an ID token signed with another key',
      () => ({ sign: async (claims) => provider.sign(claims, {}, await makeKey()) }),
    ],
    [
      'an ID token from another sign-in',
      () => ({ claims: (claims) => ({ ...claims, nonce: 'of another sign-in' }) }),
    ],
    [
      'an ID token with the hash of another access token',
      () => ({ claims: (claims) => ({ ...claims, at_hash: 'other' }) }),
    ],
    ['UserInfo of another person', () => ({ userInfo: { sub: 'bob', email: 'bob@example.com' } })],
    [
      'an email from UserInfo larger than a megabyte',
      () => ({
        claims: withoutEmail,
        reply: { userinfo: huge({ sub: 'alice', email: 'alice@example.com' }) },
      }),
    ],
    [
      'a response from another provider (mix-up, RFC 9207)',
      () => ({ response: (response) => response.set('iss', 'https://evil.example') }),
    ],
  ]
  it.each(holes)('%s', async (_title, bend) => {
    provider.bend = bend()
    expect(await either(letsIn)).toEqual({ bare: true, ours: false })
  })

  it('a stolen code redeemed by the thief', async () => {
    const steal = async (app: App): Promise<boolean> => {
      const [victim, thief] = [new Browser(), new Browser()]
      const [stolen, own] = [await answerFor(app, victim), await answerFor(app, thief)]
      own.searchParams.set('code', stolen.searchParams.get('code')!)
      await thief.request(own.href)
      return isIn(app, thief)
    }
    expect(await either(steal)).toEqual({ bare: true, ours: false })
  })
})

it('this library accepts form_post responses, and the bare strategy does not', async () => {
  const post = async (app: App): Promise<boolean> => {
    const browser = new Browser()
    const { origin, pathname, searchParams } = await answerFor(app, browser)
    await browser.request(`${origin}${pathname}`, Object.fromEntries(searchParams))
    return isIn(app, browser)
  }
  expect(await either(post)).toEqual({ bare: false, ours: true })
})

it('this library stops waiting for a provider that hangs, and the bare strategy does not', async () => {
  provider.bend = { reply: { token: hang() } }
  const answers = (app: App): Promise<boolean> =>
    Promise.race([signIn(app, new Browser()).then(() => true), wait(7500).then(() => false)])
  const [bare, ours] = await Promise.all([answers(apps.bare), answers(apps.ours)])
  expect({ bare, ours }).toEqual({ bare: false, ours: true })
})

describe('the bare strategy', () => {
  const seen = async (app: App): Promise<string> => {
    const browser = new Browser()
    await signIn(app, browser)
    return (await browser.request(`${app.origin}/me`)).text
  }

  it('does not report whether an email is verified; this library links no user by an unverified email', async () => {
    await users.insertOne({ email: 'alice@example.com', firstName: 'Alice' })
    const told: Record<string, string> = {}
    for (const verified of [false, true]) {
      provider.bend = { claims: (claims) => ({ ...claims, email_verified: verified }) }
      told[`bare ${verified}`] = await seen(apps.bare)
      expect(await letsIn(apps.ours)).toBe(verified)
    }
    expect(told['bare true']).toBe(told['bare false'])
  })

  it('drops every claim it does not know; this library keeps them', async () => {
    provider.bend = { userInfo: { title: 'CTO' } }
    expect(await seen(apps.bare)).not.toContain('CTO')
    expect(await seen(apps.ours)).toContain('CTO')
  })
})

describe('the bare strategy crashes the process, and this library does not,', () => {
  const survives = async (app: App): Promise<boolean> => {
    const browser = new Browser()
    await signIn(app, browser)
    await wait(200)
    return app.runs() && !(await isIn(app, browser))
  }

  it('if UserInfo is not JSON', async () => {
    provider.bend = { claims: withoutEmail, reply: { userinfo: text('<html>') } }
    expect([await survives(await start('bare')), await survives(apps.ours)]).toEqual([false, true])
  })

  it('if the database is down in an asynchronous callback', async () => {
    // A user for whom the app cannot tell whether they are active.
    await letsIn(apps.ours)
    const [bare, ours] = await Promise.all([
      start('bare', { failing: true }),
      start('ours', { failing: true }),
    ])
    expect([await survives(bare), await survives(ours)]).toEqual([false, true])
  })
})
