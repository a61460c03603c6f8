import { verify } from 'node:crypto'
import express from 'express'
import express4 from 'express4'
import request from 'supertest'
import type { JitError } from '../../src/index'
import { Browser, type Page } from '../helpers/oidc-browser'
import { createKeys, type Keys } from '../helpers/saml-idp'
import {
  assertedXml,
  IDP,
  logoutResponseXml,
  type LogoutResponseOptions,
  me,
  messageIn,
  PERSISTENT,
  postForm,
  redirectQuery,
  samlSignIn,
  SLO,
  slo,
} from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

const STATUS = 'urn:oasis:names:tc:SAML:2.0:status'

let keys: Keys
let sp: Keys
let stranger: Keys
let app: WebApp
let browser: Browser

beforeAll(async () => {
  ;[keys, sp, stranger] = await Promise.all([createKeys('idp'), createKeys('sp'), createKeys('stranger')])
})
beforeEach(() => {
  browser = new Browser()
})
afterEach(() => app?.close())

const address = (): string => `${app.origin}/sso/okta/logout`

/** The headers that a browser sends when a person presses the sign-out button. */
function signOut(headers: Record<string, string> = {}): Promise<Page> {
  return browser.request(`${app.origin}/sso/logout`, {}, { origin: app.origin, ...headers })
}

async function leave(): Promise<string> {
  await samlSignIn(app, keys, browser)
  return / ID="([^"]+)"/.exec(messageIn(await signOut(), 'SAMLRequest'))![1]!
}

function answer(
  inResponseTo: string,
  options: Partial<LogoutResponseOptions> = {},
  from = browser,
): Promise<Page> {
  const xml = logoutResponseXml({ destination: address(), inResponseTo, ...options })
  return from.request(`${address()}?${redirectQuery('SAMLResponse', xml, keys)}`)
}

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('sign-out, with %s', (_, framework) => {
  it('ends the session here, and then sends the browser to the identity provider with a LogoutRequest', async () => {
    app = await webApp({
      sources: () => [
        slo(keys, 'okta', { logoutUrl: `${SLO}?tenant=7`, privateKey: sp.key, publicCert: sp.cert }),
      ],
      framework,
    })
    const name = `Format="${PERSISTENT}" NameQualifier="${IDP}" SPNameQualifier="sp &amp; co"`
    await samlSignIn(app, keys, browser, { nameId: 'ann-1', name, sessionIndex: 'session &lt;1&gt;' })
    expect(await me(app, browser)).toBe('ann-1@corp.example')
    const page = await signOut()
    expect(page.status).toBe(302)
    expect(await me(app, browser)).toBeUndefined()
    const [base, query = ''] = page.headers.get('location')!.split('?tenant=7&')
    expect(base).toBe(SLO)
    const [signed = '', signature = ''] = query.split('&Signature=')
    expect(signed).toMatch(/^SAMLRequest=[^&]+&SigAlg=[^&]+rsa-sha256$/)
    const value = Buffer.from(decodeURIComponent(signature), 'base64')
    expect(verify('RSA-SHA256', Buffer.from(signed), sp.cert, value)).toBe(true)
    const xml = messageIn(page, 'SAMLRequest')
    expect(xml).toContain(`Destination="${SLO}?tenant=7"`)
    expect(xml).toContain(`<saml:Issuer>${app.origin}/sso/okta/metadata</saml:Issuer>`)
    expect(xml).toContain(
      `<saml:NameID NameQualifier="${IDP}" SPNameQualifier="sp &#38; co" Format="${PERSISTENT}">ann-1</saml:NameID>`,
    )
    expect(xml).toContain('<samlp:SessionIndex>session &#60;1&#62;</samlp:SessionIndex>')
  })

  it.each(['HTTP-Redirect', 'HTTP-POST'])(
    'completes when the identity provider confirms by %s',
    async (binding) => {
      app = await webApp({ sources: () => [slo(keys)], framework, router: { successRedirect: '/bye' } })
      const inResponseTo = await leave()
      const xml = logoutResponseXml({ destination: address(), inResponseTo })
      const page =
        binding === 'HTTP-POST'
          ? await browser.request(address(), postForm('SAMLResponse', xml, keys))
          : await browser.request(`${address()}?${redirectQuery('SAMLResponse', xml, keys)}`)
      expect([page.status, page.headers.get('location')]).toEqual([302, '/bye'])
    },
  )
})

