import { generateKeyPairSync } from 'node:crypto'
import request from 'supertest'
import { JitError } from '../../src/errors'
import type { SamlSource } from '../../src/sources/config'
import { cookieOf, requestXml, samlApp, type SamlApp } from '../helpers/saml-app'
import { algorithms, attribute, defaults, errorXml, signXml, type ResponseOptions } from '../helpers/saml-idp'

let app: SamlApp
let close: () => Promise<void>
let okta: SamlSource

beforeAll(async () => {
  ;({ app, close } = await samlApp())
})
afterAll(() => close())
beforeEach(() => {
  okta = app.source('okta')
  app.logins.length = 0
  app.loginError = undefined
})

const both: ResponseOptions['sign'] = ['assertion', 'response']

describe('starting a sign-in', () => {
  it('uses safe defaults: the app’s own URLs, no NameID format, no authentication context', async () => {
    const response = await request(app.server).get('/sso/okta/login').expect(302)
    const location = new URL(String(response.headers.location))
    expect(location.origin + location.pathname).toBe('https://idp.example.com/sso')
    expect([...location.searchParams.keys()]).toEqual(['SAMLRequest'])
    const xml = requestXml(location.href)
    expect(xml).toContain('AssertionConsumerServiceURL="http://127.0.0.1/sso/okta/callback"')
    expect(xml).toContain('>http://127.0.0.1/sso/okta/metadata<')
    expect(xml).not.toMatch(/Format=|RequestedAuthnContext/)
  })

  it('signs the request with SHA-256 if there is a key', async () => {
    app.source('okta', { privateKey: app.sp.key, publicCert: app.sp.cert })
    const response = await request(app.server).get('/sso/okta/login').expect(302)
    const { searchParams } = new URL(String(response.headers.location))
    expect(searchParams.get('SigAlg')).toBe(algorithms.rsaSha256)
    expect(searchParams.get('Signature')).toMatch(/^[\w+/=]{300,}$/)
  })

  it('posts the request if the source says so, and accepts the Response', async () => {
    app.source('okta', { authnRequestBinding: 'HTTP-POST', skipRequestCompression: true })
    const form = await request(app.server).get('/sso/okta/login').expect(200).expect('Content-Type', /html/)
    const [, message = ''] = /name="SAMLRequest" value="([^"]+)"/.exec(form.text) ?? []
    const [id = ''] = /(?<= ID=")[^"]+/.exec(Buffer.from(message, 'base64').toString()) ?? []
    const started = { id, cookie: cookieOf(form) }
    await app.post('okta', await app.respond(okta, started), started.cookie).expect(200)
  })

  it.each([
    ['/reports?month=5#top', '/reports?month=5#top'],
    ['//evil.example', undefined],
    ['https://evil.example/', undefined],
  ])('continues to %s: %s', async (returnTo, expected) => {
    const started = await app.start('okta', { returnTo })
    const response = await app.post('okta', await app.respond(okta, started), started.cookie).expect(200)
    expect(response.body.info.returnTo).toBe(expected)
  })

  it('keeps several sign-ins of one browser separate', async () => {
    const first = await app.start('okta', { returnTo: '/first' })
    const again = await request(app.server)
      .get('/sso/okta/login?returnTo=/second')
      .set('Cookie', first.cookie)
      .expect(302)
    const [id = ''] = /(?<= ID=")[^"]+/.exec(requestXml(String(again.headers.location))) ?? []
    const second = await app.post('okta', await app.respond(okta, { id, cookie: '' }), first.cookie)
    expect(second.body.info.returnTo).toBe('/second')
    const last = await app.post('okta', await app.respond(okta, first), first.cookie)
    expect(last.body.info.returnTo).toBe('/first')
  })
})

