import type request from 'supertest'
import { attribute, encryptedId, type ResponseOptions } from '../helpers/saml-idp'
import { annsAttributes, SamlCompany } from '../helpers/saml-company'
import { samlApp, type SamlApp } from '../helpers/saml-app'

const V1 = 'urn:oasis:names:tc:SAML:1.1:nameid-format:'
const V2 = 'urn:oasis:names:tc:SAML:2.0:nameid-format:'
const EMAIL = `${V1}emailAddress`

type Changes = Partial<ResponseOptions>

/** Replaces the NameID with one that has this content and these attributes. */
const nameId = (content: string, attributes = `Format="${V2}persistent"`): Changes => ({
  afterAssertion: (xml) =>
    xml.replace(
      /<saml:NameID [^]*<\/saml:NameID>/,
      () => `<saml:NameID ${attributes}>${content}</saml:NameID>`,
    ),
})

describe('a person whose user name is another person’s email', () => {
  let company: SamlCompany
  beforeAll(async () => (company = await SamlCompany.open()))
  afterAll(() => company.close())
  beforeEach(() => company.app.User.deleteMany({}))

  const eve = annsAttributes.replace('ann@', 'eve@').replace('>Ann<', '>Eve<')
  const signIn = async (changes: Changes): Promise<request.Response> => {
    const started = await company.start('okta')
    return company.post('okta', await company.respond('okta', started, changes), started.cookie)
  }
  const person = 'ann@corp.example'

  it('can’t sign in as that person by asking for another NameID format', async () => {
    await signIn({ nameId: person, nameIdFormat: EMAIL }).then(({ status }) => expect(status).toBe(302))
    const before = await company.users()
    expect(before).toContain(`"format":"${EMAIL}"`)
    for (const format of [`${V1}unspecified`, `${V2}persistent`]) {
      expect((await signIn({ nameId: person, nameIdFormat: format, attributes: eve })).status).toBe(403)
      const [refused] = company.refused.splice(0)
      expect([refused?.code, refused?.details.check]).toEqual(['invalid_assertion', 'name_id_format'])
      expect(refused?.message).toContain(EMAIL)
      expect(refused?.message).toContain(format)
    }
    expect(await company.users()).toBe(before)
    await signIn({ nameId: person, nameIdFormat: EMAIL }).then(({ status }) => expect(status).toBe(302))
  })

  it('can’t sign in as that person even if version 0.1 stored the identity', async () => {
    await signIn({ nameId: person, nameIdFormat: EMAIL })
    await company.app.User.collection.updateOne({}, { $unset: { 'identities.0.format': 1 } })
    const before = await company.users()
    const attack = { nameId: person, nameIdFormat: `${V1}unspecified`, attributes: eve }
    expect((await signIn(attack)).status).toBe(403)
    expect(company.refused.splice(0)[0]?.details.check).toBe('name_id_format')
    expect(await company.users()).toBe(before)
    expect((await signIn({ nameId: person, nameIdFormat: EMAIL })).status).toBe(302)
    expect(await company.users()).toContain(EMAIL)
  })
})

let app: SamlApp
let close: () => Promise<void>
beforeAll(async () => ({ app, close } = await samlApp()))
afterAll(() => close())
beforeEach(() => (app.logins.length = 0))

const subjectOf = () => app.logins[0]?.assertion.subject

describe('the format that a source requires', () => {
  it.each<[string | null, string]>([
    [EMAIL, EMAIL],
    [`${V2}persistent`, ` ${V2}persistent\n`],
    ['urn:own', 'urn:own'],
    [`${V1}unspecified`, EMAIL],
    [`${V2}encrypted`, `${V2}persistent`],
    [null, EMAIL],
  ])('%s accepts a NameID of the format %j', async (identifierFormat, format) => {
    const source = app.source('okta', { identifierFormat })
    expect((await app.signIn(source, { nameIdFormat: format })).status).toBe(200)
  })

  it.each([
    [EMAIL, `${V1}unspecified`],
    [EMAIL, `${V2}emailAddress`],
    [`${V2}persistent`, `${V2}transient`],
    [`${V2}transient`, `${V2}persistent`],
  ])(
    '%s refuses a NameID of the format %s, with both names in the message',
    async (identifierFormat, format) => {
      const source = app.source('okta', { identifierFormat })
      const { status, body } = await app.signIn(source, { nameIdFormat: format })
      expect([status, body.details]).toEqual([403, { check: 'name_id_format' }])
      for (const word of [identifierFormat, format, 'identifierFormat']) expect(body.message).toContain(word)
      expect(app.logins).toEqual([])
    },
  )

  it('refuses a NameID without a format, which is unspecified', async () => {
    const { body } = await app.signIn(app.source('okta', { identifierFormat: EMAIL }), nameId('ann', ''))
    expect(body.message).toContain(`${V1}unspecified`)
  })
})

