import request from 'supertest'
import type { SamlOptions, SamlSource } from '../../src/sources/config'
import { samlApp, type SamlApp } from '../helpers/saml-app'
import { algorithms, attribute, createKeys, errorXml, type Keys } from '../helpers/saml-idp'
import type { ResponseOptions } from '../helpers/saml-idp'

type Changes = Partial<ResponseOptions>

let app: SamlApp
let close: () => Promise<void>
let okta: SamlSource
let stranger: Keys

beforeAll(async () => {
  ;[{ app, close }, stranger] = await Promise.all([samlApp(), createKeys('stranger')])
})
afterAll(() => close())
beforeEach(() => {
  okta = app.source('okta')
  app.logins.length = 0
})
afterEach(() => expect(app.logins).toEqual([]))

const assertion = /<saml:Assertion[^]*<\/saml:Assertion>/
const signature = /<ds:Signature [^]*?<\/ds:Signature>/
const both: ResponseOptions['sign'] = ['assertion', 'response']
const onAssertion: ResponseOptions['sign'] = ['assertion']

/** What an attacker makes of a signed assertion, or Response: another user, another ID, no signature. */
function forged(xml: string): string {
  return xml
    .replace(signature, '')
    .replace('>ann-1<', '>admin<')
    .replace(/ ID="_/, ' ID="_evil')
}

function part(xml: string, pattern: RegExp): string {
  return pattern.exec(xml)?.[0] ?? ''
}

async function expectRefused(changes: Changes, check: string, status = 403, saml: Partial<SamlOptions> = {}) {
  const response = await app.signIn(app.source('okta', saml), changes)
  expect([response.status, response.body.code, response.body.details]).toEqual([
    status,
    'invalid_assertion',
    { check },
  ])
}

describe('a signature', () => {
  const cases: [string, string, () => Changes][] = [
    ['is missing', 'signature', () => ({ sign: [] })],
    ['is of another key', 'signature', () => ({ keys: stranger })],
    ['is of another key, over the assertion', 'signature', () => ({ keys: stranger, sign: onAssertion })],
    [
      'does not fit an attribute',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace('ann@', 'bob@') }),
    ],
    [
      'does not fit the NameID',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace('ann-1', 'ann-2') }),
    ],
    [
      'does not fit an attribute of a signed assertion',
      'signature',
      () => ({ sign: onAssertion, afterResponse: (xml) => xml.replace('ann@', 'bob@') }),
    ],
    [
      'over the Response is broken, though the one over the assertion holds',
      'signature',
      () => ({ sign: both, afterResponse: (xml) => xml.replace('IssueInstant="2', 'IssueInstant="3') }),
    ],
    [
      'uses SHA-1',
      'algorithm',
      () => ({ signatureAlgorithm: algorithms.rsaSha1, digestAlgorithm: algorithms.sha1 }),
    ],
    ['uses SHA-1 for the digest', 'algorithm', () => ({ digestAlgorithm: algorithms.sha1 })],
    ['uses SHA-1 for the signature', 'algorithm', () => ({ signatureAlgorithm: algorithms.rsaSha1 })],
    [
      'claims to be an HMAC',
      'algorithm',
      () => ({
        afterResponse: (xml) =>
          xml.replace(algorithms.rsaSha256, 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'),
      }),
    ],
    [
      'uses a transform of its own',
      'algorithm',
      () => ({
        afterResponse: (xml) =>
          xml.replace(
            /<ds:Transform Algorithm="[^"]+enveloped-signature"/,
            '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"',
          ),
      }),
    ],
    [
      'refers to the whole document',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace(/URI="[^"]+"/, 'URI=""') }),
    ],
    [
      'refers to two things',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace(/<ds:Reference[^]*<\/ds:Reference>/, '$&$&') }),
    ],
    [
      'holds an Object',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace('</ds:Signature>', '<ds:Object/></ds:Signature>') }),
    ],
    [
      'stands over something else as well',
      'signature',
      () => ({
        sign: onAssertion,
        afterResponse: (xml) => {
          const copy = part(xml, signature).replace(/URI="[^"]+"/, 'URI="#_x"')
          return xml.replace(
            '<samlp:Status>',
            () => `<samlp:Extensions ID="_x">${copy}</samlp:Extensions><samlp:Status>`,
          )
        },
      }),
    ],
    [
      'stands twice',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace(signature, '$&$&').replace(/ Id="[^"]*"/g, '') }),
    ],
  ]
  it.each(cases)('is refused when it %s', (_, check, changes) => expectRefused(changes(), check))

  it('over the assertion is demanded where the source says so', () =>
    expectRefused({ sign: ['response'] }, 'signature', 403, { wantAssertionsSigned: true }))

  it('over the Response is demanded where the source says so', () =>
    expectRefused({ sign: onAssertion }, 'signature', 403, { wantAuthnResponseSigned: true }))
})

