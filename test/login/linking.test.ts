import type { SourceConfig } from '../../src'
import { ann, company, type Company, companySchema, source } from '../helpers/company'

let app: Company
const start = async (...sources: SourceConfig[]): Promise<void> => {
  app = await company({ sources })
}
afterEach(() => app.close())

const oldAnn = { email: 'Ann@Corp.example', firstName: 'Ann', lastName: 'Old' }
const storeAnn = async (more: object = {}): Promise<void> => {
  // As the app stored her before it used this library: without the model's setters.
  await app.User.collection.insertOne({ ...oldAnn, ...more })
}

describe('linking an existing user', () => {
  it('takes one database write, including the sync', async () => {
    await start(source({ linking: 'trusted' }))
    await storeAnn()
    const result = await app.signIn(ann())
    expect(result.outcome).toBe('linked')
    expect(await app.User.find().lean()).toMatchObject([
      { email: 'ann@corp.example', lastName: 'Lee', identities: [{ source: 'okta', subject: 'ann-1' }] },
    ])
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
  })

  it('leaves out a unique value that belongs to another user', async () => {
    app = await company({
      sources: [source({ linking: 'trusted' })],
      prepare: (schema) => schema.path('custom.desk').unique(true),
    })
    await app.User.create({ email: 'bo@corp.example', custom: { desk: 1 } })
    await storeAnn()
    const result = await app.signIn(ann({ desk: 1 }))
    expect([result.outcome, ...result.notices.map(({ code, path }) => `${code} ${path}`)]).toEqual(
      expect.arrayContaining(['linked', 'conflict custom.desk']),
    )
    expect((await app.User.findOne({ title: 'Engineer' }).lean()).identities).toHaveLength(1)
  })

  it('leaves fields unchanged while syncing is off', async () => {
    await start(source({ linking: 'trusted', syncing: false }))
    await storeAnn()
    expect(await app.signIn(ann())).toMatchObject({ outcome: 'linked', changes: [] })
  })

  it("does not happen with 'never'", async () => {
    await start(source({ linking: 'never', domains: ['corp.example'] }))
    await storeAnn()
    expect((await app.refusal(ann({}, { emailVerified: true }))).code).toBe('linking_refused')
  })

  it('finds an employee number exactly, and an email in any letter case', async () => {
    await start(source({ linking: 'trusted', identifiers: ['employeeNumber'] }))
    await storeAnn({ employeeNumber: 'E7' })
    expect((await app.signIn(ann({ email: 'other@corp.example', employeeNumber: 'e7' }))).outcome).toBe(
      'provisioned',
    )
    expect((await app.signIn(ann({ employeeNumber: 'E7' }, { subject: 'ann-2' }))).outcome).toBe('linked')
  })

  it.each([
    ['ß and ss', 'strasse@corp.example', 'straße@corp.example'],
    ['the dotted capital I and i', 'ida@corp.example', '\u0130da@corp.example'],
    ['é and e', 'rene@corp.example', 'rené@corp.example'],
  ])('distinguishes %s', async (_, stored, asserted) => {
    await start(source({ linking: 'trusted' }))
    await storeAnn({ email: stored })
    expect((await app.signIn(ann({ email: asserted }))).outcome).toBe('provisioned')
    expect(await app.User.countDocuments()).toBe(2)
  })

  it('refuses numbers beyond the safe range of JavaScript', async () => {
    app = await company({
      schema: { ...companySchema, employeeNumber: Number },
      sources: [source({ identifiers: ['employeeNumber'], linking: 'trusted' })],
    })
    await app.User.create({ employeeNumber: Number.MAX_SAFE_INTEGER })
    expect((await app.refusal(ann({ employeeNumber: '9007199254740993' }))).code).toBe('identifier_missing')
    expect((await app.refusal(ann({ employeeNumber: '1e999' }))).code).toBe('identifier_missing')
    expect((await app.signIn(ann({ employeeNumber: '9007199254740991' }))).outcome).toBe('linked')
  })

  it('is not misled by a schema that lowercases more characters', async () => {
    app = await company({
      sources: [source({ linking: 'trusted' })],
      prepare: (schema) => schema.path('email').set((value: string) => value?.toLowerCase()),
    })
    await storeAnn({ email: 'kim@corp.example' })
    expect((await app.refusal(ann({ email: '\u212aim@corp.example' }))).code).toBe('identifier_missing')
  })

  it('is refused if the identifiers match two users', async () => {
    await start(source({ linking: 'trusted', identifiers: ['email', 'employeeNumber'] }))
    await storeAnn()
    await app.User.collection.insertOne({ email: 'bo@corp.example', employeeNumber: 'E7' })
    expect(await app.refusal(ann({ employeeNumber: 'E7' }))).toMatchObject({
      code: 'ambiguous_user',
      details: { paths: ['email', 'employeeNumber'] },
    })
  })

  it('is refused if two existing users differ only in letter case', async () => {
    await start(source({ linking: 'trusted' }))
    await storeAnn()
    await app.User.collection.insertOne({ email: 'ANN@corp.example' })
    expect((await app.refusal(ann())).code).toBe('ambiguous_user')
  })

  it('is refused for an inactive user', async () => {
    await start(source({ linking: 'trusted' }))
    await storeAnn({ active: false })
    expect((await app.refusal(ann())).code).toBe('user_inactive')
  })
})

