import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { inspect } from 'node:util'
import request from 'supertest'
import type { JitError } from '../../src/index'
import { algorithms, attribute, errorXml, hmacSigned, type ResponseOptions } from '../helpers/saml-idp'
import type { Started } from '../helpers/saml-app'
import { type SamlServer, startSamlServer } from '../helpers/saml-process'
import { annsAttributes, SamlCompany, samlSources } from '../helpers/saml-company'
import { assertionPattern, forged, part, signaturePattern, wrappings } from '../helpers/saml-wrapping'
import { testMongo, type TestMongo } from '../helpers/mongo'

type Changes = Partial<ResponseOptions>

const both: ResponseOptions['sign'] = ['assertion', 'response']
const onAssertion: ResponseOptions['sign'] = ['assertion']

let mongo: TestMongo
let company: SamlCompany
let before: string

beforeAll(async () => {
  mongo = await testMongo()
  company = await SamlCompany.open(mongo)
})
afterAll(() => company.close())
beforeEach(async () => {
  before = await company.users()
})

/** The refusals emitted to the app's listeners since the last call. There must be no fault. */
function told(): JitError[] {
  expect(company.faults).toEqual([])
  return company.refused.splice(0)
}

/** The page of a refusal, without its unique reference. */
const pageOf = (response: request.Response, { reference }: JitError) =>
  response.text.replaceAll(reference, '')

/**
 * Expects a refusal that wrote nothing. Only the app learns which check refused; the browser gets the same page for
 * all.
 */
async function expectRefusal(
  response: request.Response,
  check: string | undefined,
  status = 403,
  code: JitError['code'] = 'invalid_assertion',
): Promise<void> {
  const [error, ...more] = told()
  expect([response.status, error?.code, error?.details.check, more]).toEqual([status, code, check, []])
  expect(response.headers['content-type']).toMatch(/^text\/html/)
  const plain = await company.post('okta', 'no message')
  const [another] = told()
  if (code === 'invalid_assertion') expect(pageOf(response, error!)).toBe(pageOf(plain, another!))
  expect(response.text).toContain(error!.reference)
  expect(await company.users()).toBe(before)
}

async function expectRefused(changes: Changes, check: string, status = 403, id = 'okta'): Promise<void> {
  const started = await company.start(id)
  const xml = await company.respond(id, started, changes)
  await expectRefusal(await company.post(id, xml, started.cookie), check, status)
}

/** Signs in, to show that it works, and undoes the writes. */
async function expectAccepted(id: string, xml: string, cookie: string): Promise<void> {
  await company.post(id, xml, cookie).expect(302)
  expect(told()).toEqual([])
  await company.app.User.deleteMany({})
}

describe('a valid Response', () => {
  it.each<[string, Changes]>([
    ['okta', {}],
    ['okta', { sign: onAssertion }],
    ['entra', { sign: both }],
    ['wants-assertion-signed', { sign: both }],
    ['wants-response-signed', {}],
    ['allows-no-age', {}],
    ['allows-unasked', { inResponseTo: null, responseInResponseTo: null }],
  ])('creates a user through the source %s: %j', async (id, changes) => {
    const started = await company.start(id)
    await company.post(id, await company.respond(id, started, changes), started.cookie).expect(302)
    expect(await company.app.User.countDocuments({ 'identities.source': id })).toBe(1)
    await company.app.User.deleteMany({})
  })

  it('creates a user through the source decrypts', async () => {
    const started = await company.start('decrypts')
    const xml = await company.respond('decrypts', started, { encryptFor: company.parties.sp })
    await expectAccepted('decrypts', xml, started.cookie)
  })
})

