import type request from 'supertest'
import { SignedXml } from 'xml-crypto'
import {
  algorithms,
  assertionXml,
  attribute,
  defaults,
  type ResponseOptions,
  signXml,
} from '../helpers/saml-idp'
import { IDP_ISSUER, samlApp, type SamlApp } from '../helpers/saml-app'

type Changes = Partial<ResponseOptions>

let app: SamlApp
let close: () => Promise<void>
beforeAll(async () => ({ app, close } = await samlApp()))
afterAll(() => close())
beforeEach(() => (app.logins.length = 0))

const both: ResponseOptions['sign'] = ['assertion', 'response']
const onAssertion: ResponseOptions['sign'] = ['assertion']
const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()

/** Changes the assertion before it is signed, as the provider itself would. */
async function signInSaying(
  change: (xml: string) => string,
  changes: Changes = {},
): Promise<request.Response> {
  return app.signIn(app.source('okta', { decryptionPvk: app.sp.key, decryptionCert: app.sp.cert }), {
    ...changes,
    afterAssertion: change,
  })
}

const replacing = (from: string | RegExp, to: string) => (xml: string) => {
  expect(xml).toMatch(from)
  return xml.replace(from, () => to)
}

function expectAccepted({ status, body }: request.Response): void {
  expect([status, body.details, app.logins.length]).toEqual([200, undefined, 1])
}

function expectRefused({ status, body }: request.Response, check: string, expected = 403): void {
  expect([status, body.code, body.details]).toEqual([expected, 'invalid_assertion', { check }])
  expect(app.logins).toEqual([])
}

describe('surrounding white space', () => {
  const spaced = (text: string) => `\n    ${text}\t\n  `

  it.each<[string, (source: { saml: { issuer: string; callbackUrl: string } }) => Changes]>([
    ['the Issuer of the assertion', () => ({ issuer: spaced(IDP_ISSUER) })],
    ['the Issuer of the Response', () => ({ responseIssuer: spaced(IDP_ISSUER) })],
    ['the Audience', ({ saml }) => ({ audience: spaced(saml.issuer) })],
    ['the Destination', ({ saml }) => ({ destination: ` ${saml.callbackUrl}&#10;` })],
    ['the Recipient', ({ saml }) => ({ recipient: `&#9;${saml.callbackUrl} ` })],
    ['the Method of the confirmation', () => ({ method: ` ${defaults.method} ` })],
  ])('of %s is ignored', async (_, changes) => {
    const source = app.source('okta')
    expectAccepted(await app.signIn(source, changes(source)))
    expect(app.logins[0]?.assertion.issuer).toBe(IDP_ISSUER)
  })

  it('of a class reference is ignored', async () => {
    const source = app.source('okta', { authnContext: ['urn:oasis:names:tc:SAML:2.0:ac:classes:Password'] })
    const change = replacing(/(?<=ClassRef>)[^<]+/, spaced('urn:oasis:names:tc:SAML:2.0:ac:classes:Password'))
    expectAccepted(await app.signIn(source, { afterAssertion: change }))
  })

  it('of a configured name is ignored, and the configured issuer is reported unchanged', async () => {
    const source = app.source('okta', { idpIssuer: ` ${IDP_ISSUER}\n` })
    expectAccepted(await app.signIn(source))
    expect(app.logins[0]?.assertion.issuer).toBe(` ${IDP_ISSUER}\n`)
  })

  it.each([
    ['inside an Issuer', 'issuer', { issuer: IDP_ISSUER.replace('.com/', '.com /') }],
    ['outside XML’s definition, around an Issuer', 'issuer', { issuer: `\u00a0${IDP_ISSUER}` }],
    [
      'outside XML’s definition, around an Audience',
      'audience',
      { audience: 'http://127.0.0.1/sso/okta/metadata\u2003' },
    ],
  ])('matters %s', async (_, check, changes) =>
    expectRefused(await app.signIn(app.source('okta'), changes), check),
  )

  it.each([
    ['an Issuer', 'issuer', /(?<=<saml:Issuer>)[^<]+/],
    ['an Audience', 'audience', /(?<=<saml:Audience>)[^<]+/],
  ])('doesn’t hide an element inside %s', async (_, check, text) =>
    expectRefused(await signInSaying((xml) => xml.replace(text, '<x>$&</x>')), check),
  )
})