describe('a sign-in', () => {
  const cases: [string, Partial<ResponseOptions>][] = [
    ['the response is signed', { sign: ['response'] }],
    ['the assertion is signed', { sign: ['assertion'] }],
    ['both are signed', { sign: both }],
    ['SHA-512 is used', { signatureAlgorithm: algorithms.rsaSha512, digestAlgorithm: algorithms.sha512 }],
    ['RSA-PSS is used', { signatureAlgorithm: algorithms.rsaPss, sign: both }],
    [
      'tags end with white space',
      { sign: both, afterResponse: (xml) => xml.replace(/(<\/[\w:]+)>/g, '$1\n>') },
    ],
    [
      'line ends differ',
      { afterAssertion: (xml) => `\n${xml}\n`, afterResponse: (xml) => xml.replaceAll('\n', '\r\n') },
    ],
    [
      'the Response has neither Issuer nor InResponseTo',
      { responseIssuer: null, responseInResponseTo: null },
    ],
    ['only the assertion is signed, and there is no Destination', { sign: ['assertion'], destination: null }],
    ['the clocks differ by less than a minute', { begins: 50, ends: 90, confirmationEnds: -50 }],
    ['the assertion has no white space around it', { afterResponse: (xml) => `${xml}\n` }],
    ['there is an XML declaration', { doctype: '<?xml version="1.0" encoding="UTF-8"?>\n' }],
    ['there is also a holder-of-key confirmation', { subjectExtra: confirmation('holder-of-key') }],
  ]

  it.each(cases)('succeeds if %s', async (_, changes) => {
    const response = await app.signIn(okta, changes)
    expect(response.body).toMatchObject({
      user: { id: 7 },
      info: { jit: { outcome: 'synced' }, saml: { nameId: 'ann-1', sessionIndex: 'session-1' } },
    })
    expect(app.logins).toEqual([
      {
        source: 'okta',
        assertion: {
          issuer: okta.saml.idpIssuer,
          subject: 'ann-1',
          nameId: { format: defaults.nameIdFormat },
          attributes: { email: 'ann@example.com' },
        },
      },
    ])
  })

  it.each([
    ['AES-GCM, response signed', algorithms.aes256Gcm, ['response']],
    ['AES-GCM, assertion signed', algorithms.aes256Gcm, ['assertion']],
    ['AES-GCM, both signed', algorithms.aes256Gcm, both],
    ['AES-CBC, response signed', algorithms.aes256Cbc, ['response']],
    ['AES-CBC, assertion signed', algorithms.aes128Cbc, ['assertion']],
  ] as const)('succeeds with an encrypted assertion: %s', async (_, encryption, sign) => {
    const source = app.source('okta', { decryptionPvk: app.sp.key, decryptionCert: app.sp.cert })
    const response = await app.signIn(source, { encryptFor: app.sp, encryption, sign: [...sign] })
    expect(response.status).toBe(200)
    expect(app.logins[0]?.assertion).toMatchObject({
      subject: 'ann-1',
      attributes: { email: 'ann@example.com' },
    })
  })

  it('accepts SHA-1 only if the source allows it', async () => {
    const sha1 = { signatureAlgorithm: algorithms.rsaSha1, digestAlgorithm: algorithms.sha1 }
    expect((await app.signIn(okta, sha1)).body.details).toEqual({
      ...{ check: 'algorithm', algorithm: algorithms.rsaSha1 },
    })
    expect((await app.signIn(app.source('okta', { allowSha1: true }), sha1)).status).toBe(200)
  })

  it.each([
    ['a transient NameID', { nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }],
    ['no NameID', { nameId: null }],
    ['an empty NameID', { nameId: ' ' }],
  ])('has no subject with %s', async (_, changes) => {
    await app.signIn(okta, changes)
    expect(app.logins[0]?.assertion.subject).toBeNull()
  })

  it.each([
    ['exclusive', algorithms.exclusive, []],
    ['exclusive with comments', `${algorithms.exclusive}WithComments`, []],
    ['exclusive with a list of prefixes', algorithms.exclusive, ['xs', 'samlp']],
    ['inclusive', algorithms.inclusive, []],
    ['inclusive with comments', `${algorithms.inclusive}#WithComments`, []],
  ])('is read in any canonical form: %s', async (_, canonicalization, prefixes) => {
    const options = { ...defaults, keys: app.idp, canonicalization }
    const typed =
      '<saml:AttributeValue xsi:type="xs:string" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    const sign = (element: 'Assertion' | 'Response') => (xml: string) =>
      signXml(
        xml
          .replace(
            '<samlp:Response ',
            '<samlp:Response xmlns="urn:x" xmlns:xs="http://www.w3.org/2001/XMLSchema" ',
          )
          .replace('<saml:AttributeValue>', `${typed}<!-- x -->`),
        element,
        options,
        prefixes,
      )
    expect((await app.signIn(okta, { sign: [], afterResponse: sign('Assertion') })).status).toBe(200)
    expect((await app.signIn(okta, { sign: [], afterResponse: sign('Response') })).status).toBe(200)
  })

  it('is read if only the Response declares a namespace that the assertion’s signature needs', async () => {
    const keys = { ...defaults, keys: app.idp }
    const source = app.source('okta', { wantAssertionsSigned: true, wantAuthnResponseSigned: true })
    const response = await app.signIn(source, {
      sign: [],
      afterResponse: (xml) => {
        const declaring = xml.replace(
          '<samlp:Response ',
          '<samlp:Response xmlns="urn:d" xmlns:unused="urn:u" ',
        )
        const inner = signXml(declaring, 'Assertion', { ...keys, canonicalization: algorithms.inclusive })
        return signXml(inner, 'Response', keys)
      },
    })
    expect(response.status).toBe(200)
  })

  it('accepts every certificate of a source, PEM or bare', async () => {
    const bare = app.idp.cert.replace(/-----[^-]+-----|\s/g, '')
    const source = app.source('okta', { idpCert: [app.sp.cert, bare] })
    expect((await app.signIn(source)).status).toBe(200)
  })

  it('tries the next certificate if the first has a key of another type', async () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    const other = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const source = app.source('okta', { idpCert: [other, app.idp.cert] })
    expect((await app.signIn(source)).status).toBe(200)
    expect((await app.signIn(app.source('okta', { idpCert: [other] }))).status).toBe(403)
  })

  it('works without a request if the source allows it', async () => {
    const source = app.source('okta', { allowIdpInitiated: true })
    const unasked = { inResponseTo: null, responseInResponseTo: null }
    const xml = () => app.respond(source, { id: '', cookie: '' }, unasked)
    const good = await app.post('okta', await xml(), '', { RelayState: '/reports' }).expect(200)
    expect(good.body.info.returnTo).toBe('/reports')
    const evil = await app.post('okta', await xml(), '', { RelayState: 'https://evil.example' }).expect(200)
    expect(evil.body.info.returnTo).toBeUndefined()
  })
})