describe('a signature', () => {
  const cases: [string, string, () => Changes][] = [
    ['is missing', 'signature', () => ({ sign: [] })],
    ['is made with another key', 'signature', () => ({ keys: company.parties.stranger })],
    [
      'is made with another key, over the assertion',
      'signature',
      () => ({ keys: company.parties.stranger, sign: onAssertion }),
    ],
    ['is made with the key of another source', 'signature', () => ({ keys: company.parties.entra })],
    [
      'includes its own key',
      'signature',
      () => ({
        keys: company.parties.stranger,
        afterResponse: (xml) => {
          const certificate = company.parties.stranger.cert.replace(/-----[^-]+-----|\s/g, '')
          expect(part(xml, /<ds:KeyInfo>[^]*<\/ds:KeyInfo>/)).toContain(certificate)
          return xml
        },
      }),
    ],
    [
      'does not match a changed attribute',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace('ann@', 'bob@') }),
    ],
    [
      'does not match a changed NameID',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace('ann-1', 'ann-2') }),
    ],
    [
      'does not match a changed attribute of a signed assertion',
      'signature',
      () => ({ sign: onAssertion, afterResponse: (xml) => xml.replace('ann@', 'bob@') }),
    ],
    [
      'does not match a changed NameID of a signed assertion',
      'signature',
      () => ({ sign: onAssertion, afterResponse: (xml) => xml.replace('ann-1', 'ann-2') }),
    ],
    [
      'has a valid digest but a broken SignatureValue',
      'signature',
      () => ({
        sign: onAssertion,
        afterResponse: (xml) =>
          xml.replace(/(<ds:SignatureValue>)(.)/, (_, tag, first) => `${tag}${first === 'A' ? 'B' : 'A'}`),
      }),
    ],
    [
      'over the Response is invalid, while the one over the assertion is valid',
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
      'uses MD5 for the digest',
      'algorithm',
      () => ({
        afterResponse: (xml) => xml.replace(algorithms.sha256, 'http://www.w3.org/2001/04/xmldsig-more#md5'),
      }),
    ],
    [
      'claims to be an HMAC',
      'algorithm',
      () => ({
        afterResponse: (xml) =>
          xml.replace(algorithms.rsaSha256, 'http://www.w3.org/2001/04/xmldsig-more#hmac-sha256'),
      }),
    ],
    [
      'is an HMAC with the public certificate as its secret',
      'algorithm',
      () => ({ sign: [], afterResponse: (xml) => hmacSigned(xml, company.parties.okta.cert) }),
    ],
    [
      'names no algorithm',
      'algorithm',
      () => ({ afterResponse: (xml) => xml.replace(` Algorithm="${algorithms.rsaSha256}"`, '') }),
    ],
    [
      'uses an unsupported transform',
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
      'uses a transform in another namespace',
      'algorithm',
      () => ({
        afterResponse: (xml) =>
          xml.replace(
            `<ds:Transform Algorithm="${algorithms.exclusive}"`,
            `<x:Transform xmlns:x="urn:x" Algorithm="${algorithms.exclusive}"`,
          ),
      }),
    ],
    [
      'uses an unsupported canonicalization',
      'algorithm',
      () => ({
        afterResponse: (xml) =>
          xml.replace(
            /<ds:CanonicalizationMethod Algorithm="[^"]+"/,
            '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2000/09/xmldsig#base64"',
          ),
      }),
    ],
    ...['', '#', '#_other', '#xpointer(/)', 'https://evil.example/'].map(
      (uri): [string, string, () => Changes] => [
        `refers to "${uri}"`,
        'signature',
        () => ({ afterResponse: (xml) => xml.replace(/URI="[^"]+"/, `URI="${uri}"`) }),
      ],
    ),
    ['refers to nothing', 'signature', () => ({ afterResponse: (xml) => xml.replace(/ URI="[^"]+"/, '') })],
    [
      'has two references',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace(/<ds:Reference[^]*<\/ds:Reference>/, '$&$&') }),
    ],
    [
      'contains an Object',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace('</ds:Signature>', '<ds:Object/></ds:Signature>') }),
    ],
    [
      'contains two SignedInfo elements',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace(/<ds:SignedInfo>[^]*<\/ds:SignedInfo>/, '$&$&') }),
    ],
    [
      'also covers something else',
      'signature',
      () => ({
        sign: onAssertion,
        afterResponse: (xml) => {
          const copy = part(xml, signaturePattern).replace(/URI="[^"]+"/, 'URI="#_x"')
          return xml.replace(
            '<samlp:Status>',
            () => `<samlp:Extensions ID="_x">${copy}</samlp:Extensions><samlp:Status>`,
          )
        },
      }),
    ],
    [
      'appears twice',
      'signature',
      () => ({ afterResponse: (xml) => xml.replace(signaturePattern, '$&$&').replace(/ Id="[^"]*"/g, '') }),
    ],
    [
      'is in another namespace',
      'signature',
      () => ({
        sign: onAssertion,
        afterResponse: (xml) =>
          xml.replace('xmlns:ds="http://www.w3.org/2000/09/xmldsig#"', 'xmlns:ds="urn:x"'),
      }),
    ],
    [
      'has no prefix and no namespace',
      'signature',
      () => ({
        sign: onAssertion,
        afterResponse: (xml) => xml.replace(/ xmlns:ds="[^"]+"/, '').replaceAll(/(<\/?)ds:/g, '$1'),
      }),
    ],
    [
      'has more in its SignedInfo than a message needs',
      'signature',
      () => ({
        afterResponse: (xml) => xml.replace('</ds:SignedInfo>', `${'<ds:x/>'.repeat(20)}</ds:SignedInfo>`),
      }),
    ],
    [
      'lists more prefixes than a message needs',
      'signature',
      () => ({
        afterResponse: (xml) =>
          xml.replace('<ds:CanonicalizationMethod ', `$&PrefixList="${'x '.repeat(20)}" `),
      }),
    ],
  ]
  it.each(cases)('is refused when it %s', (_, check, changes) => expectRefused(changes(), check))

  it('over the assertion is required if the source requires it', () =>
    expectRefused({ sign: ['response'] }, 'signature', 403, 'wants-assertion-signed'))

  it('over the assertion must be valid if the source requires it, even under a valid signature of the Response', () =>
    expectRefused(
      { sign: both, afterAssertion: (xml) => xml.replace('ann@', 'bob@') },
      'signature',
      403,
      'wants-assertion-signed',
    ))

  it('over the Response is required if the source requires it', () =>
    expectRefused({ sign: onAssertion }, 'signature', 403, 'wants-response-signed'))
})