describe('signature wrapping', () => {
  /** The eight arrangements of "On Breaking SAML" (USENIX Security 2012), as testing tools number them. */
  const wrappings: [number, ResponseOptions['sign'], string, (xml: string) => string][] = [
    [
      1,
      ['response'],
      'structure',
      (xml) => wrapResponse(xml, (sig, original) => intoSignature(sig, original)),
    ],
    [2, ['response'], 'structure', (xml) => wrapResponse(xml, (sig, original) => original + sig)],
    [3, onAssertion, 'structure', (xml) => xml.replace(assertion, (signed) => forged(signed) + signed)],
    [
      4,
      onAssertion,
      'structure',
      (xml) => xml.replace(assertion, (signed) => inside(forged(signed), signed)),
    ],
    [
      5,
      onAssertion,
      'structure',
      (xml) => xml.replace(assertion, (signed) => evilSigned(signed) + signed.replace(signature, '')),
    ],
    [
      6,
      onAssertion,
      'structure',
      (xml) =>
        xml.replace(assertion, (signed) =>
          evilSigned(signed).replace(signature, (sig) => intoSignature(sig, signed.replace(signature, ''))),
        ),
    ],
    [
      7,
      onAssertion,
      'structure',
      (xml) =>
        xml.replace('<samlp:Status>', () => {
          const evil = forged(part(xml, assertion))
          return `<samlp:Extensions>${evil}</samlp:Extensions><samlp:Status>`
        }),
    ],
    [
      8,
      onAssertion,
      'structure',
      (xml) =>
        xml.replace(assertion, (signed) =>
          evilSigned(signed).replace(signature, (sig) =>
            intoSignature(sig, `<ds:Object>${signed.replace(signature, '')}</ds:Object>`),
          ),
        ),
    ],
  ]

  it.each(wrappings)('is refused: XSW %i', (_, sign, check, afterResponse) =>
    expectRefused({ sign, afterResponse }, check),
  )

  it.each([
    ['after', (signed: string) => signed + forged(signed)],
    ['before', (signed: string) => forged(signed) + signed],
    [
      'without a prefix',
      (signed: string) => signed + forged(signed).replaceAll('saml:Assertion', 'Assertion'),
    ],
    ['twice with one ID', (signed: string) => signed + forged(signed).replace('_evil', '_')],
  ])('is refused: a second assertion %s', (_, wrap) =>
    expectRefused({ sign: onAssertion, afterResponse: (xml) => xml.replace(assertion, wrap) }, 'structure'),
  )

  it('is refused: a second assertion under the signature of the Response', () =>
    expectRefused({ afterAssertion: (xml) => forged(xml) + xml }, 'structure'))

  it('is refused: an assertion beside an encrypted one', () =>
    expectRefused(
      { sign: onAssertion, afterResponse: (xml) => xml.replace(assertion, '<saml:EncryptedAssertion/>$&') },
      'structure',
    ))

  it('is refused: an ID that occurs again under another name', () =>
    expectRefused(
      { afterResponse: (xml) => xml.replace(/ ID="(_r\d+)"([^]*<samlp:Status)>/, ' ID="$1"$2 x:id="$1">') },
      'structure',
    ))

  function wrapResponse(xml: string, arrange: (sig: string, original: string) => string): string {
    const sig = part(xml, signature)
    return forged(xml).replace('<samlp:Status>', `${arrange(sig, xml.replace(sig, ''))}$&`)
  }
  function evilSigned(signed: string): string {
    const sig = part(signed, signature)
    return forged(signed).replace('</saml:Issuer>', () => `</saml:Issuer>${sig}`)
  }
  function intoSignature(sig: string, content: string): string {
    return sig.replace('</ds:Signature>', () => `${content}</ds:Signature>`)
  }
  function inside(outer: string, content: string): string {
    return outer.replace('</saml:Assertion>', () => `${content}</saml:Assertion>`)
  }
})

