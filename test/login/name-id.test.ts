import type { Assertion, SourceConfig } from '../../src'
import { ann, company, type Company, source } from '../helpers/company'

const V1 = 'urn:oasis:names:tc:SAML:1.1:nameid-format:'
const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const EMAIL = `${V1}emailAddress`
const UNSPECIFIED = `${V1}unspecified`
const ISSUER = 'https://idp.example'
const OWN = 'https://app.example/sso/okta/metadata'

let app: Company
afterEach(() => app.close())

const open = async (options: Partial<SourceConfig> = {}, others: SourceConfig[] = []): Promise<void> => {
  app = await company({
    sources: [source({ identifiers: ['email', 'employeeNumber'], ...options }), ...others],
  })
}

const named = (nameId: Assertion['nameId'], attributes: Record<string, unknown> = {}): Assertion =>
  ann(attributes, nameId && { nameId })

const stored = async () => (await app.User.findOne().lean()).identities[0]

/** Makes the stored identity one of version 0.1. */
const forgetQualifiers = () =>
  app.User.collection.updateMany(
    {},
    {
      $unset: {
        'identities.0.format': 1,
        'identities.0.nameQualifier': 1,
        'identities.0.spNameQualifier': 1,
      },
    },
  )

async function expectRefused(assertion: Assertion, ...words: string[]): Promise<void> {
  const { code, details, message } = await app.refusal(assertion)
  expect([code, details]).toEqual(['invalid_assertion', { check: 'name_id_format' }])
  for (const word of [...words, 'docs/saml.md']) expect(message).toContain(word)
  expect(message).not.toContain('ann')
}

describe('the NameID of a new identity', () => {
  it.each([
    [
      'is stored with its format and qualifiers',
      { format: EMAIL, nameQualifier: 'corp', spNameQualifier: 'app' },
      { format: EMAIL, nameQualifier: 'corp', spNameQualifier: 'app' },
    ],
    ['is stored as unspecified without a format', {}, { format: UNSPECIFIED }],
    ['is stored without empty qualifiers', { format: '', nameQualifier: '' }, { format: UNSPECIFIED }],
  ])('%s', async (_, nameId, expected) => {
    await open({ domains: ['corp.example'] })
    await app.signIn(named(nameId))
    const { source: _source, issuer, subject, linkedAt, lastLoginAt, ...rest } = await stored()
    expect([issuer, subject, linkedAt, lastLoginAt]).toEqual([
      ISSUER,
      'ann-1',
      ...Array(2).fill(expect.any(Date)),
    ])
    expect(rest).toEqual(expected)
  })

  it('is stored when an existing user is linked', async () => {
    await open({ linking: 'trusted' })
    await app.User.create({ email: 'ann@corp.example' })
    expect((await app.signIn(named({ format: EMAIL }))).outcome).toBe('linked')
    expect((await stored()).format).toBe(EMAIL)
  })
})

describe('a NameID with the same text', () => {
  it.each([
    ['in another format', { format: PERSISTENT }, [EMAIL, PERSISTENT]],
    ['without a format', {}, [EMAIL, UNSPECIFIED]],
    ['in a format with different letter case', { format: EMAIL.toLowerCase() }, [EMAIL, EMAIL.toLowerCase()]],
    [
      'with another NameQualifier',
      { format: EMAIL, nameQualifier: 'https://evil.example' },
      ['NameQualifier'],
    ],
    [
      'with another SPNameQualifier',
      { format: EMAIL, spNameQualifier: 'https://other' },
      ['SPNameQualifier'],
    ],
  ])('is refused %s, no matter which identifiers arrive', async (_, nameId, words) => {
    await open({ linking: 'trusted' })
    await app.signIn(named({ format: EMAIL }))
    await expectRefused(named(nameId), ...words)
    await expectRefused(named(nameId, { email: 'eve@corp.example' }), ...words)
  })

  it.each([
    ['with the issuer as NameQualifier', { format: EMAIL, nameQualifier: ISSUER }],
    ['with this app as SPNameQualifier', { format: EMAIL, spNameQualifier: OWN }],
  ])('is the same person %s, which is the default', async (_, nameId) => {
    await open()
    await app.signIn(named({ format: EMAIL }))
    expect((await app.signIn(named(nameId))).outcome).toBe('unchanged')
    await app.User.deleteMany()
    await app.signIn(named(nameId))
    expect((await app.signIn(named({ format: EMAIL }))).outcome).toBe('unchanged')
  })

  it('is refused if its stored qualifier is missing or differs', async () => {
    await open()
    await app.signIn(named({ format: EMAIL, nameQualifier: 'corp' }))
    await expectRefused(named({ format: EMAIL }), 'NameQualifier')
    await expectRefused(named({ format: EMAIL, nameQualifier: 'corp2' }), 'NameQualifier')
    expect((await app.signIn(named({ format: EMAIL, nameQualifier: 'corp' }))).outcome).toBe('unchanged')
  })

  it('is the same person if the app passes it to login without qualifiers', async () => {
    await open()
    await app.signIn(named({ format: EMAIL }))
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
    expect((await stored()).format).toBe(EMAIL)
  })

  it('belongs to one person, no matter how many first sign-ins run at once', async () => {
    await open()
    const formats = Array.from({ length: 20 }, (_, i) => [EMAIL, PERSISTENT][i % 2]!)
    const answers = await Promise.allSettled(
      formats.map((format, i) =>
        app.jit.login('okta', named({ format }, { email: `ann${i}@corp.example`, firstName: format })),
      ),
    )
    const [user, ...more] = await app.User.find().lean()
    expect(more).toEqual([])
    expect(answers.map(({ status }) => status)).toEqual(
      formats.map((format) => (format === user.identities[0].format ? 'fulfilled' : 'rejected')),
    )
    expect(user.firstName).toBe(user.identities[0].format)
  })

  it.each([[42], ['with\nbreak'], [{}]])('is refused if its format isn’t text: %j', async (format) => {
    await open()
    const refused = app.jit.login('okta', named({ format: format as string }))
    await expect(refused).rejects.toMatchObject({ details: { check: 'name_id_format' } })
  })

  it('escapes misleading characters in a format, and shortens it', async () => {
    await open()
    await app.signIn(named({ format: EMAIL }))
    const { message } = await app.refusal(named({ format: `urn:\u202e${'x'.repeat(5_000)}` }))
    expect(message).toContain('⟨U+202E⟩')
    expect(message.length).toBeLessThan(1_000)
  })
})