describe('signature wrapping', () => {
  it.each(wrappings)('is refused: XSW %i', (_, sign, afterResponse) =>
    expectRefused({ sign, afterResponse }, 'structure'),
  )

  it.each([
    ['after', (signed: string) => signed + forged(signed)],
    ['before', (signed: string) => forged(signed) + signed],
    [
      'without a prefix',
      (signed: string) => signed + forged(signed).replaceAll('saml:Assertion', 'Assertion'),
    ],
    [
      'in another namespace',
      (signed: string) =>
        forged(signed).replaceAll('saml:Assertion', 'x:Assertion').replace(' ID', ' xmlns:x="urn:x" ID') +
        signed,
    ],
    ['with a repeated ID', (signed: string) => signed + forged(signed).replace('_evil', '_')],
    [
      'that is also valid, after the signed one',
      (signed: string) => signed + signed.replace(/ ID="[^"]+"/, ' ID="_2"'),
    ],
    [
      'that is also valid, before the signed one',
      (signed: string) => signed.replace(/ ID="[^"]+"/, ' ID="_2"') + signed,
    ],
  ])('is refused: a second assertion %s', (_, wrap) =>
    expectRefused(
      { sign: onAssertion, afterResponse: (xml) => xml.replace(assertionPattern, wrap) },
      'structure',
    ),
  )

  it('is refused: a second assertion under the signature of the Response', () =>
    expectRefused({ afterAssertion: (xml) => forged(xml) + xml }, 'structure'))

  it('is refused: an assertion next to an encrypted one', () =>
    expectRefused(
      {
        sign: onAssertion,
        afterResponse: (xml) => xml.replace(assertionPattern, '<saml:EncryptedAssertion/>$&'),
      },
      'structure',
    ))

  it('is refused: the only assertion, in an unexpected place', () =>
    expectRefused(
      {
        sign: onAssertion,
        afterResponse: (xml) => xml.replace(assertionPattern, '<samlp:Extensions>$&</samlp:Extensions>'),
      },
      'structure',
    ))

  it('is refused: an assertion in another namespace', () =>
    expectRefused(
      {
        afterAssertion: (xml) =>
          xml.replace('xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"', 'xmlns:saml="urn:x"'),
      },
      'structure',
    ))

  it('is refused: an ID repeated under another name', () =>
    expectRefused(
      { afterResponse: (xml) => xml.replace(/ ID="(_r\d+)"([^]*<samlp:Status)>/, ' ID="$1"$2 x:id="$1">') },
      'structure',
    ))

  it.each(['ID', 'Id', 'id', 'xml:id', 'samlp:ID'])('is refused: an ID repeated as %s', (name) =>
    expectRefused(
      {
        afterResponse: (xml) => xml.replace(/ ID="(_r\d+)"([^]*<samlp:Status)>/, ` ID="$1"$2 ${name}="$1">`),
      },
      'structure',
    ),
  )
})

