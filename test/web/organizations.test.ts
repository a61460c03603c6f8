import type { Request, RequestHandler } from 'express'
import type { SourceConfig } from '../../src'
import { Browser } from '../helpers/oidc-browser'
import { requestXml } from '../helpers/saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from '../helpers/saml-idp'
import { webApp, type WebApp } from '../helpers/web-app'

const idp = 'https://idp.example'
let keys: Keys
let app: WebApp
let browser: Browser

beforeAll(async () => {
  keys = await createKeys('idp.example')
})
beforeEach(() => {
  browser = new Browser()
})
afterEach(() => app.close())

const acme = (rest: Partial<SourceConfig> = {}): SourceConfig => ({
  ...{ id: 'okta', organization: 'acme', protocol: 'saml', provisioning: true, syncing: true },
  saml: { entryPoint: `${idp}/sso`, idpIssuer: idp, idpCert: keys.cert },
  ...rest,
})

const through: RequestHandler = (req, res, next) =>
  req.path === '/through' ? void res.json({ through: app.jit.signedInThrough(req) ?? null }) : next()

/** Signs the user with the email in the query in, without a source. `keep` keeps what the session holds. */
const password: RequestHandler = (req, res, next) => {
  if (req.path !== '/password') return next()
  const { email, keep } = req.query as Record<string, string>
  app.User.findOne({ email })
    .then((user) =>
      req.logIn(user as unknown as Express.User, { keepSessionInfo: keep === '1' } as never, (error) =>
        error ? next(error) : void res.json({}),
      ),
    )
    .catch(next)
}

const signOut: RequestHandler = (req: Request, res, next) =>
  req.path === '/sign-out' ? req.logOut({ keepSessionInfo: true }, () => void res.json({})) : next()

async function start(source: SourceConfig): Promise<void> {
  app = await webApp({ sources: () => [source], before: [through, password, signOut] })
}

async function signIn(): Promise<void> {
  const begun = await browser.request(`${app.origin}/sso/okta/login`)
  const id = /ID="([^"]+)"/.exec(requestXml(begun.headers.get('location')!))![1]!
  const acs = `${app.origin}/sso/okta/callback`
  const attributes = { email: 'ann@corp.example', firstName: 'Ann', lastName: 'Lee' }
  const xml = await responseXml({
    ...{
      ...defaults,
      sign: ['response'],
      keys,
      issuer: idp,
      responseIssuer: idp,
      recipient: acs,
      destination: acs,
    },
    ...{ audience: `${app.origin}/sso/okta/metadata`, inResponseTo: id, responseInResponseTo: id },
    attributes: Object.entries(attributes)
      .map(([name, value]) => attribute(name, value))
      .join(''),
  })
  const ended = await browser.request(acs, { SAMLResponse: Buffer.from(xml).toString('base64') })
  expect(ended.status).toBe(302)
}

const get = async (path: string): Promise<unknown> =>
  JSON.parse((await browser.request(app.origin + path)).text)

describe('signedInThrough', () => {
  it('returns the source and the organization of the current session', async () => {
    await start(acme())
    expect(await get('/through')).toEqual({ through: null })
    await signIn()
    expect(await get('/through')).toEqual({ through: { source: 'okta', organization: 'acme' } })
    browser = new Browser()
    expect(await get('/through')).toEqual({ through: null })
  })

  it('returns only the source if it has no organization', async () => {
    const { organization: _, ...source } = acme()
    await start(source)
    await signIn()
    expect(await get('/through')).toEqual({ through: { source: 'okta' } })
  })

  it.each([
    ['signs in with a password', '/password?email=bo@corp.example'],
    ['signs in with a password and the session is kept', '/password?email=bo@corp.example&keep=1'],
    ['signs out and the session is kept', '/sign-out'],
  ])('is undefined after another user %s', async (_, path) => {
    await start(acme())
    await app.User.create({ email: 'bo@corp.example' })
    await signIn()
    await get(path)
    expect(await get('/through')).toEqual({ through: null })
  })
})

describe('the logout event', () => {
  it('names the organization', async () => {
    await start(acme())
    const ended: unknown[] = []
    app.jit.on('logout', (event) => void ended.push(event))
    await signIn()
    await browser.request(`${app.origin}/sso/logout`, {}, { origin: app.origin })
    expect(ended).toEqual([{ source: 'okta', organization: 'acme', sessions: [expect.any(String)] }])
  })
})
