import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../example-app/test/helpers/browser'
import { requestXml } from '../helpers/saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from '../helpers/saml-idp'
import { webApp, type WebApp } from '../helpers/web-app'

/** An identity provider on another site than the app. A real browser does not send its SameSite=Lax cookies there. */

let keys: Keys
let app: WebApp
let idp: Server
let idpOrigin: string
let browser: Browser

beforeAll(async () => {
  keys = await createKeys('idp.example')
  idp = createServer((req, res) => {
    const address = new URL(req.url!, idpOrigin)
    const id = /ID="([^"]+)"/.exec(requestXml(address.href))![1]!
    void answer(id).then((html) => res.setHeader('content-type', 'text/html').end(html))
  }).listen(0, '127.0.0.1')
  await once(idp, 'listening')
  idpOrigin = `http://localhost:${(idp.address() as AddressInfo).port}`
  app = await webApp({
    sources: () => [
      {
        id: 'okta',
        protocol: 'saml',
        provisioning: true,
        saml: { entryPoint: `${idpOrigin}/sso`, idpIssuer: 'https://idp.example', idpCert: keys.cert },
      },
    ],
  })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  idp?.close()
  await app?.close()
})

/** A page that posts the Response by itself, as identity providers send it. */
async function answer(inResponseTo: string): Promise<string> {
  const acs = `${app.origin}/sso/okta/callback`
  const xml = await responseXml({
    ...defaults,
    sign: ['response'],
    keys,
    issuer: 'https://idp.example',
    responseIssuer: 'https://idp.example',
    audience: `${app.origin}/sso/okta/metadata`,
    recipient: acs,
    destination: acs,
    inResponseTo,
    responseInResponseTo: inResponseTo,
    attributes: [
      attribute('email', 'ann@corp.example'),
      attribute('firstName', 'Ann'),
      attribute('lastName', 'Lee'),
    ].join(''),
  })
  const value = Buffer.from(xml).toString('base64')
  return `<form method="post" action="${acs}"><input type="hidden" name="SAMLResponse" value="${value}"></form>
    <script>document.forms[0].submit()</script>`
}

/** Opens the sign-in in a separate browser, and resolves when it is back at the app. */
async function signIn(page: Page): Promise<void> {
  await page.goto(`${app.origin}/sso/okta/login?returnTo=%2Fdeep`)
  await page.waitForURL((url) => url.origin === app.origin)
}

describe('a sign-in through an identity provider on another site', () => {
  it('ends on the page it started from, in the browser that started it', async () => {
    const page = await browser.newPage()
    await signIn(page)
    expect(page.url()).toBe(`${app.origin}/deep`)
    expect(await page.locator('body').innerText()).toContain('ann@corp.example')
  })

  it('is refused to another browser', async () => {
    const page = await browser.newPage()
    const started = await page.request.get(`${app.origin}/sso/okta/login`, { maxRedirects: 0 })
    const body = await (await fetch(started.headers()['location']!)).text()
    const other = await (await browser.newContext()).newPage()
    await other.route(`${idpOrigin}/**`, (route) => route.fulfill({ contentType: 'text/html', body }))
    await other.goto(`${idpOrigin}/`)
    await other.waitForURL(`${app.origin}/sso/okta/callback`)
    expect(await other.locator('h1').innerText()).toBe('We can’t use this response')
  })
})