describe('a claim', () => {
  const url = 'https://evil.example/callback'
  const extra = (method: string) =>
    `<saml:SubjectConfirmation Method="${method}"><saml:SubjectConfirmationData/></saml:SubjectConfirmation>`
  const bearer = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'
  const cases: [string, string, Changes][] = [
    ['another issuer in the assertion', 'issuer', { issuer: 'https://evil.example' }],
    ['no issuer in the assertion', 'issuer', { issuer: '' }],
    ['another issuer in the Response', 'issuer', { responseIssuer: 'https://evil.example' }],
    ['another audience', 'audience', { audience: 'https://other.example' }],
    ['no audience', 'audience', { audience: null }],
    ['an empty audience', 'audience', { audience: '' }],
    [
      'a second audience restriction with another audience',
      'audience',
      {
        conditionsExtra:
          '<saml:AudienceRestriction><saml:Audience>https://other.example</saml:Audience></saml:AudienceRestriction>',
      },
    ],
    ['an unknown condition', 'conditions', { conditionsExtra: '<saml:Condition/>' }],
    ['no NotOnOrAfter, and a confirmation in the past', 'expired', { ends: null, confirmationEnds: -61 }],
    ['a NotOnOrAfter in the past', 'expired', { ends: -61 }],
    ['a NotBefore in the future', 'not_yet_valid', { begins: 65 }],
    ['another Destination', 'destination', { destination: url }],
    ['no Destination in a signed Response', 'destination', { destination: null }],
    ['another Destination in an unsigned Response', 'destination', { destination: url, sign: onAssertion }],
    ['an empty Destination', 'destination', { destination: '', sign: onAssertion }],
    ['another Recipient', 'recipient', { recipient: url }],
    ['no Recipient', 'recipient', { recipient: null }],
    ['a confirmation in the past', 'expired', { confirmationEnds: -61 }],
    ['a confirmation without NotOnOrAfter', 'confirmation', { confirmationEnds: null }],
    ['a confirmation with NotBefore in the future', 'not_yet_valid', { confirmationBegins: 65 }],
    [
      'a confirmation with an invalid NotBefore',
      'confirmation',
      { afterAssertion: (xml) => xml.replace('Data Recipient', 'Data NotBefore="now" Recipient') },
    ],
    [
      'another confirmation method',
      'confirmation',
      { method: 'urn:oasis:names:tc:SAML:2.0:cm:sender-vouches' },
    ],
    ['a request that was never made', 'in_response_to', { inResponseTo: '_nobody' }],
    ['a very long request', 'in_response_to', { inResponseTo: `_${'x'.repeat(100_000)}` }],
    ['no request', 'in_response_to', { inResponseTo: null, responseInResponseTo: null }],
    [
      'InResponseTo only in the Response',
      'in_response_to',
      { inResponseTo: null, responseInResponseTo: '_x' },
    ],
    ['two requests', 'in_response_to', { responseInResponseTo: '_other', sign: onAssertion }],
    ['an EncryptedID', 'structure', { subjectExtra: '<saml:EncryptedID/>', nameId: null }],
    [
      'an invalid IssueInstant',
      'conditions',
      { afterAssertion: (xml) => xml.replace(/IssueInstant="[^"]+"/, 'IssueInstant="today"') },
    ],
    ['no IssueInstant', 'conditions', { afterAssertion: (xml) => xml.replace(/ IssueInstant="[^"]+"/, '') }],
    [
      'a NotOnOrAfter without a time zone',
      'conditions',
      { afterAssertion: (xml) => xml.replace(/(<saml:Conditions [^>]* NotOnOrAfter="[^"]+)Z"/, '$1"') },
    ],
    [
      'two Conditions',
      'conditions',
      { afterAssertion: (xml) => xml.replace(/<saml:Conditions[^]*<\/saml:Conditions>/, '$&$&') },
    ],
    [
      'no Conditions',
      'conditions',
      { afterAssertion: (xml) => xml.replace(/<saml:Conditions[^]*<\/saml:Conditions>/, '') },
    ],
    [
      'a SAML 1.1 assertion',
      'structure',
      { afterAssertion: (xml) => xml.replace('Version="2.0"', 'Version="1.1"') },
    ],
    ['an assertion without an ID', 'structure', { afterAssertion: (xml) => xml.replace(/ ID="[^"]+"/, '') }],
    [
      'no confirmation',
      'confirmation',
      {
        afterAssertion: (xml) =>
          xml.replace(/<saml:SubjectConfirmation [^]*<\/saml:SubjectConfirmation>/, ''),
      },
    ],
  ]
  it.each(cases)('is refused: %s', (_, check, changes) => expectRefused(changes, check))

  it('is refused: an assertion older than the source allows', () =>
    expectRefused(
      { afterAssertion: (xml) => xml.replace(/IssueInstant="\d{4}/, 'IssueInstant="2020') },
      'expired',
      403,
      'allows-no-age',
    ))

  it('needs one complete SubjectConfirmation, not the parts of two', () =>
    expectRefused({ subjectExtra: extra(bearer), recipient: url }, 'recipient'))
})

describe('a request', () => {
  it('accepts one Response', async () => {
    const [started, other] = [await company.start('okta'), await company.start('okta')]
    const xml = await company.respond('okta', started)
    await expectAccepted('okta', xml, started.cookie)
    await expectRefusal(await company.post('okta', xml, other.cookie), 'in_response_to')
    await expectRefusal(await company.post('okta', xml), 'in_response_to')
    const again = await company.respond('okta', started, { assertionId: '_other' })
    await expectRefusal(await company.post('okta', again, started.cookie), 'in_response_to')
  })

  it('redirects a repeated response to the same page, even if its assertion has expired', async () => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started)
    await expectAccepted('okta', xml, started.cookie)
    const logins: unknown[] = []
    company.app.jit.on('login', () => logins.push('login'))
    for (const minutes of [0, 1, 30]) {
      const later = Date.now() + minutes * 60_000
      const clock = jest.spyOn(Date, 'now').mockReturnValue(later)
      const { status, headers } = await company.post('okta', xml, started.cookie)
      clock.mockRestore()
      expect([status, headers['location'], headers['set-cookie']]).toEqual([302, '/', undefined])
    }
    expect([logins, told()]).toEqual([[], []])
    expect(await company.app.User.countDocuments()).toBe(0)
  })

  it('isn’t finished by a refused response, which is refused again', async () => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started, { attributes: '' })
    await expectRefusal(await company.post('okta', xml, started.cookie), undefined, 403, 'identifier_missing')
    await expectRefusal(await company.post('okta', xml, started.cookie), 'in_response_to')
  })

  it('accepts one of many concurrent Responses', async () => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started)
    const logins: unknown[] = []
    company.app.jit.on('login', () => logins.push('login'))
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => company.post('okta', xml, started.cookie).then(({ status }) => status)),
    )
    expect(answers).toEqual(Array(8).fill(302))
    expect([logins, told()]).toEqual([['login'], []])
    expect(await company.app.User.countDocuments()).toBe(1)
    await company.app.User.deleteMany({})
  })

  it('does not accept an assertion that was used before', async () => {
    const [first, second] = [await company.start('okta'), await company.start('okta')]
    const once = await company.respond('okta', first, { assertionId: '_same' })
    await expectAccepted('okta', once, first.cookie)
    const again = await company.respond('okta', second, { assertionId: '_same' })
    await expectRefusal(await company.post('okta', again, second.cookie), undefined, 403, 'replayed')
  })

  it('is optional if the source allows that, but the Response works once', async () => {
    const unasked = { inResponseTo: null, responseInResponseTo: null }
    const xml = await company.respond('allows-unasked', { id: '', cookie: '' }, unasked)
    await expectAccepted('allows-unasked', xml, '')
    await expectRefusal(await company.post('allows-unasked', xml), undefined, 403, 'replayed')
  })

  it.each([
    ['no browser', () => ''],
    ['another browser', async () => (await company.start('okta')).cookie],
  ])('refuses a Response from %s, and still accepts the correct one', async (_, otherCookie) => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started)
    await expectRefusal(await company.post('okta', xml, await otherCookie()), 'in_response_to')
    await expectAccepted('okta', xml, started.cookie)
  })

  it('does not accept a Response from another source', async () => {
    const started = await company.start('entra')
    const xml = await company.respond('okta', started)
    await expectRefusal(await company.post('okta', xml, started.cookie), 'in_response_to')
  })

  it.each([
    ['another issuer', { responseIssuer: 'https://evil.example' }, 'issuer'],
    ['another Destination', { destination: 'https://evil.example' }, 'destination'],
  ])('does not accept a provider’s refusal with %s', async (_, changes, check) => {
    const { saml } = company.source('okta')
    const status = ['urn:oasis:names:tc:SAML:2.0:status:Requester']
    const right = { destination: saml.callbackUrl, responseIssuer: saml.idpIssuer }
    await expectRefusal(await company.post('okta', errorXml({ ...right, ...changes, status })), check)
  })

  it.each([
    ['with a code other than Success', ['urn:oasis:names:tc:SAML:2.0:status:Responder'], 'Responder'],
    ['with an invalid code', ['Success'], 'Success'],
    ['with a very long code', [`urn:${'a'.repeat(100_000)} `], 'unknown'],
  ])('does not accept an assertion next to a Status, %s', async (_, status, provider) => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started, { status, sign: both })
    const response = await company.post('okta', xml, started.cookie)
    expect(company.refused[0]?.details).toEqual({ provider })
    await expectRefusal(response, undefined, 403, 'provider_refused')
  })

  it('does not accept an assertion without a Status', () =>
    expectRefused({ status: [], sign: onAssertion }, 'status', 400))
})