describe("linking 'verified'", () => {
  const own = { domains: ['corp.example'] }
  const elsewhere = {
    identities: [
      {
        source: 'github',
        issuer: 'https://github.example',
        subject: '1',
        linkedAt: new Date(),
        lastLoginAt: new Date(),
      },
    ],
  }
  const sameSource = {
    identities: [
      {
        source: 'okta',
        issuer: 'https://idp.example',
        subject: 'ann-0',
        linkedAt: new Date(),
        lastLoginAt: new Date(),
      },
    ],
  }

  it.each([
    ['links if the domain belongs to the source', own, {}, undefined, 'linked'],
    [
      'links if the domain belongs to the source, and the user has another source',
      own,
      elsewhere,
      undefined,
      'linked',
    ],
    ['links if the provider verifies the email', {}, {}, true, 'linked'],
    [
      'refuses if the provider verifies the email, but the user has another source',
      {},
      elsewhere,
      true,
      'linking_refused',
    ],
    ['refuses if the email is not verified', {}, {}, undefined, 'linking_refused'],
    ['refuses if the provider says the email is not verified', {}, {}, false, 'linking_refused'],
    [
      'refuses if the provider says the email is not verified, even in the source’s domain',
      own,
      {},
      false,
      'linking_refused',
    ],
    ['the provider says the string "true"', {}, {}, 'true', 'linking_refused'],
    ['refuses a recycled email', own, sameSource, undefined, 'linking_refused'],
    ['refuses a recycled email even if the provider verifies it', {}, sameSource, true, 'linking_refused'],
  ])('%s', async (_, options, stored, emailVerified, expected) => {
    await start(source(options))
    await storeAnn(stored)
    const assertion = ann({}, { emailVerified: emailVerified as boolean | undefined })
    const outcome = await app.jit.login('okta', assertion).then(
      (result) => result.outcome,
      (error: { code: string }) => error.code,
    )
    expect(outcome).toBe(expected)
  })

  it('matches by email only', async () => {
    await start(source({ ...own, identifiers: ['email', 'employeeNumber'] }))
    await storeAnn({ email: 'old-ann@corp.example', employeeNumber: 'E7' })
    expect((await app.refusal(ann({ employeeNumber: 'E7' }, { emailVerified: true }))).code).toBe(
      'linking_refused',
    )
  })
})

describe('an account created in advance with another person’s email', () => {
  const mallory = (rest: object = {}): ReturnType<typeof ann> =>
    ann({}, { issuer: 'https://evil.example', subject: 'mallory', ...rest })

  it('is never linked, in any mode', async () => {
    await start(
      source({ id: 'open' }),
      source({ id: 'corp', domains: ['corp.example'] }),
      source({ id: 'trusted', linking: 'trusted' }),
    )
    await app.signIn(mallory(), 'open')
    expect((await app.refusal(ann({}, { emailVerified: true }), 'corp')).code).toBe('linking_refused')
    expect((await app.refusal(ann(), 'trusted')).code).toBe('linking_refused')
  })

  it('is not created through a transient subject, which would leave no record of its source', async () => {
    await start(source({ linking: 'trusted' }))
    expect((await app.refusal(ann({}, { subject: null, emailVerified: false }))).code).toBe('linking_refused')
  })

  it('is not created when a transient subject changes the email of its own account', async () => {
    const hr = source({ id: 'hr', linking: 'trusted', identifiers: ['employeeNumber'] })
    await start(hr, source({ id: 'corp', domains: ['corp.example'] }))
    await storeAnn({ email: 'mallory@evil.example', employeeNumber: 'E7' })
    const result = await app.signIn(
      ann({ employeeNumber: 'E7' }, { subject: null, emailVerified: false }),
      'hr',
    )
    expect(result.notices).toContainEqual(expect.objectContaining({ code: 'invalid_value', path: 'email' }))
    expect((await app.signIn(ann({}, { subject: 'ann' }), 'corp')).outcome).toBe('provisioned')
  })

  it('is not linked if its email was changed to another person’s later', async () => {
    await start(source({ id: 'open' }), source({ id: 'corp', domains: ['corp.example'] }))
    await app.signIn(ann({ email: 'mallory@evil.example' }, { subject: 'm', emailVerified: true }), 'open')
    await app.signIn(ann({}, { subject: 'm' }), 'open')
    expect((await app.refusal(ann(), 'corp')).code).toBe('linking_refused')
  })

  it('can be linked once its own provider verifies the email', async () => {
    await start(source({ id: 'open' }), source({ id: 'corp', domains: ['corp.example'] }))
    await app.signIn(ann(), 'open')
    expect((await app.signIn(ann({}, { emailVerified: true }), 'open')).outcome).toBe('unchanged')
    expect((await app.signIn(ann(), 'corp')).outcome).toBe('linked')
  })
})

describe('a source that now points to a different provider', () => {
  it('does not inherit the identities of the previous one', async () => {
    await start(source())
    await app.signIn(ann())
    expect((await app.refusal(ann({}, { issuer: 'https://new.example' }))).code).toBe('linking_refused')
  })
})