describe('a claim', () => {
  const url = 'https://evil.example/callback'
  const extra = (method: string) =>
    `<saml:SubjectConfirmation Method="${method}"><saml:SubjectConfirmationData/></saml:SubjectConfirmation>`
  const cases: [string, string, Changes][] = [
    ['another issuer of the assertion', 'issuer', { issuer: 'https://evil.example' }],
    ['no issuer of the assertion', 'issuer', { issuer: '' }],
    ['another issuer of the Response', 'issuer', { responseIssuer: 'https://evil.example' }],
    ['another audience', 'audience', { audience: 'https://other.example' }],
    ['no audience', 'audience', { audience: null }],
    [
      'a second, other audience restriction',
      'audience',
      {
        conditionsExtra:
          '<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>',
      },
    ],
    ['a condition that nobody understands', 'conditions', { conditionsExtra: '<saml:Condition/>' }],
    ['no end', 'conditions', { ends: null }],
    ['an end in the past', 'expired', { ends: -61 }],
    ['a beginning in the future', 'not_yet_valid', { begins: 65 }],
    ['another Destination', 'destination', { destination: url }],
    ['no Destination in a signed Response', 'destination', { destination: null }],
    ['another Destination in an unsigned Response', 'destination', { destination: url, sign: onAssertion }],
    ['an empty Destination', 'destination', { destination: '', sign: onAssertion }],
    ['another Recipient', 'recipient', { recipient: url }],
    ['no Recipient', 'recipient', { recipient: null }],
    ['a confirmation in the past', 'expired', { confirmationEnds: -61 }],
    ['a confirmation that begins', 'confirmation', { confirmationBegins: -100 }],
    ['another method', 'confirmation', { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' }],
    ['a request that nobody made', 'in_response_to', { inResponseTo: '_nobody' }],
    ['no request', 'in_response_to', { inResponseTo: null, responseInResponseTo: null }],
    ['a request in the Response alone', 'in_response_to', { inResponseTo: null, responseInResponseTo: '_x' }],
    ['two requests', 'in_response_to', { responseInResponseTo: '_other', sign: onAssertion }],
    ['an EncryptedID', 'structure', { subjectExtra: '<saml:EncryptedID/>', nameId: null }],
  ]
  it.each(cases)('is refused: %s', (_, check, changes) => expectRefused(changes, check))

  it('is refused: no Conditions at all', () =>
    expectRefused(
      { afterAssertion: (xml) => xml.replace(/<saml:Conditions[^]*<\/saml:Conditions>/, '') },
      'conditions',
    ))

  it('is refused: a bearer confirmation without an end', async () => {
    const response = await app.signIn(okta, { confirmationEnds: null })
    expect([response.status, response.body.code]).toEqual([403, 'invalid_assertion'])
  })

  it('is refused: an assertion older than the source allows', () =>
    expectRefused(
      { afterAssertion: (xml) => xml.replace(/IssueInstant="\d{4}/, 'IssueInstant="2020') },
      'expired',
      403,
      { maxAssertionAgeMs: 60_000 },
    ))

  it('holds by one confirmation, not by the pieces of two', () =>
    expectRefused(
      { subjectExtra: extra('urn:oasis:names:tc:SAML:2.0:cm:bearer'), recipient: url },
      'recipient',
    ))
})

describe('an answer', () => {
  it('serves once', async () => {
    const started = await app.start('okta')
    const xml = await app.respond(okta, started)
    await app.post('okta', xml, started.cookie).expect(200)
    const again = await app.post('okta', xml, started.cookie).expect(403)
    expect(again.body).toMatchObject({ code: 'invalid_assertion', details: { check: 'in_response_to' } })
    app.logins.length = 0
  })

  it('serves once of many at the same time', async () => {
    const started = await app.start('okta')
    const xml = await app.respond(okta, started)
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => app.post('okta', xml, started.cookie).then(({ status }) => status)),
    )
    expect(answers.sort()).toEqual([200, 403, 403, 403, 403, 403, 403, 403])
    app.logins.length = 0
  })

  it('with an assertion that served before is a replay, whatever request it answers', async () => {
    const first = await app.start('okta')
    const second = await app.start('okta')
    await app.post('okta', await app.respond(okta, first, { assertionId: '_same' }), first.cookie).expect(200)
    const again = await app.respond(okta, second, { assertionId: '_same' })
    const response = await app.post('okta', again, second.cookie).expect(403)
    expect(response.body.code).toBe('replayed')
    app.logins.length = 0
  })

  it('that nobody asked for serves once', async () => {
    const source = app.source('okta', { allowIdpInitiated: true })
    const unasked = { inResponseTo: null, responseInResponseTo: null }
    const xml = await app.respond(source, { id: '', cookie: '' }, unasked)
    await app.post('okta', xml).expect(200)
    expect((await app.post('okta', xml).expect(403)).body.code).toBe('replayed')
    app.logins.length = 0
  })

  it.each([
    ['no browser', () => ''],
    ['another browser', async () => (await app.start('okta')).cookie],
  ])('is refused from %s, and the right one can still finish', async (_, otherCookie) => {
    const started = await app.start('okta')
    const xml = await app.respond(okta, started)
    const response = await app.post('okta', xml, await otherCookie()).expect(403)
    expect(response.body.details).toEqual({ check: 'in_response_to' })
    await app.post('okta', xml, started.cookie).expect(200)
    app.logins.length = 0
  })

  it('to the request of another source is refused', async () => {
    app.source('entra')
    const started = await app.start('entra')
    const response = await app.post('okta', await app.respond(okta, started), started.cookie).expect(403)
    expect(response.body.details).toEqual({ check: 'in_response_to' })
  })

  it.each([
    ['another issuer', { responseIssuer: 'https://evil.example' }, 'issuer'],
    ['another Destination', { destination: 'https://evil.example' }, 'destination'],
  ])('that says no is not believed with %s', async (_, changes, check) => {
    const status = ['urn:oasis:names:tc:SAML:2.0:status:Requester']
    const right = { destination: okta.saml.callbackUrl, responseIssuer: okta.saml.idpIssuer }
    const response = await app.post('okta', errorXml({ ...right, ...changes, status })).expect(403)
    expect(response.body.details).toEqual({ check })
  })

  it('with an assertion, whose Status says no, is refused', async () => {
    const response = await app.signIn(okta, { status: ['urn:oasis:names:tc:SAML:2.0:status:Responder'] })
    expect(response.body).toMatchObject({ code: 'provider_refused', details: { provider: 'Responder' } })
  })
})

describe('a binding', () => {
  it.each(['SAMLResponse', 'SAMLRequest'])('by GET is refused: %s', async (name) => {
    const response = await request(app.server)
      .get('/sso/okta/callback')
      .query({ [name]: 'x' })
      .expect(403)
    expect(response.body.details).toEqual({ check: 'binding' })
  })

  it('that mixes query and body is refused', async () => {
    const started = await app.start('okta')
    const SAMLResponse = Buffer.from(await app.respond(okta, started)).toString('base64')
    const response = await request(app.server)
      .post('/sso/okta/callback?SAMLResponse=x')
      .set('Cookie', started.cookie)
      .type('form')
      .send({ SAMLResponse })
      .expect(403)
    expect(response.body.details).toEqual({ check: 'binding' })
  })

  it('of a logout request is refused', async () => {
    const response = await request(app.server)
      .post('/sso/okta/callback')
      .type('form')
      .send({ SAMLRequest: 'x' })
      .expect(403)
    expect(response.body.details).toEqual({ check: 'binding' })
  })
})

describe('an encrypted assertion', () => {
  const keys = () => ({ decryptionPvk: app.sp.key, decryptionCert: app.sp.cert })
  /** The assertion's cipher text: the last CipherValue, the first is the key's. */
  const cipher =
    /(<xenc:CipherValue>)([^<]+)(<\/xenc:CipherValue>\s*<\/xenc:CipherData>\s*<\/xenc:EncryptedData>)/

  function mangled(xml: string, change: (bytes: Buffer) => void): string {
    if (!cipher.test(xml)) throw new Error('Nothing to change')
    return xml.replace(cipher, (_, before: string, value: string, after: string) => {
      const bytes = Buffer.from(value, 'base64')
      change(bytes)
      return before + bytes.toString('base64') + after
    })
  }

  it('gets one and the same answer whatever fails in it', async () => {
    const source = app.source('okta', keys())
    const encryption = algorithms.aes128Cbc
    const broken: Changes[] = [
      {
        afterResponse: (xml) =>
          mangled(xml, (bytes) =>
            bytes.writeUInt8(0xff ^ bytes.readUInt8(bytes.length - 17), bytes.length - 17),
          ),
      },
      { afterResponse: (xml) => mangled(xml, (bytes) => bytes.writeUInt8(0xff ^ bytes.readUInt8(40), 40)) },
      { afterResponse: (xml) => xml.replace(cipher, '$1AAAA$3') },
      { encryptFor: stranger },
      { keys: stranger },
      { sign: [] },
      { afterAssertion: () => 'no XML' },
      { afterAssertion: (xml) => `<!DOCTYPE x>${xml}` },
      { afterAssertion: () => '<saml:Assertion xmlns:saml="x"/>' },
      { afterAssertion: (xml) => `<x>${xml}</x>` },
      { afterAssertion: (xml) => xml.replace('ann@', 'bob@') },
      { afterAssertion: () => `<saml:Assertion>${'<a/>'.repeat(20_000)}</saml:Assertion>` },
      { encryption: algorithms.tripleDes },
      { afterResponse: (xml) => xml.replace('rsa-oaep-mgf1p', 'rsa-1_5') },
      { signatureAlgorithm: algorithms.rsaSha1 },
    ]
    const bodies = new Set<string>()
    for (const changes of broken) {
      const response = await app.signIn(source, {
        encryptFor: app.sp,
        encryption,
        sign: onAssertion,
        ...changes,
      })
      bodies.add(`${response.status} ${response.text}`)
    }
    expect([...bodies]).toEqual([expect.stringContaining('"details":{"check":"encryption"}')])
  })

  it('is refused where there is no key', () => expectRefused({ encryptFor: app.sp }, 'encryption'))

  it('is refused with a wrong audience, as any other', () =>
    expectRefused({ encryptFor: app.sp, audience: 'https://other.example' }, 'audience', 403, keys()))
})

describe('a message that a genuine signature does not make cheap', () => {
  it('is refused when somebody put a lot beside the signed assertion', () =>
    expectRefused(
      {
        sign: onAssertion,
        afterResponse: (xml) =>
          xml.replace('<samlp:Status>', `<samlp:Extensions>${'<a/>'.repeat(201)}</samlp:Extensions>$&`),
      },
      'structure',
    ))

  it('is refused when its signature was over other content', async () => {
    const started = await app.start('okta')
    const genuine = part(
      await app.respond(okta, started, { sign: onAssertion, assertionId: '_one' }),
      signature,
    )
    const xml = await app.respond(okta, started, {
      sign: [],
      assertionId: '_one',
      attributes: attribute('a', '<a/>'.repeat(4400)),
      afterAssertion: (unsigned) => unsigned.replace('</saml:Issuer>', () => `</saml:Issuer>${genuine}`),
    })
    const begin = process.cpuUsage()
    const response = await app.post('okta', xml, started.cookie).expect(403)
    expect(process.cpuUsage(begin).user).toBeLessThan(250_000)
    expect(response.body.details).toEqual({ check: 'signature' })
  })
})

describe('a message that is no message', () => {
  const started = { id: '_x', cookie: '' }
  const cases: [string, string, () => string | Promise<string>][] = [
    ['nothing', 'encoding', () => ''],
    ['not base64', 'encoding', () => '<Response/>'],
    ['base64 for addresses', 'encoding', () => '_-_-'],
    ['base64 with more behind it', 'encoding', () => 'PHgvPg==PHgvPg=='],
    ['not UTF-8', 'encoding', () => Buffer.from('<x>\xff</x>', 'latin1').toString('base64')],
    ['UTF-16', 'structure', () => Buffer.from('<x/>', 'utf16le').toString('base64')],
    ['not XML', 'structure', () => Buffer.from('hello').toString('base64')],
    ['another message', 'structure', () => Buffer.from('<LogoutRequest/>').toString('base64')],
    ['too large', 'size', () => Buffer.alloc(512 * 1024 + 1, 'x').toString('base64')],
    [
      'a DOCTYPE',
      'doctype',
      async () => Buffer.from(`<!DOCTYPE x>${await app.respond(okta, started)}`).toString('base64'),
    ],
  ]
  it.each(cases)('is refused: %s', async (_, check, field) => {
    const response = await app.postField('okta', await field()).expect(400)
    expect(response.body).toMatchObject({ code: 'invalid_assertion', details: { check } })
  })

  it('is refused: a list, an object, nothing', async () => {
    for (const body of ['SAMLResponse=a&SAMLResponse=b', 'SAMLResponse[x]=a', 'other=1', '']) {
      const response = await request(app.server)
        .post('/sso/okta/callback')
        .type('form')
        .send(body)
        .expect(400)
      expect(response.body.details).toEqual({ check: 'encoding' })
    }
  })

  it.each([
    ['unsigned', (): Changes => ({ sign: [] })],
    ['signed by somebody else', (): Changes => ({ keys: stranger })],
  ])('costs little when it is junk, %s', async (_, changes) => {
    const junk = { attributes: attribute('a', '<a/>'.repeat(4400)), ...changes() }
    const xml = await app.respond(okta, started, junk)
    const begin = process.cpuUsage()
    const response = await app.post('okta', xml).expect(403)
    expect(process.cpuUsage(begin).user).toBeLessThan(250_000)
    expect(response.body.details).toEqual({ check: 'signature' })
  })
})