describe('two processes', () => {
  const unasked = { inResponseTo: null, responseInResponseTo: null }
  let other: SamlServer
  beforeAll(async () => {
    const options = { baseUrl: `${company.app.origin}/sso` }
    other = await startSamlServer({ uri: mongo.uri, sources: samlSources(company.parties), options })
  })
  afterAll(() => other?.stop())

  /** Posts one message to both at once. */
  async function answers(id: string, xml: string, cookie = ''): Promise<string[]> {
    const post = async (origin: string): Promise<string> => {
      const answer = await request(origin)
        .post(`/sso/${id}/callback`)
        .set({ Cookie: cookie, Accept: 'application/problem+json' })
        .type('form')
        .send({ SAMLResponse: Buffer.from(xml).toString('base64') })
      return `${answer.status} ${answer.body.code}`
    }
    const both = await Promise.all([company.app.origin, other.origin].map(post))
    expect(await company.app.User.countDocuments()).toBe(1)
    await company.app.User.deleteMany({})
    company.refused.length = 0
    return both.sort()
  }

  it.each([1, 2, 3, 4, 5])('accept a Response once, even if both get it at the same moment: %i', async () => {
    const started = await company.start('okta')
    const asked = await answers('okta', await company.respond('okta', started), started.cookie)
    expect(asked).toEqual(['302 undefined', '302 undefined'])
    const free = await company.respond('allows-unasked', { id: '', cookie: '' }, unasked)
    expect(await answers('allows-unasked', free)).toEqual(['302 undefined', '403 replayed'])
  })
})

