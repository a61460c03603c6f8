import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { defaults, responseXml, attribute, type ResponseOptions } from '../helpers/saml-idp'
import { annsAttributes, createParties, type Parties, samlSources } from '../helpers/saml-company'
import {
  compressed,
  crafted,
  deflated,
  densest,
  encrypted,
  shapes,
  underGenuineSignature,
} from '../helpers/saml-costly'
import { expectRatioAtMost } from '../helpers/cpu'
import { type SamlServer, startSamlServer } from '../helpers/saml-process'
import { testMongo, type TestMongo } from '../helpers/mongo'

/**
 * The limits for one message before it is refused: a multiple of the CPU time of a valid one, and MiB of memory. The
 * largest message has a hundred times the bytes of a valid one.
 */
const GENUINE = 40
const MEMORY = 50

const TEN_MB = 10_000_000

/** A server that responds early reads the rest of the request only if the connection is kept. */
const agent = new Agent({ keepAlive: true, timeout: 3_000 })

let mongo: TestMongo
let parties: Parties
let server: SamlServer
/** The server's peak memory before these tests, in MiB. */
let usual: number
/** An ordinary valid message, but unsolicited. */
let genuine: Post

beforeAll(async () => {
  ;[mongo, parties] = await Promise.all([testMongo(), createParties()])
  server = await startSamlServer({ uri: mongo.uri, sources: samlSources(parties) })
  genuine = form(await respond({ sign: ['assertion', 'response'] }))
  usual = await warmedUp(server)
})
afterAll(async () => {
  agent.destroy()
  await server?.stop()
  await mongo?.close()
})

interface Post {
  path: string
  body: string | Buffer
  headers?: Record<string, string>
}

/** Posts, and resolves when everything was sent and answered, so that its whole cost was spent. */
async function send(origin: string, { path, body, headers }: Post): Promise<number> {
  const outgoing = request(origin + path, {
    method: 'POST',
    agent,
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(Buffer.byteLength(body)),
      ...headers,
    },
  })
  const sent = once(outgoing, 'finish')
  outgoing.end(body)
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  response.resume()
  await Promise.all([sent, once(response, 'end')])
  return response.statusCode ?? 0
}

/** A form with a message, escaped as browsers do. */
function form(xml: string, path = '/sso/okta/callback'): Post {
  return { path, body: `SAMLResponse=${encodeURIComponent(Buffer.from(xml).toString('base64'))}` }
}

interface Cost {
  status: number
  /** The CPU time of one message, in milliseconds. */
  cpu: number
  /** The server's peak memory so far, in MiB. */
  peak: number
}

const NONE: Cost = { status: 0, cpu: 0, peak: 0 }

async function costOf(to: SamlServer, post: Post): Promise<Cost> {
  const before = await to.usage('collect')
  const status = await send(to.origin, post)
  const { cpu, peak } = await to.usage()
  return { status, cpu: cpu - before.cpu, peak }
}

/** Fails if a message costs a server more CPU than this many plain ones. Returns the last cost of both. */
async function expectCostAtMost(
  times: number,
  { to, plain, post }: { to: SamlServer; plain: Post; post: Post },
): Promise<{ cost: Cost; plainCost: Cost }> {
  let [cost, plainCost] = [NONE, NONE]
  await expectRatioAtMost(
    times,
    async () => (plainCost = await costOf(to, plain)).cpu,
    async () => (cost = await costOf(to, post)).cpu,
  )
  return { cost, plainCost }
}

async function expectCheap(post: Post): Promise<Cost> {
  const { cost } = await expectCostAtMost(GENUINE, { to: server, plain: genuine, post })
  expect(cost.peak - usual).toBeLessThan(MEMORY)
  return cost
}

async function expectRefused(post: Post): Promise<void> {
  expect((await expectCheap(post)).status).toBeGreaterThanOrEqual(400)
}

async function respond(changes: Partial<ResponseOptions>, id = 'okta'): Promise<string> {
  const saml = { ...samlSources(parties).find((one) => one.id === id)!.saml! }
  const base = `${server.origin}/sso/${id}`
  return responseXml({
    ...defaults,
    attributes: annsAttributes,
    keys: parties.okta,
    issuer: saml.idpIssuer,
    responseIssuer: saml.idpIssuer,
    audience: `${base}/metadata`,
    recipient: `${base}/callback`,
    destination: `${base}/callback`,
    inResponseTo: '_nobody',
    responseInResponseTo: '_nobody',
    ...changes,
  })
}

/** Lets a server compile its hot code, and resolves to its peak memory. */
async function warmedUp(one: SamlServer): Promise<number> {
  for (let round = 0; round < 30; round++) await send(one.origin, genuine)
  return (await one.usage()).peak
}

