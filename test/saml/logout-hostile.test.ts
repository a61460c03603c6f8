import { deflateRawSync } from 'node:zlib'
import { SAML } from '@node-saml/passport-saml'
import { MemoryStore } from 'express-session'
import type { JitError, SamlOptions } from '../../src/index'
import { Browser, type Page } from '../helpers/oidc-browser'
import { requestXml } from '../helpers/saml-app'
import { algorithms, createKeys, encryptedId, type Keys, signXml } from '../helpers/saml-idp'
import {
  assertedXml,
  IDP,
  logoutRequestXml,
  type LogoutRequestOptions,
  logoutResponseXml,
  me,
  postForm,
  redirectQuery,
  samlSignIn,
  slo,
} from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'
import { expectLinear } from '../helpers/cpu'

let keys: Keys
let stranger: Keys
let sp: Keys
let app: WebApp
let ann: Browser
let refused: JitError[]
let store: MemoryStore

/** Any browser can send these. */
const browser = new Browser()

beforeAll(async () => {
  ;[keys, stranger, sp] = await Promise.all([
    createKeys('idp.example'),
    createKeys('stranger'),
    createKeys('sp.example'),
  ])
  store = new MemoryStore()
  app = await webApp({
    sources: () => [
      slo(keys),
      slo(stranger, 'other'),
      slo(keys, 'sha1', { allowSha1: true }),
      slo(keys, 'decrypting', { decryptionPvk: sp.key, decryptionCert: sp.cert }),
    ],
    session: { store },
  })
  app.jit.on('refused', (error) => refused.push(error))
  ann = new Browser()
  await samlSignIn(app, keys, ann)
})
afterAll(() => app.close())
beforeEach(() => {
  refused = []
})
/** A refused message must end no session. */
afterEach(async () => expect(await me(app, ann)).toBe('ann-1@corp.example'))

const address = (source = 'okta'): string => `${app.origin}/sso/${source}/logout`
const get = (query: string, source = 'okta'): Promise<Page> => browser.request(`${address(source)}?${query}`)
const post = (form: Record<string, string>, source = 'okta'): Promise<Page> =>
  browser.request(address(source), form)
const xml = (options: Partial<LogoutRequestOptions> = {}): string =>
  logoutRequestXml({ destination: address(), ...options })
const signed = (text = xml()): string => redirectQuery('SAMLRequest', text, keys)
const enveloped = (text = xml()): string =>
  Buffer.from(postForm('SAMLRequest', text, keys).SAMLRequest!, 'base64').toString()
const inForm = (text: string): Record<string, string> => ({
  SAMLRequest: Buffer.from(text).toString('base64'),
})

function expectRefused(page: Page, check: string | undefined, code = 'invalid_assertion'): void {
  expect(refused.map((error) => [error.code, error.details.check])).toEqual([[code, check]])
  expect([400, 403]).toContain(page.status)
  expect(page.headers.get('location')).toBeNull()
  // Only the log names the failed check.
  if (check) expect(page.text.replace('<!doctype html>', '')).not.toContain(check)
  expect(page.text).toContain(refused[0]!.reference)
}