describe('a value of an attribute', () => {
  it.each([
    ['an element', '<x>ada@acme.example</x>'],
    ['an element beside text', 'ada<x/>@acme.example'],
    ['a NameID of another namespace', '<x:NameID xmlns:x="urn:x">ada@acme.example</x:NameID>'],
    ['two NameIDs', '<saml:NameID>ada</saml:NameID><saml:NameID>bob</saml:NameID>'],
    ['a NameID beside text', 'x<saml:NameID>ada</saml:NameID>'],
    ['a NameID in another element', '<x><saml:NameID>ada</saml:NameID></x>'],
  ])('is never reduced to its text if it holds %s', async (_, content) => {
    await app.signIn(app.source('okta'), { attributes: attribute('email', content) })
    const { attributes, nameIdAttributes } = app.logins[0]!.assertion
    expect(JSON.stringify(attributes)).not.toMatch(/ada|acme/)
    expect([attributes['email'], nameIdAttributes]).toEqual([{ element: expect.any(String) }, undefined])
  })

  it('doesn’t change the other values if it holds an element', async () => {
    await app.signIn(app.source('okta'), { attributes: attribute('groups', 'a', '<x/>', 'b') })
    expect(app.logins[0]?.assertion.attributes).toEqual({ groups: ['a', { element: 'x' }, 'b'] })
  })
})

describe('the bearer confirmation', () => {
  it.each([
    ['in the past', { confirmationBegins: -100 }],
    ['within the clock tolerance', { confirmationBegins: 50 }],
  ])('may have a NotBefore %s', async (_, changes) =>
    expectAccepted(await app.signIn(app.source('okta'), changes)),
  )

  it('may start later if another one is valid', async () => {
    const source = app.source('okta')
    const other = `<saml:SubjectConfirmation Method="${defaults.method}"><saml:SubjectConfirmationData NotBefore="${at(200)}" NotOnOrAfter="${at(300)}" Recipient="${source.saml.callbackUrl}"/></saml:SubjectConfirmation>`
    expectAccepted(await app.signIn(source, { subjectExtra: other }))
  })

  it('sets the assertion’s end if Conditions have no end', async () => {
    expectAccepted(await app.signIn(app.source('okta'), { ends: null }))
    app.logins.length = 0
    expectRefused(await app.signIn(app.source('okta'), { ends: null, confirmationEnds: -61 }), 'expired')
    expectRefused(
      await app.signIn(app.source('okta'), { ends: null, confirmationEnds: null }),
      'confirmation',
    )
  })

  it('blocks reuse of an assertion without an end until the last of several confirmations ends', async () => {
    const source = app.source('okta', { allowIdpInitiated: true })
    const later = at(9 * 3600)
    const subjectExtra = `<saml:SubjectConfirmation Method="${defaults.method}"><saml:SubjectConfirmationData NotOnOrAfter="${later}" Recipient="https://other.example"/></saml:SubjectConfirmation>`
    const used = jest.spyOn(app.requests, 'isFirstUse')
    const unasked = { inResponseTo: null, responseInResponseTo: null }
    const xml = await app.respond(source, { id: '', cookie: '' }, { ...unasked, ends: null, subjectExtra })
    expectAccepted(await app.post('okta', xml))
    const [, , until] = used.mock.calls[0]!
    expect(until.getTime()).toBeGreaterThanOrEqual(Date.parse(later))
    used.mockRestore()
    expect((await app.post('okta', xml)).body.code).toBe('replayed')
  })
})

describe('the Subject', () => {
  const subject = /<saml:Subject>[^]*<\/saml:Subject>/

  it('is required', async () => expectRefused(await signInSaying(replacing(subject, '')), 'structure'))

  it('must be the only one', async () => {
    expectRefused(await signInSaying((xml) => xml.replace(subject, '$&$&')), 'structure')
    const empty = '<saml:Subject/>'
    expectRefused(await signInSaying((xml) => xml.replace(subject, `${empty}$&`)), 'structure')
    expectRefused(await signInSaying((xml) => xml.replace(subject, `$&${empty}`)), 'structure')
  })
})