describe('any message costs little:', () => {
  const each = Object.entries(shapes)

  it.each(each)('10 MB, %s', (_, shape) => expectRefused(form(`<a>${shape(TEN_MB)}</a>`)))

  it.each(each)('half a megabyte, %s', (_, shape) => expectRefused(form(`<a>${shape(520_000)}</a>`)))

  it.each(Object.entries(densest))('within the limits, under a valid signature, %s', async (_, content) =>
    expectRefused(form(await underGenuineSignature(respond, content))),
  )

  it.each(Object.entries(crafted))('%s', async (_, make) => expectRefused(form(await make(respond))))

  it.each(['one long text', 'one long attribute'])(
    '10 MB signed by the identity provider, %s',
    async (name) => {
      const content = shapes[name]!(TEN_MB)
      await expectRefused(form(await respond({ attributes: attribute('a', content) })))
    },
  )

  it('10,000 values signed by the identity provider', async () => {
    const values = Array.from({ length: 10_000 }, (_, index) => String(index))
    await expectRefused(form(await respond({ attributes: attribute('a', ...values) })))
  }, 60_000)

  it('an encrypted assertion of any kind', async () => {
    for (const [name, make] of Object.entries(encrypted(parties.sp))) {
      const xml = await make((changes) => respond(changes, 'decrypts'))
      expect([name, Buffer.byteLength(xml) < 512 * 1024]).toEqual([name, true])
      const { status } = await expectCheap(form(xml, '/sso/decrypts/callback'))
      expect([name, status]).toEqual([name, 403])
    }
  }, 60_000)
})

describe('any form costs little:', () => {
  const path = '/sso/okta/callback'

  it.each(compressed)('compressed with %s: %s', (encoding, _, body) =>
    expectRefused({ path, body, headers: { 'Content-Encoding': encoding } }),
  )

  it.each([
    ['a message that inflates a thousandfold', `SAMLResponse=${encodeURIComponent(deflated)}`],
    ['10 MB of parameters', 'a=1&'.repeat(TEN_MB / 4)],
    ['1 MB of parameters', 'a=1&'.repeat(250_000)],
    ['1 MB of one repeated parameter', 'SAMLResponse=&'.repeat(70_000)],
    ['1 MB of brackets', `SAMLResponse${'[a]'.repeat(330_000)}=1`],
    ['1 MB of a name', `${'x'.repeat(1_000_000)}=1`],
    ['1 MB of escaped characters', `SAMLResponse=${'%41'.repeat(340_000)}`],
    ['1 MB of broken escapes', `SAMLResponse=${'%4'.repeat(500_000)}`],
    ['1 MB of line ends', `SAMLResponse=${'A%0A'.repeat(250_000)}`],
  ])('%s', (_, body) => expectRefused({ path, body }))

  it.each(['text/plain', 'application/json', 'multipart/form-data; boundary=x'])('10 MB of %s', (type) =>
    expectRefused({ path, body: `"${'x'.repeat(TEN_MB)}"`, headers: { 'Content-Type': type } }),
  )

  it.each(['/sso/', '/sso/logout', '/sso/nobody/callback', '/sso/okta/login', '/sso/okta/metadata'])(
    '10 MB at %s',
    async (other) => {
      for (const body of [
        'x'.repeat(TEN_MB),
        `email=${'a@'.repeat(TEN_MB / 2)}`,
        'a=1&'.repeat(TEN_MB / 4),
      ]) {
        await expectCheap({ path: other, body })
      }
    },
  )
})

describe('an app that parses long forms before the router', () => {
  it('costs hardly more than the parsing itself', async () => {
    const settings = { uri: mongo.uri, sources: samlSources(parties), parseFirst: 20_000_000 }
    const reader = await startSamlServer(settings)
    try {
      await warmedUp(reader)
      for (const shape of [shapes['flat'], shapes['one long text']]) {
        const post = form(`<a>${shape!(TEN_MB)}</a>`)
        const plain = { ...post, path: '/elsewhere' }
        const { cost, plainCost } = await expectCostAtMost(1.5, { to: reader, plain, post })
        expect([plainCost.status, cost.status]).toEqual([200, 400])
      }
    } finally {
      await reader.stop()
    }
  }, 60_000)
})

describe('a valid Response', () => {
  it('costs little with 2,000 values, and with 2,000 attributes of one value', async () => {
    const typed = (index: number): string =>
      `<saml:Attribute Name="a${index}" NameFormat="urn:x"><saml:AttributeValue xmlns:xs="http://www.w3.org/2001/XMLSchema"` +
      ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="xs:string">${index}</saml:AttributeValue></saml:Attribute>`
    const values = attribute('a', ...Array.from({ length: 2000 }, (_, index) => String(index)))
    const attributes = Array.from({ length: 1950 }, (_, index) => typed(index)).join('')
    for (const given of [values, attributes]) {
      // Verified like any other, and refused only at the end, since it is unsolicited.
      const { status } = await expectCheap(form(await respond({ attributes: given })))
      expect(status).toBe(403)
    }
  }, 60_000)
})