describe('a binding', () => {
  const genuine = async (): Promise<{ SAMLResponse: string; started: Started }> => {
    const started = await company.start('okta')
    return { SAMLResponse: Buffer.from(await company.respond('okta', started)).toString('base64'), started }
  }
  const get = (query: object, cookie = '') =>
    request(company.app.origin)
      .get('/sso/okta/callback')
      .set({ Cookie: cookie, Accept: 'text/html' })
      .query(query)

  it('by GET is refused with a valid Response', async () => {
    const { SAMLResponse, started } = await genuine()
    await expectRefusal(await get({ SAMLResponse }, started.cookie), 'binding')
  })

  it.each(['SAMLResponse', 'SAMLRequest'])('by GET is refused: %s', async (name) =>
    expectRefusal(await get({ [name]: 'x' }), 'binding'),
  )

  it('with both a query and a body is refused', async () => {
    const { SAMLResponse, started } = await genuine()
    const mixed = await company.postForm('okta', { SAMLResponse }, started.cookie, '?SAMLResponse=x')
    await expectRefusal(mixed, 'binding')
  })

  it('by POST is refused with the Response in the query', async () => {
    const { SAMLResponse, started } = await genuine()
    const query = `?SAMLResponse=${encodeURIComponent(SAMLResponse)}`
    await expectRefusal(await company.postForm('okta', '', started.cookie, query), 'response', 400)
  })

  it.each([
    ['a LogoutRequest', { SAMLRequest: 'x' }],
    ['a LogoutRequest next to a Response', { SAMLRequest: 'x', SAMLResponse: 'x' }],
  ])('with %s is refused', async (_, form) => expectRefusal(await company.postForm('okta', form), 'binding'))

  it.each(['LogoutRequest', 'LogoutResponse'])('with an unsigned %s is refused', async (name) => {
    const xml = `<samlp:${name} xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0"/>`
    await expectRefusal(await company.post('okta', xml), 'structure', 400)
  })
})