describe('an identity of version 0.1', () => {
  const nameId = { format: EMAIL, nameQualifier: 'corp' }

  it.each([
    ['with the identifiers that the user has', {}],
    ['with the email in different letter case', { email: 'Ann@Corp.Example' }],
    ['without any identifier', { email: undefined, employeeNumber: undefined }],
    ['with an identifier that the source doesn’t use', { 'custom.note': 'x', username: 'eve' }],
  ])('takes the format and qualifiers once, %s', async (_, attributes) => {
    await open()
    await app.signIn(named(undefined, { employeeNumber: 'E7' }))
    app.commands()
    await app.jit.login('okta', named(nameId, { employeeNumber: 'E7', ...attributes }))
    expect(app.commands()).toEqual(['find', 'update'])
    expect(await stored()).toMatchObject({ ...nameId, subject: 'ann-1' })
    app.commands()
    await app.jit.login('okta', named(nameId, { employeeNumber: 'E7', ...attributes }))
    expect(app.commands()).toEqual(['find'])
    await expectRefused(named({ format: PERSISTENT }), EMAIL, PERSISTENT)
  })

  it.each([
    ['another user’s email', { email: 'eve@corp.example' }],
    ['a new email', { email: 'new@corp.example' }],
    ['another user’s employee number', { employeeNumber: 'E8' }],
    ['a new employee number beside the email', { employeeNumber: 'E9' }],
    ['an unreadable email', { email: 'ann\u200b@corp.example' }],
  ])('is refused, and doesn’t take them, if %s arrives', async (_, attributes) => {
    await open()
    await app.User.create({ email: 'eve@corp.example', employeeNumber: 'E8' })
    await app.signIn(named(undefined, { employeeNumber: 'E7' }))
    await expectRefused(named(nameId, { employeeNumber: 'E7', ...attributes }), EMAIL, 'without a format')
  })

  it('takes them from one of two simultaneous sign-ins, and refuses the other', async () => {
    await open()
    await app.signIn(named({ format: EMAIL }))
    await forgetQualifiers()
    const both = [EMAIL, PERSISTENT].map((format) => app.jit.login('okta', named({ format })))
    const answers = await Promise.allSettled(both)
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('can be moved to another format, or unlinked, with the documented commands', async () => {
    await open({ domains: ['corp.example'] })
    await app.signIn(named({ format: UNSPECIFIED }))
    await expectRefused(named({ format: PERSISTENT }), UNSPECIFIED, PERSISTENT)
    await app.User.updateMany(
      { identities: { $elemMatch: { source: 'okta', format: UNSPECIFIED } } },
      { $set: { 'identities.$[old].format': PERSISTENT } },
      { arrayFilters: [{ 'old.source': 'okta', 'old.format': UNSPECIFIED }] },
    )
    expect((await app.signIn(named({ format: PERSISTENT }))).outcome).toBe('unchanged')
    const remove = { $pull: { identities: { source: 'okta' } } }
    await app.User.updateMany({ 'identities.source': 'okta' }, remove)
    expect((await app.signIn(named({ format: EMAIL }))).outcome).toBe('linked')
  })

  it('still signs in without qualifiers in the assertion, and doesn’t change', async () => {
    await open()
    await app.signIn(ann())
    expect((await app.signIn(ann({ email: 'ann.lee@corp.example' }))).outcome).toBe('synced')
    expect(await stored()).not.toHaveProperty('format')
  })
})

describe('a source of OpenID Connect', () => {
  const oidc = (): SourceConfig => ({
    ...{ id: 'okta', protocol: 'oidc', provisioning: true, syncing: true },
    attributes: { firstName: 'firstName', lastName: 'lastName' },
    oidc: { issuer: ISSUER, clientID: 'c', clientSecret: 'a-long-enough-secret' },
  })

  it('stores no format', async () => {
    app = await company({ sources: [oidc()] })
    await app.signIn(named({ format: EMAIL }))
    expect(await stored()).not.toHaveProperty('format')
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
  })

  it('doesn’t inherit the people of a SAML source that had its id', async () => {
    app = await company({ sources: [oidc()] })
    await app.signIn(ann())
    await app.User.collection.updateOne({}, { $set: { 'identities.0.format': EMAIL } })
    await expectRefused(ann(), EMAIL)
  })
})
