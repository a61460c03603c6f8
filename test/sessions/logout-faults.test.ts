import { type DevMongo, startDevMongo } from 'dev-mongo'
import type { JitError } from '../../src/index'
import { Browser, type Page } from '../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../helpers/oidc-hostile'
import { createKeys, type Keys } from '../helpers/saml-idp'
import { logoutRequestXml, me, messageIn, redirectQuery, samlSignIn, slo } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

/** The database is down at one command of a logout. The session store is not. */

const provider = new HostileProvider()
let keys: Keys
let database: DevMongo
let app: WebApp
let ann: Browser
let errors: string[]

beforeAll(async () => {
  provider.keys = [await makeKey()]
  ;[keys] = await Promise.all([createKeys('idp'), provider.start()])
})
afterAll(() => provider.close())
beforeEach(async () => {
  database = await startDevMongo()
  const oidc = { issuer: provider.issuer, clientID: 'app' }
  app = await webApp({
    sources: () => [slo(keys), { id: 'entra', protocol: 'oidc', oidc }],
    mongo: { uri: `${database.uri}/test`, close: () => database.close() },
  })
  ann = new Browser()
  await samlSignIn(app, keys, ann)
  errors = []
  app.jit.on('error', (error) => errors.push((error as JitError).code))
})
afterEach(() => app.close())

function order(): Promise<Page> {
  const destination = `${app.origin}/sso/okta/logout`
  const xml = logoutRequestXml({ destination, id: '_the-same' })
  return new Browser().request(`${destination}?${redirectQuery('SAMLRequest', xml, keys)}`)
}

async function token(): Promise<Page> {
  const now = Math.floor(Date.now() / 1000)
  const events = { 'http://schemas.openid.net/event/backchannel-logout': {} }
  const claims = {
    iss: provider.issuer,
    aud: 'app',
    iat: now,
    exp: now + 60,
    jti: 'the-same',
    sub: 'x',
    events,
  }
  const address = `${app.origin}/sso/entra/backchannel-logout`
  return new Browser().request(address, { logout_token: await provider.sign(claims) })
}

describe('a logout message while the database is down', () => {
  it.each([
    ['a failure to record the message', 'insert'],
    ['a failure to record the logout', 'update'],
    ['a failure to find sessions', 'find'],
    ['a failure to delete sessions', 'delete'],
  ])('%s gets a failure response, and can be sent again afterwards', async (_, command) => {
    const behave = database.misbehave({ command, drop: true })
    expect(messageIn(await order(), 'SAMLResponse')).toContain('status:Responder"')
    expect(errors).toEqual(['database_unavailable'])
    behave()
    // If the record of the first use could not be removed, it counts.
    const again = await order()
    if (command === 'delete') expect(again.status).toBe(403)
    else expect(messageIn(again, 'SAMLResponse')).toContain('status:Success"')
    expect(await me(app, ann)).toBeUndefined()
  })

  it.each(['insert', 'update', 'find'])('gets 400 at the back channel, at its %s', async (command) => {
    const behave = database.misbehave({ command, drop: true })
    const page = await token()
    expect([page.status, JSON.parse(page.text)]).toMatchObject([400, { error: 'logout_failed' }])
    expect(errors).toEqual(['database_unavailable'])
    behave()
    expect((await token()).status).toBe(200)
  })
})

describe('sign-out while the database is down', () => {
  const signOut = (): Promise<Page> => ann.request(`${app.origin}/sso/logout`, {}, { origin: app.origin })

  it.each([
    // The first reads the user, and the driver retries each.
    [
      'a failure to find the session',
      [
        { command: 'find', nth: 2 },
        { command: 'find', nth: 2 },
      ],
    ],
    ['a failure to delete the session', [{ command: 'delete' }]],
    ['a failure to record the request', [{ command: 'insert' }]],
  ])('%s ends the session here, and says that the provider may still hold one', async (_, faults) => {
    for (const how of faults) database.misbehave({ ...how, drop: true })
    const page = await signOut()
    database.behave()
    expect([page.status, page.text.includes('may still hold a session')]).toEqual([200, true])
    expect(errors).toEqual(['database_unavailable'])
    expect(await me(app, ann)).toBeUndefined()
  })
})