describe('a NameID', () => {
  const okta = () => app.source('okta')

  it('arrives with its format and qualifiers', async () => {
    const attributes = `Format="${EMAIL}" NameQualifier="corp" SPNameQualifier="app"`
    await app.signIn(okta(), nameId('ann', attributes))
    expect(app.logins[0]?.assertion.nameId).toEqual({
      format: EMAIL,
      nameQualifier: 'corp',
      spNameQualifier: 'app',
    })
  })

  it('arrives as unspecified without a format', async () => {
    await app.signIn(okta(), nameId('ann', ''))
    expect(app.logins[0]?.assertion.nameId).toEqual({ format: `${V1}unspecified` })
  })

  it.each([
    ['printed on lines', '\n      ann\n    ', 'ann'],
    ['printed on lines with other line endings', '&#13;\n  ann &#13;\n', 'ann'],
    ['with a space inside, printed on lines', '\n ann lee\n', 'ann lee'],
    ['with a space at its end', 'admin ', 'admin '],
    ['with a space at its start', ' admin', ' admin'],
    ['with a line break only at its end', 'admin\n', 'admin\n'],
    ['with a line break only at its start', '\nadmin', '\nadmin'],
    ['with a line break at one end and a space at the other', '\nadmin ', '\nadmin '],
    ['with no-break spaces inside the lines', '\n\u00a0admin\u00a0\n', '\u00a0admin\u00a0'],
    ['with a comment inside', 'admin<!-- x -->.evil', 'admin.evil'],
  ])('is read exactly %s: %j', async (_, content, expected) => {
    await app.signIn(okta(), nameId(content))
    expect(subjectOf()).toBe(expected)
  })

  it.each([
    ['holds an element', nameId('ad<x/>min')],
    ['holds its text in an element', nameId('<saml:NameID>admin</saml:NameID>')],
  ])('is refused as malformed if it %s', async (_, changes) => {
    const { status, body } = await app.signIn(okta(), changes)
    expect([status, body.details]).toEqual([400, { check: 'structure' }])
    expect(app.logins).toEqual([])
  })

  it('is transient even with white space around its format', async () => {
    await app.signIn(okta(), nameId('t-1', `Format=" ${V2}transient&#10;"`))
    expect(app.logins[0]?.assertion).toMatchObject({ subject: null })
    expect(app.logins[0]?.assertion).not.toHaveProperty('nameId')
  })

  it.each([
    ['beside another', '<saml:NameID>eve</saml:NameID>'],
    ['beside a BaseID', '<saml:BaseID/>'],
  ])('is refused %s', async (_, subjectExtra) => {
    const { body } = await app.signIn(okta(), { subjectExtra })
    expect(body.details).toEqual({ check: 'structure' })
  })

  it('is refused beside an EncryptedID', async () => {
    const subjectExtra = await encryptedId('<saml:NameID>eve</saml:NameID>', app.sp)
    expect((await app.signIn(okta(), { subjectExtra })).body.details).toEqual({ check: 'structure' })
  })

  it('is text in an attribute, and marked as a NameID', async () => {
    const targeted = (content: string) => attribute('targeted', `\n  <saml:NameID>${content}</saml:NameID>\n`)
    await app.signIn(okta(), { attributes: targeted('p-1') + annsAttributes })
    expect(app.logins[0]?.assertion).toMatchObject({
      attributes: { targeted: 'p-1', email: 'ann@corp.example' },
      nameIdAttributes: ['targeted'],
    })
  })
})