describe('an encrypted assertion', () => {
  /** The assertion's cipher text: the last CipherValue, since the first is the key's. */
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

  it('gets the same error page for every failure', async () => {
    const { sp, stranger } = company.parties
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
      { afterAssertion: (xml) => xml + xml },
      { afterAssertion: (xml) => xml.replace('ann@', 'bob@') },
      { afterAssertion: () => `<saml:Assertion>${'<a/>'.repeat(20_000)}</saml:Assertion>` },
      { signatureAlgorithm: algorithms.rsaSha1 },
      {
        afterResponse: (xml) =>
          xml.replace('<saml:EncryptedAssertion>', '$&<ds:RetrievalMethod xmlns:ds="d"/>'),
      },
    ]
    const answers = new Set<string>()
    for (const changes of broken) {
      const started = await company.start('decrypts')
      const xml = await company.respond('decrypts', started, {
        ...{ encryptFor: sp, encryption: algorithms.aes128Cbc, sign: onAssertion },
        ...changes,
      })
      const response = await company.post('decrypts', xml, started.cookie)
      const [error] = told()
      answers.add(
        `${response.status} ${error?.message} ${JSON.stringify(error?.details)} ${pageOf(response, error!)}`,
      )
    }
    expect([...answers]).toEqual([expect.stringContaining('{"check":"encryption"}')])
    expect(await company.users()).toBe(before)
  })

  it.each<[string, Changes]>([
    [algorithms.tripleDes, { encryption: algorithms.tripleDes }],
    [
      'http://www.w3.org/2001/04/xmlenc#rsa-1_5',
      { afterResponse: (xml) => xml.replace('rsa-oaep-mgf1p', 'rsa-1_5') },
    ],
  ])('is refused with the algorithm’s name, no matter what it encrypts: %s', async (algorithm, changes) => {
    const xml = await company.respond('decrypts', await company.start('decrypts'), {
      ...{ encryptFor: company.parties.sp, sign: [], afterAssertion: () => 'no XML', ...changes },
    })
    await company.post('decrypts', xml)
    const [error] = told()
    expect(error?.details).toEqual({ check: 'encryption', algorithm })
    expect(error?.message).toContain(algorithm)
  })

  it('is refused without a decryption key', () =>
    expectRefused({ encryptFor: company.parties.sp }, 'encryption'))

  it('is refused with a wrong audience, like any other', () =>
    expectRefused(
      { encryptFor: company.parties.sp, audience: 'https://other.example' },
      'audience',
      403,
      'decrypts',
    ))

  it('is refused with a signature taken from another assertion', async () => {
    const sealed = { sign: [], encryptFor: company.parties.sp }
    const genuine = await company.respond('decrypts', await company.start('decrypts'), {
      ...{ sign: onAssertion, assertionId: '_x' },
    })
    const afterResponse = (xml: string) =>
      xml.replace(
        '<saml:EncryptedAssertion>',
        () => `<saml:EncryptedAssertion ID="_x">${part(genuine, signaturePattern)}`,
      )
    await expectRefused({ ...sealed, afterResponse }, 'signature', 403, 'decrypts')
  })
})

describe('a costly message with a valid signature', () => {
  it('is refused if it has much unsigned content next to the assertion', () =>
    expectRefused(
      {
        sign: onAssertion,
        afterResponse: (xml) =>
          xml.replace('<samlp:Status>', `<samlp:Extensions>${'<a/>'.repeat(201)}</samlp:Extensions>$&`),
      },
      'structure',
    ))

  it('is refused if the signature covers other content', async () => {
    const started = await company.start('okta')
    const genuine = await company.respond('okta', started, { sign: onAssertion, assertionId: '_one' })
    await expectRefused(
      {
        sign: [],
        assertionId: '_one',
        attributes: attribute('a', '<a/>'.repeat(4400)),
        afterAssertion: (unsigned) =>
          unsigned.replace('</saml:Issuer>', () => `</saml:Issuer>${part(genuine, signaturePattern)}`),
      },
      'signature',
    )
  })
})

describe('a comment', () => {
  it.each([
    ['the NameID', 'ann-1', 'an<!-- x -->n-1'],
    ['an attribute', 'ann@corp.example', 'ann@corp.example<!-- x -->'],
    ['an attribute, as CDATA', 'ann@corp.example', 'ann@<![CDATA[corp]]>.example'],
  ])('in %s does not shorten it', async (_, value, written) => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started)
    await company.post('okta', xml.replace(value, written), started.cookie).expect(302)
    const [user] = await company.app.User.find().lean()
    expect(user).toMatchObject({ email: 'ann@corp.example', identities: [{ subject: 'ann-1' }] })
    await company.app.User.deleteMany({})
  })

  it('in a value does not turn one person into another', async () => {
    const started = await company.start('okta')
    const attributes = annsAttributes.replace('ann@corp.example', 'ann@corp.example.evil.example')
    const xml = await company.respond('okta', started, { attributes, nameId: 'ann-1.evil' })
    const cut = xml
      .replace('corp.example.evil', 'corp.example<!---->.evil')
      .replace('ann-1.evil', 'ann-1<!---->.evil')
    await company.post('okta', cut, started.cookie).expect(302)
    const [user] = await company.app.User.find().lean()
    expect(user).toMatchObject({
      email: 'ann@corp.example.evil.example',
      identities: [{ subject: 'ann-1.evil' }],
    })
    await company.app.User.deleteMany({})
  })
})