describe('an Advice', () => {
  const options = (): ResponseOptions => ({
    ...defaults,
    ...{ keys: app.idp, issuer: 'https://other.example', responseIssuer: null, audience: 'x' },
    ...{ recipient: 'x', destination: null, inResponseTo: null, responseInResponseTo: null },
    attributes: attribute('email', 'eve@evil.example'),
  })
  const signedAssertion = () => signXml(assertionXml(options()), 'Assertion', options())
  const within = (content: string) => (xml: string) =>
    xml.replace('<saml:AuthnStatement ', `<saml:Advice>${content}</saml:Advice>$&`)

  /** Signs the outermost element, and so what it advises, too. */
  function signRoot(xml: string): string {
    const signature = new SignedXml({
      privateKey: app.idp.key,
      signatureAlgorithm: algorithms.rsaSha256,
      canonicalizationAlgorithm: algorithms.exclusive,
    })
    signature.addReference({
      xpath: '/*',
      digestAlgorithm: algorithms.sha256,
      transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', algorithms.exclusive],
    })
    signature.computeSignature(xml, { prefix: 'ds', location: { reference: '/*/*[1]', action: 'after' } })
    return signature.getSignedXml()
  }

  it.each([
    ['an unsigned assertion', () => assertionXml(options())],
    ['a signed assertion', () => signedAssertion()],
    ['an encrypted assertion', () => '<saml:EncryptedAssertion><x/></saml:EncryptedAssertion>'],
    ['several of them', () => assertionXml(options()) + signedAssertion()],
    ['a reference', () => '<saml:AssertionIDRef>_x</saml:AssertionIDRef>'],
  ])('is ignored with %s', async (_, content) => {
    const advise = within(content())
    expectAccepted(await signInSaying(advise))
    app.logins.length = 0
    expectAccepted(await signInSaying((xml) => signRoot(advise(xml)), { sign: [] }))
    expect(app.logins[0]?.assertion).toMatchObject({
      subject: 'ann-1',
      attributes: { email: 'ann@example.com' },
    })
  })

  it('is ignored in an encrypted assertion', async () => {
    const source = app.source('okta', { decryptionPvk: app.sp.key, decryptionCert: app.sp.cert })
    const afterAssertion = within(signedAssertion())
    expectAccepted(await app.signIn(source, { encryptFor: app.sp, afterAssertion }))
  })

  it.each([
    [
      'the signed assertion, in an unsigned one',
      'signature',
      (signed: string) => within(signed)(assertionXml(options())),
    ],
    [
      'the signed assertion, in one with its signature',
      'signature',
      (signed: string) => {
        const signature = /<ds:Signature[^]*<\/ds:Signature>/.exec(signed)![0]
        const forged = assertionXml(options()).replace('</saml:Issuer>', `$&${signature}`)
        return within(signed.replace(signature, ''))(forged)
      },
    ],
    [
      'the signed assertion, in an Advice outside an assertion',
      'structure',
      (signed: string) => `<saml:Advice>${signed}</saml:Advice>`,
    ],
    [
      'the signed assertion, in an Advice of another namespace',
      'structure',
      (signed: string) =>
        assertionXml(options()).replace(
          '<saml:AuthnStatement ',
          `<x:Advice xmlns:x="urn:x">${signed}</x:Advice>$&`,
        ),
    ],
  ])('hides nothing from the checks: %s', async (_, check, wrap) => {
    const assertion = /<saml:Assertion [^]*<\/saml:Assertion>/
    const afterResponse = (xml: string) => xml.replace(assertion, (signed) => wrap(signed))
    expectRefused(await app.signIn(app.source('okta'), { sign: onAssertion, afterResponse }), check)
  })

  it('is refused if its assertion has the ID of the one around it', async () => {
    const same = assertionXml({ ...options(), assertionId: '_same' })
    const response = await app.signIn(app.source('okta'), {
      assertionId: '_same',
      afterAssertion: within(same),
    })
    expectRefused(response, 'structure')
  })
})

describe('a Response', () => {
  it.each([
    ['without an Issuer', { responseIssuer: null }],
    ['unsigned and without a Destination', { sign: onAssertion, destination: null }],
  ])('is accepted %s', async (_, changes) => expectAccepted(await app.signIn(app.source('okta'), changes)))

  const withoutId = (xml: string) => xml.replace(/ ID="_r\d+"/, '')
  it.each<[string, string, Changes]>([
    ['without an ID', 'structure', { sign: onAssertion, afterResponse: withoutId }],
    [
      'with an empty ID',
      'structure',
      { sign: onAssertion, afterResponse: (xml) => xml.replace(/ ID="_r\d+"/, ' ID=""') },
    ],
    [
      'with its Issuer twice',
      'issuer',
      { sign: onAssertion, afterResponse: (xml) => xml.replace(/<saml:Issuer>[^<]*<\/saml:Issuer>/, '$&$&') },
    ],
    ['signed and without a Destination', 'destination', { sign: both, destination: null }],
    ['from another Issuer', 'issuer', { responseIssuer: `${IDP_ISSUER}/` }],
  ])('is refused %s', async (_, check, changes) =>
    expectRefused(await app.signIn(app.source('okta'), changes), check),
  )
})