describe('the values of an attribute', () => {
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
  const nameId =
    '<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">p-1</saml:NameID>'

  it.each([
    ['one', attribute('a', 'x'), { a: 'x' }],
    ['many', attribute('a', 'x', 'y', 'x'), { a: ['x', 'y', 'x'] }],
    ['none', '<saml:Attribute Name="a"/>', { a: [] }],
    ['an empty value', attribute('a', ''), { a: '' }],
    [
      'a nil value',
      `<saml:Attribute Name="a"><saml:AttributeValue ${xsi} xsi:nil="true"/></saml:Attribute>`,
      { a: '' },
    ],
    ['spread over two Attributes', attribute('a', 'x') + attribute('a', 'y', 'z'), { a: ['x', 'y', 'z'] }],
    ['with white space', attribute('a', ' x\n y '), { a: ' x\n y ' }],
    ['with character references', attribute('a', '&lt;b&gt; &amp;amp; &#x00fc;'), { a: '<b> &amp; ü' }],
    ['in a CDATA section', attribute('a', '<![CDATA[<x>]]>y'), { a: '<x>y' }],
    [
      'with a comment inside',
      attribute('a', 'admin@example.com<!-- x -->.evil.example'),
      { a: 'admin@example.com.evil.example' },
    ],
    ['inside another element', attribute('a', nameId), { a: 'p-1' }],
    ['with the name __proto__', attribute('__proto__', 'x'), JSON.parse('{"__proto__":"x"}')],
    [
      'with an element and the name __proto__',
      attribute('__proto__', nameId),
      JSON.parse('{"__proto__":"p-1"}'),
    ],
    ['with the name of a method', attribute('constructor', 'x'), { constructor: 'x' }],
    [
      'by Name, not by FriendlyName',
      '<saml:Attribute Name="urn:oid:2.5.4.4" FriendlyName="sn"><saml:AttributeValue>x</saml:AttributeValue></saml:Attribute>',
      { 'urn:oid:2.5.4.4': 'x' },
    ],
  ])('are read: %s', async (_, attributes, expected) => {
    expect((await app.signIn(okta, { attributes, sign: both })).status).toBe(200)
    const read = app.logins[0]?.assertion.attributes ?? {}
    expect(Object.entries(read)).toEqual(Object.entries(expected as object))
    expect(Object.getPrototypeOf(read)).toBeNull()
  })

  it('can be as many as 2,000', async () => {
    const values = Array.from({ length: 2000 }, (_, index) => `value ${index}`)
    expect((await app.signIn(okta, { attributes: attribute('a', ...values) })).status).toBe(200)
    expect(app.logins[0]?.assertion.attributes.a).toEqual(values)
  })

  it('can be absent', async () => {
    await app.signIn(okta, { attributes: '' })
    expect(Object.keys(app.logins[0]?.assertion.attributes ?? { none: true })).toEqual([])
  })

  it('are never shortened by an inserted comment', async () => {
    const response = await app.signIn(okta, {
      attributes: attribute('email', 'ann@example.com.evil.example'),
      afterResponse: (xml) => xml.replace('example.com.evil', 'example.com<!---->.evil'),
    })
    expect(response.status).toBe(200)
    expect(app.logins[0]?.assertion.attributes.email).toBe('ann@example.com.evil.example')
  })
})