describe('sign-out', () => {
  it('redirects a form post through a page, since the form’s page may forbid a redirect', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    await samlSignIn(app, keys, browser)
    const page = await request(app.origin)
      .post('/sso/logout')
      .set({ 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Mode': 'navigate' })
      .set('Cookie', browser.cookiesFor(app.origin))
    expect(page.status).toBe(200)
    expect(page.headers.refresh).toMatch(/^0; url=https:\/\/idp\.example\/slo\?SAMLRequest=/)
    expect(await me(app, browser)).toBeUndefined()
  })

  it('goes to the identity provider of this session, and ends only this session here', async () => {
    app = await webApp({
      sources: () => [slo(keys), slo(keys, 'other', { logoutUrl: 'https://other.example/slo' })],
    })
    const elsewhere = new Browser()
    await samlSignIn(app, keys, elsewhere)
    await samlSignIn(app, keys, browser, { source: 'other' })
    expect((await signOut()).headers.get('location')).toMatch(/^https:\/\/other\.example\/slo\?/)
    expect([await me(app, browser), await me(app, elsewhere)]).toEqual([undefined, 'ann-1@corp.example'])
  })

  it.each([
    ['if the source has no logoutUrl', { logoutUrl: undefined }, {}],
    ['if the provider sent no NameID', {}, { nameId: null, email: 'ann-1@corp.example' }],
  ])('is local only %s', async (_, saml, as) => {
    app = await webApp({ sources: () => [slo(keys, 'okta', saml)], router: { successRedirect: '/bye' } })
    await samlSignIn(app, keys, new Browser())
    await samlSignIn(app, keys, browser, as)
    expect(await me(app, browser)).toBe('ann-1@corp.example')
    const page = await signOut()
    expect([page.status, page.headers.get('location')]).toEqual([302, '/bye'])
    expect(await me(app, browser)).toBeUndefined()
  })

  it('emits an event to the app', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const told: unknown[] = []
    app.jit.on('logout', (ended) => told.push(ended))
    await leave()
    expect(told).toEqual([{ source: 'okta', sessions: [expect.stringMatching(/^\S{32}$/)] }])
    await signOut()
    expect(told).toHaveLength(1)
  })

  it('refuses a cross-site request', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    await samlSignIn(app, keys, browser)
    expect((await signOut({ origin: 'https://evil.example' })).status).toBe(403)
    expect((await signOut({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await browser.request(`${app.origin}/sso/logout`)).text).toContain('/sso/logout')
    expect(await me(app, browser)).toBe('ann-1@corp.example')
  })
})

describe('the identity provider’s LogoutResponse', () => {
  const page = expect.stringContaining('You are signed out here') as string

  it.each([
    ['is a refusal', [`${STATUS}:Responder`]],
    ['is a refusal with two status codes', [`${STATUS}:Requester`, `${STATUS}:RequestDenied`]],
    ['reports a partial logout', [`${STATUS}:Success`, `${STATUS}:PartialLogout`]],
  ])('is shown as a plain page if it %s', async (_, status) => {
    app = await webApp({ sources: () => [slo(keys)], router: { successRedirect: '/bye' } })
    const shown = await answer(await leave(), { status })
    expect([shown.status, shown.text]).toEqual([200, page])
    expect(shown.text).toContain('may still hold a session')
    expect(shown.text).toContain('href="/bye"')
  })

  const hostile: [string, string, (id: string) => Promise<Page>][] = [
    ['unsigned', 'signature', (id) => answerAs(id, keys, null)],
    ['if another key signed it', 'signature', (id) => answerAs(id, stranger)],
    ['if it is from another issuer', 'issuer', (id) => answer(id, { issuer: 'https://other.example' })],
    [
      'if it is for another URL',
      'destination',
      (id) => answer(id, { destination: `${app.origin}/sso/okta/callback` }),
    ],
    ['without a Destination', 'destination', (id) => answer(id, { destination: null })],
    ['without InResponseTo', 'structure', (id) => answer(id, { inResponseTo: null })],
    ['if it answers another request', 'in_response_to', () => answer('_other.logout')],
    ['without a Status', 'structure', (id) => answer(id, { status: [] })],
    ['if it answers the request of another browser', 'in_response_to', (id) => answer(id, {}, new Browser())],
  ]
  it.each(hostile)('is refused %s, and the correct one still works', async (_, check, send) => {
    app = await webApp({ sources: () => [slo(keys)] })
    const refused: unknown[] = []
    app.jit.on('refused', ({ details }) => refused.push(details.check))
    const id = await leave()
    const shown = await send(id)
    expect([400, 403]).toContain(shown.status)
    expect(shown.text).toContain('We can’t use this sign-out request')
    expect(shown.text).not.toContain(check)
    expect(refused).toEqual([check])
    expect((await answer(id)).status).toBe(302)
  })

  it('works once', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const id = await leave()
    const all = await Promise.all([answer(id), answer(id), answer(id)])
    expect(all.map(({ status }) => status).sort()).toEqual([302, 403, 403])
  })

  it('cannot be replaced with an assertion to sign in', async () => {
    app = await webApp({ sources: () => [slo(keys)] })
    const refused: JitError[] = []
    app.jit.on('refused', (error) => refused.push(error))
    await samlSignIn(app, keys, browser)
    const away = await signOut()
    expect(messageIn(away, 'SAMLRequest')).toContain('LogoutRequest')
    // An assertion that responds to the LogoutRequest.
    const response = await assertedXml(app, keys, {}, away)
    const form = { SAMLResponse: Buffer.from(response).toString('base64') }
    expect((await browser.request(`${app.origin}/sso/okta/callback`, form)).status).toBe(403)
    expect(refused[0]?.details.check).toBe('in_response_to')
    expect(await me(app, browser)).toBeUndefined()
  })

  function answerAs(inResponseTo: string, as: Keys, algorithm?: null): Promise<Page> {
    const xml = logoutResponseXml({ destination: address(), inResponseTo })
    return browser.request(`${address()}?${redirectQuery('SAMLResponse', xml, as, { algorithm })}`)
  }
})