describe('an invalid message', () => {
  const started = { id: '_x', cookie: '' }
  const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')
  const genuine = async (): Promise<string> => company.respond('okta', started)
  const cases: [string, string, () => string | Promise<string>][] = [
    ['nothing', 'encoding', () => ''],
    ['not base64', 'encoding', () => '<Response/>'],
    ['base64url', 'encoding', () => '_-_-'],
    ['base64 followed by other characters', 'encoding', () => 'PHgvPg==PHgvPg=='],
    ['not UTF-8', 'encoding', () => base64(Buffer.from('<x>\xff</x>', 'latin1'))],
    ['UTF-16', 'structure', () => base64(Buffer.from('<x/>', 'utf16le'))],
    ['not XML', 'structure', () => base64('hello')],
    ['another message', 'structure', () => base64('<LogoutRequest/>')],
    ['a Response in another namespace', 'structure', () => base64('<Response xmlns="urn:x" Version="2.0"/>')],
    [
      'a SAML 1.1 Response',
      'structure',
      async () => base64((await genuine()).replace('Version="2.0"', 'Version="1.1"')),
    ],
    ['too large', 'size', () => base64(Buffer.alloc(512 * 1024 + 1, 'x'))],
    ['a DOCTYPE', 'doctype', async () => base64(`<!DOCTYPE x>${await genuine()}`)],
    [
      'an entity',
      'doctype',
      async () =>
        base64(`<!DOCTYPE x [<!ENTITY a "admin">]>${(await genuine()).replace('>ann-1<', '>&a;<')}`),
    ],
    [
      'an external entity',
      'doctype',
      async () => base64(`<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>${await genuine()}`),
    ],
    ['an undefined entity', 'structure', async () => base64((await genuine()).replace('ann-1', '&a;'))],
    [
      'a processing instruction',
      'structure',
      async () => base64((await genuine()).replace('ann-1', 'ann<?x y?>-1')),
    ],
  ]
  it.each(cases)('is refused: %s', async (_, check, field) =>
    expectRefusal(await company.postForm('okta', { SAMLResponse: await field() }), check, 400),
  )

  it.each([
    ['SAMLResponse=a&SAMLResponse=b', 'encoding'],
    ['SAMLResponse[x]=a', 'response'],
    ['other=1', 'response'],
    ['', 'response'],
  ])('is refused: the form "%s"', async (body, check) =>
    expectRefusal(await company.postForm('okta', body), check, 400),
  )

  it('is refused: a form with more parameters than a Response has, without revealing its content', async () => {
    const heard: JitError[] = []
    company.app.jit.on('refused', (error) => void heard.push(error))
    const form = `SAMLResponse=the-assertion&${'a=1&'.repeat(60)}`
    await expectRefusal(await company.postForm('okta', form), 'body', 400)
    expect(heard).toContainEqual(expect.objectContaining({ code: 'invalid_assertion' }))
    expect(inspect(heard, { depth: 9 })).not.toContain('the-assertion')
  })

  it.each<[string, (text: string) => Buffer]>([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
    ['x', (text) => Buffer.from(text)],
  ])('is refused: a form compressed with %s', async (encoding, compress) => {
    const sent = company.postForm('okta', '').set('Content-Encoding', encoding)
    await expectRefusal(await sent.send(compress('SAMLResponse=aGVsbG8=') as never), 'body', 400)
  })
})

describe('a client that asks for JSON', () => {
  it('gets no more details than a person', async () => {
    const answer = await company.post('okta', 'no message').set('Accept', 'application/json')
    const [error] = told()
    expect(error?.details).toEqual({ check: 'structure' })
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.body).toEqual({
      type: 'about:blank',
      title: expect.any(String),
      detail: expect.any(String),
      status: 400,
      code: 'invalid_assertion',
      source: 'okta',
      reference: error?.reference,
    })
  })
})
