import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import { Browser } from '../helpers/oidc-browser'
import { createKeys, type Keys } from '../helpers/saml-idp'
import { IDP, me, PERSISTENT, samlSignIn, slo } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

// eslint-disable-next-line @typescript-eslint/no-require-imports
const samlp = require('samlp') as { logout(options: object): express.RequestHandler }
const binding = (name: string): string => `urn:oasis:names:tc:SAML:2.0:bindings:${name}`

let keys: Keys
let sp: Keys
let idp: { origin: string; close: () => Promise<void> }
let app: WebApp
/** samlp's record of its sessions. */
const participants: object[] = []

beforeAll(async () => {
  ;[keys, sp] = await Promise.all([createKeys('idp'), createKeys('sp')])
})
afterEach(() => Promise.all([app?.close(), idp?.close()]))

/** The logout service of the samlp package, set up independently. */
async function startIdp(protocolBinding: string): Promise<void> {
  const server = express()
  server.use((req, _res, next) => {
    Object.defineProperty(req, 'query', { value: { ...req.query }, writable: true })
    next()
  })
  server.use(session({ secret: 'idp', name: 'idp.sid', resave: false, saveUninitialized: true }))
  server.use(express.urlencoded({ extended: false }))
  server.all('/logout', (req, res, next) => {
    req.body ??= {}
    // It responds with a number, which Express 5 does not accept.
    const send = res.send.bind(res)
    res.send = (body: unknown) => send(typeof body === 'number' ? String(body) : body)
    const { SessionParticipants } = stored()
    const options = { issuer: IDP, cert: keys.cert, key: keys.key, deflate: true, protocolBinding }
    samlp.logout({ ...options, sessionParticipants: SessionParticipants })(req, res, next)
  })
  const listening = createServer(server).listen(0, '127.0.0.1')
  await once(listening, 'listening')
  idp = {
    origin: `http://127.0.0.1:${(listening.address() as AddressInfo).port}`,
    close: async () => {
      listening.closeAllConnections()
      await new Promise((resolve) => listening.close(resolve))
    },
  }
}

function stored(): { SessionParticipants: object } {
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const Participants = require('samlp/lib/sessionParticipants') as new (all: object[]) => object
  return { SessionParticipants: new Participants(participants) }
}

async function signedIn(protocolBinding: string): Promise<Browser> {
  await startIdp(protocolBinding)
  const saml = { logoutUrl: `${idp.origin}/logout`, privateKey: sp.key, publicCert: sp.cert }
  app = await webApp({ sources: () => [slo(keys, 'okta', saml)], router: { successRedirect: '/bye' } })
  const browser = new Browser()
  await samlSignIn(app, keys, browser, { sessionIndex: '_samlp' })
  participants.splice(0, participants.length, {
    serviceProviderId: `${app.origin}/sso/okta/metadata`,
    ...{ nameId: 'ann-1', nameIdFormat: PERSISTENT, sessionIndex: '_samlp' },
    serviceProviderLogoutURL: `${app.origin}/sso/okta/logout`,
    cert: sp.cert,
    binding: protocolBinding,
  })
  return browser
}

/** The form of a page that posts itself. */
function formIn(text: string): [string, Record<string, string>] {
  const action = /action="([^"]+)"/.exec(text)![1]!
  const inputs = [...text.matchAll(/name="(\w+)"\s+value="([^"]*)"/g)]
  return [action, Object.fromEntries(inputs.map(([, name = '', value = '']) => [name, value]))]
}

describe.each(['HTTP-Redirect', 'HTTP-POST'])('with a samlp identity provider, by %s', (name) => {
  it('a sign-out here ends its session, and returns', async () => {
    const browser = await signedIn(binding(name))
    const away = await browser.request(`${app.origin}/sso/logout`, {}, { origin: app.origin })
    let page = await browser.follow(away.headers.get('location')!)
    if (name === 'HTTP-POST') page = await browser.follow(...formIn(page.text))
    expect(JSON.parse(page.text)).toEqual({ at: '/bye', user: null })
    expect(participants).toEqual([])
  })

  it('a sign-out there ends the session here', async () => {
    const browser = await signedIn(binding(name))
    expect(await me(app, browser)).toBe('ann-1@corp.example')
    let page = await browser.follow(`${idp.origin}/logout`)
    if (name === 'HTTP-POST') page = await browser.follow(...formIn(page.text))
    expect([page.url.split('?')[0], page.status]).toEqual([`${idp.origin}/logout`, 200])
    expect(participants).toEqual([])
    expect(await me(app, browser)).toBeUndefined()
  })
})
