import https from 'node:https'
import net, { type AddressInfo } from 'node:net'
import tls from 'node:tls'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { certificate } from '../helpers/company'
import { ConnectProxy } from '../helpers/connect-proxy'
import { idp } from '../helpers/oidc-attack'
import { Browser } from '../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../helpers/oidc-hostile'
import { type Certified, certified } from '../helpers/private-authority'
import { trustingFetch } from '../helpers/trusting-fetch'
import { webApp } from '../helpers/web-app'

/** Providers that are behind a proxy, and whose certificates a private authority has issued. */

const proxy = new ConnectProxy()
const provider = new HostileProvider()
const variables = ['HTTPS_PROXY', 'NO_PROXY', 'https_proxy', 'no_proxy']
const stored = Object.fromEntries(variables.map((name) => [name, process.env[name]]))
let pair: Certified
let front: tls.Server

beforeAll(async () => {
  pair = await certified('localhost', 'metadata.example')
  await proxy.start()
  await provider.start()
  provider.keys = [await makeKey()]
  const behind = Number(new URL(provider.issuer).port)
  front = tls.createServer(pair, (socket) => {
    const plain = net.connect(behind, '127.0.0.1')
    socket.pipe(plain).pipe(socket)
    for (const [one, other] of [[socket, plain] as const, [plain, socket] as const])
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  await new Promise((resolve) => front.listen(0, '127.0.0.1', () => resolve(undefined)))
  provider.issuer = `https://localhost:${(front.address() as AddressInfo).port}`
  for (const name of variables) delete process.env[name]
})
afterAll(async () => {
  await provider.close()
  await proxy.close()
  front.close()
  for (const [name, value] of Object.entries(stored)) if (value !== undefined) process.env[name] = value
})
beforeEach(() => {
  proxy.asked = []
  process.env['HTTPS_PROXY'] = proxy.url
})

async function signIn(options: object, accept = 'text/html'): Promise<{ status: number; text: string }> {
  const source = idp(provider.issuer, {}, options)
  const app = await webApp({ sources: () => [source], options: { proxy: true } })
  try {
    const browser = new Browser(trustingFetch(pair.ca))
    const isHome = (url: string): boolean => new URL(url).pathname === '/'
    if (accept !== 'text/html')
      return await browser.request(`${app.origin}/sso/idp/login`, undefined, { accept })
    return await browser.follow(`${app.origin}/sso/idp/login`, undefined, isHome)
  } finally {
    await app.close()
  }
}

describe('a sign-in at a provider behind a proxy, with a private authority', () => {
  it('sends every request to the provider through the proxy', async () => {
    provider.received = []
    expect(await signIn({ ca: pair.ca })).toMatchObject({ status: 302 })
    const requests = provider.received.filter(({ path }) => path !== '/authorize')
    expect(proxy.asked).toEqual(requests.map(() => new URL(provider.issuer).host))
    expect(requests.length).toBeGreaterThan(2)
  })

  it('goes directly if NO_PROXY lists the host', async () => {
    process.env['NO_PROXY'] = 'localhost'
    expect(await signIn({ ca: pair.ca })).toMatchObject({ status: 302 })
    expect(proxy.asked).toEqual([])
    delete process.env['NO_PROXY']
  })

  it('shows the cause of a failure on the page and in JSON', async () => {
    const cause = 'its certificate is from an unknown authority'
    const page = await signIn({})
    expect(page).toMatchObject({ status: 503, text: expect.stringContaining(`The cause: ${cause}.`) })
    expect(JSON.parse((await signIn({}, 'application/json')).text)).toMatchObject({ reason: cause })
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9'
    expect((await signIn({ ca: pair.ca })).text).toContain(
      'the proxy could not be reached: the connection was refused',
    )
  })
})

describe('an admin who saves a source', () => {
  let app: AdminApp
  const metadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example">
    <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
      <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>${certificate.replace(/-----[^-]+-----/g, '')}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
      <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>
    </IDPSSODescriptor></EntityDescriptor>`
  let server: https.Server

  beforeAll(async () => {
    app = await adminApp({ options: { proxy: true } })
    server = https.createServer(pair, (_req, res) => void res.end(metadata))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    proxy.table = { 'metadata.example:443': (server.address() as AddressInfo).port }
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await app.close()
  })

  interface Answer {
    status: number
    body: { warnings?: string[]; errors?: { option: string; message: string }[]; version?: number } & Record<
      string,
      unknown
    >
  }

  async function api(method: string, path: string, body: object): Promise<Answer> {
    const response = await fetch(`${app.admin}/api/sources${path}`, {
      method,
      headers: { cookie: 'who=admin', origin: app.origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Answer['body'] }
  }

  const metadataUrl = 'https://metadata.example/'

  it('imports metadata through the proxy, with the source’s private authority', async () => {
    const saml = { metadataUrl, ca: pair.ca }
    const added = await api('POST', '', { id: 'adfs', protocol: 'saml', saml })
    expect([added.status, added.body['saml']]).toEqual([
      201,
      expect.objectContaining({ idpIssuer: 'https://idp.example', ca: pair.ca }),
    ])
    expect(proxy.asked).toEqual(['metadata.example:443'])
    const again = await api('PATCH', '/adfs', { version: 1, saml: { metadataUrl } })
    expect([again.status, again.body['saml']]).toEqual([200, expect.objectContaining({ ca: pair.ca })])
  })

  it('imports it with the form too', async () => {
    const form = { protocol: 'saml', id: 'by-form', 'saml.metadataUrl': metadataUrl, 'saml.ca': pair.ca }
    const response = await fetch(`${app.admin}/`, {
      method: 'POST',
      headers: { cookie: 'who=admin', origin: app.origin },
      body: new URLSearchParams({ ...form, action: 'read-metadata' }),
    })
    expect(await response.text()).toContain('The form is filled in from the metadata.')
  })

  it('sees that the authority is unknown', async () => {
    const added = await api('POST', '', { id: 'unknown', protocol: 'saml', saml: { metadataUrl } })
    expect([added.status, added.body.errors?.[0]?.message]).toEqual([
      422,
      expect.stringContaining('could not be reached: its certificate is from an unknown authority.'),
    ])
  })

  it('sees a warning with the cause if the provider doesn’t answer', async () => {
    const { issuer } = provider
    const added = await api('POST', '', { id: 'oidc', protocol: 'oidc', oidc: { issuer, clientID: 'app' } })
    expect(added).toMatchObject({
      status: 201,
      body: {
        warnings: [
          expect.stringContaining(
            'could not be reached. No one can sign in until it can. The cause: its certificate is from an unknown authority.',
          ),
        ],
      },
    })
    const trusted = await api('PATCH', '/oidc', { version: 1, oidc: { ca: pair.ca } })
    expect(trusted.body.warnings?.join()).not.toContain('could not be reached')
  })

  it('can set endpoints and the discovery address through the API and the form', async () => {
    const { issuer } = provider
    const names = ['authorizationURL', 'tokenURL', 'jwksURL', 'userInfoURL', 'endSessionURL', 'discoveryURL']
    const given = Object.fromEntries(names.map((name) => [name, `${issuer}/${name}`]))
    const oidc = { issuer, clientID: 'app', ca: pair.ca, ...given }
    const added = await api('POST', '', { id: 'by-hand', protocol: 'oidc', oidc })
    expect([added.status, added.body['oidc']]).toEqual([201, oidc])
    const page = await fetch(`${app.admin}/by-hand/edit`, { headers: { cookie: 'who=admin' } })
    const text = await page.text()
    for (const name of names) expect(text).toContain(`value="${issuer}/${name}"`)
  })
})
