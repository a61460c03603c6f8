import { randomBytes } from 'node:crypto'
import { type AppInstance, type Instances, startInstances } from '../helpers/instances'
import { Browser, type Page } from '../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../helpers/oidc-hostile'
import { requestXml } from '../helpers/saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from '../helpers/saml-idp'

let group: Instances
let first: AppInstance
let second: AppInstance
let provider: HostileProvider
let keys: Keys

beforeAll(async () => {
  provider = new HostileProvider()
  provider.keys = [await makeKey()]
  await provider.start()
  keys = await createKeys('idp.example')
  const encryptionKey = randomBytes(32)
  group = await startInstances([encryptionKey, encryptionKey])
  ;[first, second] = group.all as [AppInstance, AppInstance]
})
afterAll(async () => {
  await group.close()
  await provider.close()
})

/** An admin's request to the API of the first instance. */
async function edit(method: string, path: string, body?: object): Promise<unknown> {
  group.use(first)
  const headers = { 'x-admin': 'yes', origin: group.origin, 'content-type': 'application/json' }
  const address = `${group.origin}/admin/sso/api/sources${path}`
  const response = await fetch(address, { method, headers, body: body && JSON.stringify(body) })
  expect([method, path, response.status]).toEqual([method, path, expect.any(Number)])
  expect(response.ok).toBe(true)
  group.use(second)
  return response.status === 204 ? undefined : await response.json()
}

const visit = (browser: Browser, path: string, form?: Record<string, string>): Promise<Page> =>
  browser.request(new URL(path, group.origin).href, form)

/** Requests the start of a sign-in from the second instance until it responds with this status. */
async function untilItAnswers(source: string, status: number): Promise<void> {
  while ((await visit(new Browser(), `/sso/${source}/login`)).status !== status) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

interface Protocol {
  name: string
  config: () => object
  /** Delivers the provider's response about the person. */
  answer: (browser: Browser, start: Page, title: string) => Promise<Page>
}

const protocols: Protocol[] = [
  {
    name: 'oidc',
    config: () => ({ oidc: { issuer: provider.issuer, clientID: 'app', clientSecret: 'hush' } }),
    async answer(browser, start, title) {
      provider.bend = { claims: (claims) => ({ ...claims, title }) }
      const answer = await browser.request(start.headers.get('location')!)
      return visit(browser, answer.headers.get('location')!)
    },
  },
  {
    name: 'saml',
    config: () => ({
      saml: { entryPoint: 'https://idp.example/sso', idpIssuer: 'https://idp.example', idpCert: keys.cert },
    }),
    async answer(browser, start, title) {
      const id = /ID="([^"]+)"/.exec(requestXml(start.headers.get('location')!))![1]!
      const [callback, audience] = ['callback', 'metadata'].map((end) => `${group.origin}/sso/saml/${end}`)
      const names = { email: 'ann@corp.example', firstName: 'Ann', lastName: 'Lee', title }
      const xml = await responseXml({
        ...defaults,
        ...{ keys, sign: ['response'], issuer: 'https://idp.example', responseIssuer: 'https://idp.example' },
        ...{ audience: audience!, recipient: callback!, destination: callback! },
        ...{ inResponseTo: id, responseInResponseTo: id },
        attributes: Object.entries(names)
          .map(([name, value]) => attribute(name, value))
          .join(''),
      })
      return visit(browser, '/sso/saml/callback', { SAMLResponse: Buffer.from(xml).toString('base64') })
    },
  },
]

/** A whole sign-in, and the signed-in user afterwards. */
async function signIn({ name, answer }: Protocol, title: string, between?: () => void): Promise<unknown> {
  const browser = new Browser()
  const start = await visit(browser, `/sso/${name}/login`)
  between?.()
  const end = await answer(browser, start, title)
  expect([end.status, end.headers.get('location')]).toEqual([302, '/'])
  return (JSON.parse((await visit(browser, '/me')).text) as { user: unknown }).user
}

describe.each(protocols)('a source added at one instance, $name', (protocol) => {
  const { name } = protocol

  it('signs people in at the other within seconds, and creates their profiles there', async () => {
    await edit('POST', '', { id: name, protocol: name, provisioning: true, ...protocol.config() })
    await untilItAnswers(name, 302)
    expect(await signIn(protocol, 'Engineer')).toMatchObject({ title: 'Engineer' })
  })

  it('is edited at one, and the other follows', async () => {
    expect(await signIn(protocol, 'Fellow')).toMatchObject({ title: 'Engineer' })
    await edit('PATCH', `/${name}`, { version: 1, syncing: true })
    let user: unknown
    do user = await signIn(protocol, 'Fellow')
    while ((user as { title: string }).title !== 'Fellow')
  })

  it('finishes at one a sign-in started at the other', async () => {
    group.use(first)
    expect(await signIn(protocol, 'Elsewhere', () => group.use(second))).toMatchObject({ title: 'Elsewhere' })
  })

  it('adds no database command at the other for any number of sign-ins', async () => {
    second.commands('jitSources')
    const began = Date.now()
    for (let i = 0; i < 12; i++) await signIn(protocol, `Engineer ${i}`)
    const polls = Math.floor((Date.now() - began) / 2000) + 1
    expect(second.commands('jitSources')).toBeLessThanOrEqual(polls)
  })

  it('is disabled at one, then deleted, and the other signs nobody in', async () => {
    await edit('PATCH', `/${name}`, { version: 2, enabled: false })
    await untilItAnswers(name, 403)
    await edit('PATCH', `/${name}`, { version: 3, enabled: true })
    await untilItAnswers(name, 302)
    await edit('DELETE', `/${name}?confirm=${name}`)
    await untilItAnswers(name, 404)
  })
})