describe('a Response without a sign-in', () => {
  it.each([
    [['urn:oasis:names:tc:SAML:2.0:status:Requester'], 'Requester'],
    [
      ['urn:oasis:names:tc:SAML:2.0:status:Responder', 'urn:oasis:names:tc:SAML:2.0:status:NoPassive'],
      'NoPassive',
    ],
  ])('is reported with the identity provider’s code: %j', async (status, provider) => {
    const xml = errorXml({ destination: okta.saml.callbackUrl, responseIssuer: okta.saml.idpIssuer, status })
    const response = await app.post('okta', xml).expect(403)
    expect(response.body).toMatchObject({ code: 'provider_refused', details: { provider }, source: 'okta' })
  })

  it('leaves the sign-in pending if it is an unsolicited refusal', async () => {
    const started = await app.start('okta')
    const status = ['urn:oasis:names:tc:SAML:2.0:status:Requester']
    const xml = errorXml({ destination: okta.saml.callbackUrl, responseIssuer: okta.saml.idpIssuer, status })
    await app.post('okta', xml, started.cookie).expect(403)
    await app.post('okta', await app.respond(okta, started), started.cookie).expect(200)
  })

  it('passes on a refusal of the engine unchanged', async () => {
    app.loginError = new JitError('linking_refused', 'Not linked', { source: 'okta' })
    const response = await app.signIn(okta)
    expect([response.status, response.body.code]).toEqual([403, 'linking_refused'])
  })

  it('is an error if the database fails', async () => {
    app.loginError = new Error('database down')
    const response = await app.signIn(okta)
    expect([response.status, response.body.message]).toEqual([500, 'database down'])
  })

  it('is an error if the source is not a SAML source', async () => {
    app.source('google', {})
    app.replaceSource('google', { ...okta, id: 'google', protocol: 'oidc' } as never)
    const response = await request(app.server).get('/sso/google/login')
    expect([response.status, response.body.message]).toEqual([
      500,
      expect.stringContaining('not a SAML source'),
    ])
  })
})

function confirmation(method: string): string {
  return (
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:${method}">` +
    '<saml:SubjectConfirmationData NotOnOrAfter="2099-01-01T00:00:00Z"/></saml:SubjectConfirmation>'
  )
}
