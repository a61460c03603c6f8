import express, { type Request } from 'express'
import type { JitOptions, SourceConfig } from '../../src'
import { startTest } from '../../src/web/start-test'
import { companyFields, companySchema, source } from '../helpers/company'
import { Browser, type Page } from '../helpers/oidc-browser'
import { requestXml } from '../helpers/saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from '../helpers/saml-idp'
import { webApp, type WebApp } from '../helpers/web-app'

/** What the app decides, as the person, the admin and the JSON API see it. */

const idp = 'https://idp.example'
const fields = { schema: { ...companySchema, role: String, nick: String }, fields: companyFields }
const ann = { email: 'ann@corp.example', firstName: 'Ann', lastName: 'Lee' }
let keys: Keys
let app: WebApp
let browser: Browser

beforeAll(async () => {
  keys = await createKeys('idp.example')
})
beforeEach(() => {
  browser = new Browser()
})
afterEach(() => app?.close())

/** An app with one source, and a route that starts tests. */
async function start(decide: JitOptions['decide'], rest: Partial<SourceConfig> = {}): Promise<void> {
  const saml = { entryPoint: `${idp}/sso`, idpIssuer: idp, idpCert: keys.cert }
  const admin = express.Router()
  admin.post('/test', (req, _res, next) => {
    startTest(app.jit.strategy('okta'), req as unknown as Request, {
      baseUrl: `${app.origin}/sso`,
      returnTo: '/',
    }).catch(next)
  })
  app = await webApp({
    sources: () => [source({ saml, ...rest })],
    before: [admin],
    options: { decide } as never,
    fields,
  })
}

/** The provider's answer to a sign-in, or to a test. */
async function answered(begin: Page, headers: Record<string, string> = {}): Promise<Page> {
  const address =
    begin.headers.get('location') ?? (begin.headers.get('refresh') ?? '').replace(/^0; url=/, '')
  const id = /ID="([^"]+)"/.exec(requestXml(address))![1]!
  const acs = `${app.origin}/sso/okta/callback`
  const xml = await responseXml({
    ...{ ...defaults, keys, sign: ['response'], issuer: idp, responseIssuer: idp },
    ...{ audience: `${app.origin}/sso/okta/metadata`, recipient: acs, destination: acs },
    ...{ inResponseTo: id, responseInResponseTo: id },
    attributes: Object.entries(ann)
      .map(([name, value]) => attribute(name, value))
      .join(''),
  })
  return browser.request(acs, { SAMLResponse: Buffer.from(xml).toString('base64') }, headers)
}

const signIn = async (headers?: Record<string, string>): Promise<Page> =>
  answered(await browser.request(`${app.origin}/sso/okta/login`), headers)
const test = async (): Promise<Page> => answered(await browser.request(`${app.origin}/test`, {}))
const textOf = ({ text }: Page): string => text.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

describe('a person who is refused by the app', () => {
  it('reads the app’s text, escaped, with status 403', async () => {
    await start(() => ({ refuse: 'Ask <b>Bo</b> for access.' }))
    const page = await signIn()
    expect(page.status).toBe(403)
    expect(page.text).toContain('Ask &lt;b&gt;Bo&lt;/b&gt; for access.')
    expect(page.text).toContain('app_refused')
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('gets the text as JSON', async () => {
    await start(() => ({ refuse: 'No seat left.' }))
    const { status, text } = await signIn({ Accept: 'application/json' })
    expect([status, JSON.parse(text)]).toEqual([
      403,
      expect.objectContaining({ code: 'app_refused', detail: 'No seat left.', source: 'okta' }),
    ])
  })

  it('gets status 500 if the answer is invalid, and sees none of it', async () => {
    await start(() => ({ set: { rol: 'member' } }))
    const page = await signIn()
    expect(page.status).toBe(500)
    expect(page.text).not.toContain('rol')
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('gets status 500 if decide throws', async () => {
    await start(() => {
      throw new Error('ann@corp.example is unknown')
    })
    const page = await signIn()
    expect([page.status, page.text.includes('ann@corp.example')]).toEqual([500, false])
  })
})

describe('a test sign-in', () => {
  it('shows the app’s values, and writes nothing', async () => {
    await start(() => ({ set: { role: 'member', title: 'Boss' } }))
    const text = textOf(await test())
    expect(text).toContain('A real sign-in would create a new user and write 5 fields.')
    expect(text).toContain('The app’s decision It let the person in.')
    expect(text).toMatch(
      /Set by the app Field Change role role nothing → becomes member Title title nothing → becomes Boss/,
    )
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('shows that decide set nothing new, and which values the source sets', async () => {
    await start(() => ({}), { set: { nick: 'new' } })
    expect(textOf(await test())).toMatch(
      /It let the person in\. .*Set by the app .*nick nick nothing → becomes new/,
    )
    await signIn()
    expect(textOf(await test())).toContain('It let the person in. It changed no values.')
  })

  it('shows why decide refused', async () => {
    await start(() => ({ refuse: 'No seat left.' }))
    const text = textOf(await test())
    expect(text).toContain(
      'A real sign-in would be refused: You don’t have access. No seat left. app_refused',
    )
    expect(text).toContain('The app’s decision It refused: No seat left.')
  })

  it('shows that decide would let an inactive user in', async () => {
    await start(() => ({ reactivate: true, set: { active: true } }))
    await signIn()
    await app.User.updateOne({}, { active: false })
    expect(textOf(await test())).toMatch(
      /also if the account is inactive\. .*active active false → becomes true/,
    )
  })

  it('explains why an answer is invalid', async () => {
    await start(() => ({ set: { rol: 'member' } }))
    const text = textOf(await test())
    expect(text).toContain('set[&#39;rol&#39;]: the schema has no such path')
    expect(text).not.toContain('The answer can’t be used')
  })
})
