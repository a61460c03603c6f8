import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from '../../example-app/test/helpers/browser'
import { requestXml } from '../helpers/saml-app'
import { createKeys, type Keys } from '../helpers/saml-idp'
import { assertedXml, logoutRequestXml, logoutResponseXml, postForm, slo } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

/**
 * Single logout in a real browser, with an identity provider on another site that posts its messages, and an app whose
 * pages allow forms only to its own origin.
 */

let keys: Keys
let app: WebApp
let idp: Server
let idpOrigin: string
let browser: Browser

beforeAll(async () => {
  keys = await createKeys('idp.example')
  idp = createServer((req, res) => {
    void answer(new URL(req.url!, idpOrigin)).then((html) =>
      res.setHeader('content-type', 'text/html').end(html),
    )
  }).listen(0, '127.0.0.1')
  await once(idp, 'listening')
  idpOrigin = `http://localhost:${(idp.address() as AddressInfo).port}`
  app = await webApp({
    sources: () => [slo(keys, 'okta', { entryPoint: `${idpOrigin}/sso`, logoutUrl: `${idpOrigin}/slo` })],
    before: [
      (req, res, next) => {
        if (req.path !== '/page') return next()
        res.set('Content-Security-Policy', "default-src 'none'; form-action 'self'").type('html')
        res.send('<form method="post" action="/sso/logout"><button>Sign out</button></form>')
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

/** The identity provider's pages: forms that post themselves. */
async function answer(address: URL): Promise<string> {
  const { pathname } = address
  const destination = `${app.origin}/sso/okta/logout`
  if (pathname === '/sso') {
    const start = { headers: new Headers({ location: address.href }) }
    const xml = await assertedXml(app, keys, {}, start as never)
    return form(`${app.origin}/sso/okta/callback`, { SAMLResponse: Buffer.from(xml).toString('base64') })
  }
  if (pathname === '/start')
    return form(destination, postForm('SAMLRequest', logoutRequestXml({ destination }), keys))
  if (pathname !== '/slo') return ''
  if (address.searchParams.has('SAMLResponse')) return '<h1>Signed out everywhere</h1>'
  const inResponseTo = / ID="([^"]+)"/.exec(requestXml(address.href))![1]!
  return form(destination, postForm('SAMLResponse', logoutResponseXml({ destination, inResponseTo }), keys))
}

function form(action: string, fields: Record<string, string>): string {
  const inputs = Object.entries(fields).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  return `<form method="post" action="${action}">${inputs.join('')}</form><script>document.forms[0].submit()</script>`
}

async function signedIn(): Promise<Page> {
  const page = await (await browser.newContext()).newPage()
  await page.goto(`${app.origin}/sso/okta/login?returnTo=%2Fme`)
  await page.waitForURL(`${app.origin}/me`)
  expect(await page.locator('body').innerText()).toContain('ann-1@corp.example')
  return page
}

async function whoIsIn(page: Page): Promise<string> {
  await page.goto(`${app.origin}/me`)
  return page.locator('body').innerText()
}

describe('single logout in a browser', () => {
  it('goes to the identity provider and returns, even if the app’s policy keeps forms on its origin', async () => {
    const page = await signedIn()
    await page.goto(`${app.origin}/page`)
    const away = page.waitForRequest(/\/slo\?SAMLRequest=/)
    await page.getByRole('button').click()
    await away
    await page.waitForURL(`${app.origin}/`)
    expect(await whoIsIn(page)).toContain('"user":null')
  })

  it('ends the session here when the identity provider starts it, even though its form sends no session cookie', async () => {
    const page = await signedIn()
    await page.goto(`${idpOrigin}/start`)
    await page.getByRole('heading', { name: 'Signed out everywhere' }).waitFor()
    expect(await whoIsIn(page)).toContain('"user":null')
  })
})