describe('a LogoutRequest by HTTP-Redirect is refused', () => {
  const cases: [string, string, () => string][] = [
    [
      'without a signature',
      'signature',
      () => redirectQuery('SAMLRequest', xml(), keys, { algorithm: null }),
    ],
    ['with an empty signature', 'signature', () => signed().replace(/Signature=.*/, 'Signature=')],
    ['without SigAlg', 'signature', () => signed().replace(/&SigAlg=[^&]*/, '')],
    ['signed with another key', 'signature', () => redirectQuery('SAMLRequest', xml(), stranger)],
    [
      'with another message',
      'signature',
      () => replaced(signed(), 'SAMLRequest', deflated(xml({ nameId: 'x' }))),
    ],
    ['with another RelayState', 'signature', () => `${signed()}&RelayState=x`],
    ['with different escaping', 'signature', () => signed().replace('SigAlg=http%3A', 'SigAlg=http%3a')],
    [
      'with SHA-1',
      'algorithm',
      () => redirectQuery('SAMLRequest', xml(), keys, { algorithm: algorithms.rsaSha1 }),
    ],
    [
      'with an HMAC that uses the certificate',
      'algorithm',
      () => replaced(signed(), 'SigAlg', 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'),
    ],
    [
      'with a digest as its signature algorithm',
      'signature',
      () => replaced(signed(), 'SigAlg', algorithms.sha256),
    ],
    ['with two messages', 'binding', () => `${signed()}&SAMLRequest=x`],
    ['with a response next to it', 'binding', () => `${signed()}&SAMLResponse=x`],
    ['with two signatures', 'binding', () => `${signed()}&Signature=x`],
    ['without a message', 'binding', () => 'RelayState=x'],
    ['under an escaped name', 'binding', () => signed().replace('SAMLRequest', 'SAML%52equest')],
    ['as a list parameter', 'binding', () => signed().replace('SAMLRequest', 'SAMLRequest[]')],
    ['with a broken escape', 'encoding', () => signed().replace('Signature=', 'Signature=%zz')],
    ['with another SAMLEncoding', 'encoding', () => `${signed()}&SAMLEncoding=none`],
    ['that is not deflated', 'encoding', () => redirectQuery('SAMLRequest', xml(), keys, { deflate: false })],
    ['that is not UTF-8', 'encoding', () => signed(Buffer.from('<x>\xff</x>', 'latin1') as never)],
    ['that is not XML', 'structure', () => signed('hello')],
    ['with a DOCTYPE', 'doctype', () => signed(`<!DOCTYPE x>${xml()}`)],
    ['with an entity', 'structure', () => signed(xml({ name: '<saml:NameID>&admin;</saml:NameID>' }))],
    ['with too many elements', 'structure', () => signed(xml({ name: '<a/>'.repeat(5000) }))],
    ['with an undeclared prefix', 'structure', () => signed(xml().replace(/ xmlns:samlp="[^"]+"/, ''))],
    ['without an ID', 'structure', () => signed(xml({ id: '' }))],
    [
      'that inflates to more than 512 KiB',
      'size',
      () => signed(xml({ name: `<saml:NameID>${'x'.repeat(600_000)}</saml:NameID>` })),
    ],
  ]
  it.each(cases)('%s', async (_, check, query) => expectRefused(await get(query()), check))
})

describe.each([
  ['HTTP-Redirect', (text: string): Promise<Page> => get(signed(text))],
  ['HTTP-POST', (text: string): Promise<Page> => post(inForm(enveloped(text)))],
])('a signed LogoutRequest by %s is refused', (_, send) => {
  const name = (value: string): Partial<LogoutRequestOptions> => ({ name: value })
  const cases: [string, string, () => Partial<LogoutRequestOptions>][] = [
    ['from another issuer', 'issuer', () => ({ issuer: 'https://other.example' })],
    ['without an issuer', 'issuer', () => ({ issuer: null })],
    ['with two issuers', 'issuer', () => ({ issuer: `${IDP}</saml:Issuer><saml:Issuer>${IDP}` })],
    ['for another address', 'destination', () => ({ destination: address('other') })],
    [
      'for the assertion consumer service',
      'destination',
      () => ({ destination: `${app.origin}/sso/okta/callback` }),
    ],
    ['without a Destination', 'destination', () => ({ destination: null })],
    ['that has expired', 'expired', () => ({ issued: -120, notOnOrAfter: -61 })],
    [
      'that is six minutes old and has no NotOnOrAfter',
      'expired',
      () => ({ issued: -361, notOnOrAfter: null }),
    ],
    ['from the future', 'not_yet_valid', () => ({ issued: 70 })],
    ['without an IssueInstant', 'issue_instant', () => ({ issued: null })],
    ['with an invalid IssueInstant', 'issue_instant', () => ({ issued: 'yesterday' })],
    ['with another version', 'structure', () => ({ version: '1.1' })],
    ['without a NameID', 'name_id', () => name('')],
    ['with an empty NameID', 'name_id', () => name('<saml:NameID> </saml:NameID>')],
    [
      'with two NameIDs',
      'name_id',
      () => name('<saml:NameID>ann-1</saml:NameID><saml:NameID>bob-1</saml:NameID>'),
    ],
    ['with a NameID in another namespace', 'name_id', () => name('<NameID xmlns="urn:x">ann-1</NameID>')],
    ['about a name that holds an element', 'structure', () => name('<saml:NameID>ann<x/>-1</saml:NameID>')],
    ['with a BaseID', 'name_id', () => name('<saml:BaseID/>')],
    ['with an EncryptedID, if there is no key', 'encryption', () => name('<saml:EncryptedID/>')],
  ]
  it.each(cases)('%s', async (_title, check, options) => expectRefused(await send(xml(options())), check))

  it('a second time', async () => {
    const text = xml({ nameId: 'nobody' })
    expect((await send(text)).status).toBe(302)
    expectRefused(await send(text), undefined, 'replayed')
  })

  it('unless the whole name matches, including the part after a comment', async () => {
    // A parser that stops at the comment would read `ann-1`.
    expect((await send(xml({ name: '<saml:NameID>ann-1<!-- -->.evil</saml:NameID>' }))).status).toBe(302)
  })
})

describe.each(['SAMLRequest', 'SAMLResponse'] as const)('a message as %s', (field) => {
  it.each(['', ' ID=""'])('is refused without an ID: %j', async (id) => {
    const response = logoutResponseXml({ destination: address(), inResponseTo: '_x' })
    const text = field === 'SAMLRequest' ? xml({}) : response
    expectRefused(await get(redirectQuery(field, text.replace(/ ID="[^"]*"/, id), keys)), 'structure')
  })
})

describe('a LogoutRequest by HTTP-POST is refused', () => {
  const cases: [string, string, () => Record<string, string>][] = [
    ['without a signature', 'signature', () => inForm(xml())],
    ['signed with another key', 'signature', () => postForm('SAMLRequest', xml(), stranger)],
    ['that was changed', 'signature', () => inForm(enveloped().replace('ann-1', 'bob-1'))],
    ['with SHA-1', 'algorithm', () => inForm(signXml(xml(), 'LogoutRequest', weak()))],
    [
      'with an HTTP-Redirect signature',
      'signature',
      () => ({
        ...inForm(xml()),
        ...Object.fromEntries(new URLSearchParams(signed(xml())).entries()),
        ...inForm(xml()),
      }),
    ],
    ['around a signed one', 'signature', () => inForm(around(enveloped(xml({ id: '_one' }))))],
    [
      'around a signed one, with its signature',
      'signature',
      () => {
        const original = enveloped(xml({ id: '_one' }))
        const signature = signatureOf(original)
        return inForm(around(original.replace(signature, ''), signature))
      },
    ],
    ['around a signed one, with its ID', 'structure', () => inForm(around(enveloped(xml({ id: '_evil' }))))],
    ['with a DOCTYPE', 'doctype', () => inForm(`<!DOCTYPE x>${enveloped()}`)],
    ['with a response next to it', 'binding', () => ({ ...inForm(enveloped()), SAMLResponse: 'x' })],
    ['without a message', 'binding', () => ({ other: 'x' })],
    ['that is not base64', 'encoding', () => ({ SAMLRequest: '<x/>' })],
    ['that is deflated', 'encoding', () => ({ SAMLRequest: deflated(enveloped()) })],
    ['that is too large', 'size', () => ({ SAMLRequest: Buffer.alloc(600_000, 'x').toString('base64') })],
    [
      'that is another kind of message',
      'structure',
      () => {
        const text = xml().replaceAll('samlp:LogoutRequest', 'samlp:ManageNameIDRequest')
        return inForm(signXml(text, 'ManageNameIDRequest', strong()))
      },
    ],
  ]
  it.each(cases)('%s', async (_, check, form) => expectRefused(await post(form()), check))

  it('with a message in the query as well', async () => {
    const page = await browser.request(`${address()}?SAMLRequest=x`, inForm(enveloped()))
    expectRefused(page, 'binding')
  })

  it('for a source with another key', async () => {
    const text = logoutRequestXml({ destination: address('other') })
    expectRefused(await post(postForm('SAMLRequest', text, keys), 'other'), 'signature')
  })
})

describe('an EncryptedID', () => {
  it('gets the same error page for every failure', async () => {
    const destination = address('decrypting')
    const broken = [
      '<saml:EncryptedID/>',
      await encryptedId('not XML', sp),
      await encryptedId(
        '<!DOCTYPE x><saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">a</saml:NameID>',
        sp,
      ),
      await encryptedId('<NameID>ann-1</NameID>', sp),
      await encryptedId(
        '<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">a</saml:NameID>',
        stranger,
      ),
    ]
    for (const name of broken) {
      const page = await get(signed(logoutRequestXml({ destination, name })), 'decrypting')
      expect(page.status).toBe(403)
    }
    expect(refused.map(({ message, details }) => `${details.check}: ${message}`)).toEqual(
      broken.map(() => 'encryption: The encrypted NameID cannot be read'),
    )
  })
})

describe('a logout message at the assertion consumer service is refused', () => {
  const callback = (): string => `${app.origin}/sso/okta/callback`

  it.each(['SAMLRequest', 'SAMLResponse'])('by GET: %s', async (field) => {
    const page = await browser.request(`${callback()}?${signed().replace('SAMLRequest', field)}`)
    expect([page.status, refused[0]?.details.check]).toEqual([403, 'binding'])
  })

  it('by POST, as a request', async () => {
    const form = postForm('SAMLRequest', logoutRequestXml({ destination: callback() }), keys)
    expect((await browser.request(callback(), form)).status).toBe(403)
    expect(refused[0]?.details.check).toBe('binding')
  })

  it('by POST, as a response', async () => {
    const text = logoutResponseXml({ destination: callback(), inResponseTo: '_x' })
    expect((await browser.request(callback(), postForm('SAMLResponse', text, keys))).status).toBe(400)
    expect(refused[0]?.details.check).toBe('structure')
  })
})

describe('a sign-in Response at the logout service is refused', () => {
  it('even if it is signed, and leaves the sign-in pending', async () => {
    const fresh = new Browser()
    const start = await fresh.request(`${app.origin}/sso/okta/login`)
    const response = await assertedXml(app, keys, {}, start)
    const form = { SAMLResponse: Buffer.from(response).toString('base64') }
    expect((await fresh.request(address(), form)).status).toBe(400)
    expect(refused[0]?.details.check).toBe('structure')
    // The same as a LogoutResponse to the AuthnRequest.
    const id = /ID="([^"]+)"/.exec(requestXml(start.headers.get('location')!))![1]!
    const answer = logoutResponseXml({ destination: address(), inResponseTo: id })
    const page = await fresh.request(`${address()}?${redirectQuery('SAMLResponse', answer, keys)}`)
    expect([page.status, refused[1]?.details.check]).toEqual([403, 'in_response_to'])
    expect((await fresh.request(`${app.origin}/sso/okta/callback`, form)).status).toBe(302)
  })
})

describe('what the bare node-saml accepts, and this library does not', () => {
  const bare = (saml: Partial<SamlOptions> = {}): SAML =>
    new SAML({
      ...{
        entryPoint: `${IDP}/sso`,
        issuer: 'sp',
        callbackUrl: address(),
        idpCert: keys.cert,
        idpIssuer: IDP,
      },
      ...(saml as object),
    })
  const container = (query: string): Record<string, string> => Object.fromEntries(new URLSearchParams(query))

  it('an unsigned LogoutRequest by GET', async () => {
    const query = redirectQuery('SAMLRequest', xml(), keys, { algorithm: null })
    await expect(bare().validateRedirectAsync(container(query), query)).resolves.toMatchObject({
      loggedOut: true,
    })
    expectRefused(await get(query), 'signature')
  })

  it('a LogoutRequest for another address, and one that was signed years ago', async () => {
    for (const [options, check] of [
      [{ destination: 'https://other.example/slo' }, 'destination'],
      [{ issued: -1e8, notOnOrAfter: null }, 'expired'],
    ] as const) {
      refused = []
      const query = signed(xml(options))
      await expect(bare().validateRedirectAsync(container(query), query)).resolves.toMatchObject({
        loggedOut: true,
      })
      expectRefused(await get(query), check)
    }
  })

  it('any LogoutResponse by GET', async () => {
    const text = logoutResponseXml({ destination: null, inResponseTo: null })
    const query = redirectQuery('SAMLResponse', text, keys, { algorithm: null })
    await expect(bare().validateRedirectAsync(container(query), query)).resolves.toMatchObject({
      loggedOut: true,
    })
    expectRefused(await get(query), 'signature')
  })

  it('SHA-1', async () => {
    const query = redirectQuery('SAMLRequest', xml(), keys, { algorithm: algorithms.rsaSha1 })
    await expect(bare().validateRedirectAsync(container(query), query)).resolves.toMatchObject({
      loggedOut: true,
    })
    expectRefused(await get(query), 'algorithm')
  })

  it('a message that inflates endlessly', async () => {
    const bomb = deflateRawSync(`<x>${'x'.repeat(20_000_000)}</x>`).toString('base64')
    const query = `SAMLRequest=${encodeURIComponent(bomb)}`
    // It reads all of it first. This library does not even inflate an unsigned message.
    await expect(bare().validateRedirectAsync({ SAMLRequest: bomb }, query)).rejects.toThrow()
    expectRefused(await post({ SAMLRequest: bomb }), 'encoding')
  })
})

describe('an invalid message', () => {
  it.each<[how: string, size: number, prepare: (size: number) => () => Promise<Page>]>([
    ['by GET', 12_000, (size) => () => get(`SAMLRequest=${'A'.repeat(size)}&SigAlg=x&Signature=y`)],
    [
      'by GET, inflating',
      8_000_000,
      (size) => {
        const query = redirectQuery('SAMLRequest', 'x'.repeat(size), keys, { algorithm: null })
        return () => get(query)
      },
    ],
    [
      'by POST, of many elements',
      100_000,
      (size) => {
        const form = inForm(`<samlp:LogoutRequest>${'<a/>'.repeat(size)}</samlp:LogoutRequest>`)
        return () => post(form)
      },
    ],
    [
      'by POST, with an invalid signature',
      300_000,
      (size) => {
        const form = inForm(enveloped(xml()).replace('ann-1', 'x'.repeat(size)))
        return () => post(form)
      },
    ],
  ])('costs little %s', (_, size, prepare) =>
    expectLinear(size, (part) => {
      const send = prepare(part)
      return async () => expect([400, 403]).toContain((await send()).status)
    }),
  )

  it('is refused for a source that does not exist', async () => {
    expect((await get(signed(), 'nope')).status).toBe(404)
    expect((await post(inForm(xml()), 'nope')).status).toBe(404)
    const page = await browser.request(`${address('nope')}?x`, undefined, { accept: 'application/json' })
    expect(JSON.parse(page.text)).toMatchObject({ status: 404, code: 'unknown_source' })
  })
})

function strong(): Parameters<typeof signXml>[2] {
  return {
    keys,
    signatureAlgorithm: algorithms.rsaSha256,
    digestAlgorithm: algorithms.sha256,
    canonicalization: algorithms.exclusive,
  }
}

function weak(): Parameters<typeof signXml>[2] {
  return { ...strong(), signatureAlgorithm: algorithms.rsaSha1, digestAlgorithm: algorithms.sha1 }
}

function deflated(text: string): string {
  return deflateRawSync(text).toString('base64')
}

/** A query with another value of one parameter. */
function replaced(query: string, name: string, value: string): string {
  return query.replace(new RegExp(`(^|&)${name}=[^&]*`), `$1${name}=${encodeURIComponent(value)}`)
}

function signatureOf(text: string): string {
  return /<ds:Signature [^]*?<\/ds:Signature>/.exec(text)![0]
}

/** A LogoutRequest about another person that contains a valid one. */
function around(original: string, signature = ''): string {
  const evil = xml({ id: '_evil', nameId: 'bob-1' })
  return evil.replace('</saml:Issuer>', `$&${signature}<samlp:Extensions>${original}</samlp:Extensions>`)
}
