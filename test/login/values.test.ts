import { type Assertion, createJit, type SourceConfig } from '../../src'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

/** What becomes of what really arrives: under which name, in which form, and for which field. */

let app: Company
afterEach(() => app.close())

type Setup = Parameters<typeof company>[0]

const oidc: SourceConfig = {
  ...source({ id: 'oidc', protocol: 'oidc', linking: 'trusted' }),
  saml: undefined,
  oidc: { issuer: 'https://idp.example', clientID: 'app' },
  attributes: { firstName: 'firstName', lastName: 'lastName' },
}
const trusted = source({ identifiers: ['email', 'employeeNumber'], linking: 'trusted' })

async function start(setup: Setup = {}): Promise<void> {
  app = await company({ sources: [trusted, oidc], ...setup })
}

const codes = (notices: { code: string; path?: string }[]): string[] =>
  notices.filter(({ code }) => code !== 'attribute_missing').map(({ code, path }) => `${code} ${path}`)

describe('a list of attribute names', () => {
  const names = ['email', 'mail', 'upn']
  const fields = { ...companyFields, email: { attribute: { saml: names, oidc: names } } }
  const with_ = (attributes: Record<string, unknown>, rest?: Partial<Assertion>): Assertion =>
    ann({ email: undefined, ...attributes }, rest)

  it.each(['okta', 'oidc'])('is read from the first name with a value, through %s', async (at) => {
    await start({ fields })
    const signIn = async (attributes: Record<string, unknown>): Promise<unknown> =>
      (await app.signIn(with_(attributes), at)).user.get('email')
    expect(await signIn({ upn: 'c@corp.example' })).toBe('c@corp.example')
    expect(await signIn({ upn: 'c@corp.example', mail: 'b@corp.example' })).toBe('b@corp.example')
    expect(await signIn({ email: 'a@corp.example', mail: 'b@corp.example' })).toBe('a@corp.example')
    expect(await signIn({ email: ' ', mail: [], upn: 'c@corp.example' })).toBe('c@corp.example')
    expect(await signIn({ email: null, mail: [null, ''], upn: ['c@corp.example'] })).toBe('c@corp.example')
  })

  it('is empty if every received name is empty', async () => {
    await start({ fields: { ...companyFields, title: { attribute: ['title', 'job'] } } })
    await app.signIn(ann())
    const { changes } = await app.signIn(ann({ title: undefined, job: '' }))
    expect(changes).toEqual([{ path: 'title', label: 'Title', from: 'Engineer', to: undefined }])
  })

  it('doesn’t try the next name if the first value is invalid', async () => {
    await start({ fields })
    expect((await app.refusal(with_({ email: 'ann', upn: 'c@corp.example' }))).code).toBe(
      'identifier_missing',
    )
  })

  it('appears in a refusal, in a near miss, and in the source’s details', async () => {
    await start({ fields })
    const { details } = await app.refusal(with_({ UPN: 'c@corp.example' }))
    expect(details.expected).toEqual(['email', 'mail', 'upn', 'employeeNumber'])
    expect((await app.jit.preview('okta', with_({ UPN: 'c@corp.example' }))).notices).toContainEqual(
      expect.objectContaining({ code: 'near_miss', message: 'Got “UPN”, expected “upn” for E-mail.' }),
    )
    const { fieldMapping, loginIdentifiers } = app.jit.source('okta')
    expect(loginIdentifiers[0]).toEqual({
      ...{ path: 'email', label: 'E-mail', attribute: 'email' },
      alternatives: ['mail', 'upn'],
    })
    expect(
      fieldMapping.map(({ path, identifier, alternatives }) => [path, identifier, alternatives]),
    ).toEqual(
      expect.arrayContaining([
        ['email', true, ['mail', 'upn']],
        ['employeeNumber', true, []],
        ['title', false, []],
      ]),
    )
  })

  it('can be set for one source', async () => {
    await start({ sources: [source({ attributes: { title: ['jobTitle', 'position'] } })] })
    expect((await app.signIn(ann({ title: 'no', position: 'CTO' }))).user.get('title')).toBe('CTO')
  })

  it.each<[string, unknown]>([
    ['an empty list', []],
    ['a list with a value that isn’t text', ['mail', 7]],
    ['a blank name', ['mail', ' ']],
    ['a list with a repeated name', ['mail', 'mail']],
  ])('is a configuration error if it is %s', async (_title, attribute) => {
    await start()
    await expect(company({ fields: { email: { attribute: attribute as never } } })).rejects.toThrow(
      'attribute must be a name, a list of names',
    )
  })

  it('is checked by ready() for one source', async () => {
    await start()
    const problems = async (attributes: Record<string, unknown>): Promise<unknown> => {
      const options = { userModel: app.User, baseUrl: 'https://app.example/sso' }
      return createJit({ ...options, sources: [source({ attributes: attributes as never })] })
        .ready()
        .then(
          () => [],
          (error: { details: { problems: string[] } }) => error.details.problems,
        )
    }
    expect(await problems({ title: ['a', 'b'] })).toEqual([])
    expect(await problems({ title: [] })).toEqual([
      "source 'okta': attributes.title: name at least one attribute (got an array of 0)",
    ])
    expect(await problems({ title: ['a', 'a'] })).toEqual([
      "source 'okta': attributes.title: name each attribute once (got an array of 2)",
    ])
    expect(await problems({ title: ['a', 'department'] })).toEqual([
      "source 'okta': attributes: title and department share the attribute name 'department'; rename one, or give one a transform",
    ])
  })
})

describe('an attribute name that two fields share', () => {
  it('is allowed if at least one of them has a transform', async () => {
    const first = (value: unknown): unknown => String(value).split(' ')[0]
    const last = (value: unknown): unknown => String(value).split(' ').slice(1).join(' ')
    await start({
      fields: {
        ...companyFields,
        firstName: { attribute: ['given', 'name'], transform: first },
        lastName: { attribute: ['family', 'name'], transform: last },
        title: { attribute: 'name' },
      },
    })
    const { user } = await app.signIn(ann({ name: 'Ada King Lovelace', given: undefined }))
    expect(user.toObject()).toMatchObject({
      firstName: 'Ada',
      lastName: 'King Lovelace',
      title: 'Ada King Lovelace',
    })
  })
})

describe('email_verified', () => {
  const fields = { ...companyFields, email: { attribute: ['email', 'upn'] } }
  const strict = [source(), { ...oidc, linking: 'verified' as const }]

  it.each(['okta', 'oidc'])('vouches only for the claim email, through %s', async (at) => {
    await start({ fields, sources: strict })
    await app.User.create({ email: 'bo@corp.example' })
    const upn = (attributes: object): Assertion =>
      ann({ email: undefined, upn: 'bo@corp.example', ...attributes }, { emailVerified: true })
    expect((await app.refusal(upn({}), at)).code).toBe('linking_refused')
    expect((await app.refusal(upn({ email: '' }), at)).code).toBe('linking_refused')
    expect((await app.signIn(upn({ email: 'BO@corp.example' }), at)).outcome).toBe('linked')
  })

  it('doesn’t vouch for the result of a transform', async () => {
    const transform = (value: unknown, { attributes }: { attributes: Record<string, unknown> }): unknown =>
      attributes['upn'] ?? String(value).replace(/^smtp:/i, '')
    await start({ fields: { ...companyFields, email: { transform } }, sources: strict })
    await app.User.create({ email: 'bo@corp.example' })
    const verified = { emailVerified: true }
    expect((await app.refusal(ann({ upn: 'bo@corp.example' }, verified))).code).toBe('linking_refused')
    expect((await app.refusal(ann({ email: 'smtp:bo@corp.example' }, verified))).code).toBe('linking_refused')
    expect((await app.signIn(ann({ email: ' Bo@corp.example' }, verified))).outcome).toBe('linked')
  })
})

describe('a transform', () => {
  it.each<[string, unknown, string]>([
    ['an object', { value: 'R&D' }, 'oidc'],
    ['a list of objects', [{ value: 'R&D' }, { value: 'x' }], 'oidc'],
    ['a list in a list', [['R&D']], 'okta'],
    ['more text than a field may have', `R&D${' '.repeat(20_000)}${'x'.repeat(20_000)}`, 'okta'],
    ['control characters', '\u0000R&D\u0000', 'okta'],
    ['a number', 7, 'okta'],
    ['a boolean', false, 'okta'],
    ['empty text', '', 'okta'],
  ])('receives the value as it arrived: %s', async (_title, value, at) => {
    const seen: unknown[] = []
    const transform = (received: unknown): string => {
      seen.push(received)
      return 'R&D'
    }
    await start({ fields: { ...companyFields, department: { transform } } })
    const { user } = await app.signIn(ann({ department: value }), at)
    expect(seen).toEqual([value, value])
    expect(user.get('department')).toBe('R&D')
  })

  it('isn’t called for an absent attribute', async () => {
    const transform = jest.fn()
    await start({ fields: { ...companyFields, department: { transform } } })
    await app.signIn(ann({ department: null }))
    await app.signIn(ann())
    expect(transform).not.toHaveBeenCalled()
  })

  it.each<[string, unknown]>([
    ['an object', { value: 'R&D' }],
    ['a list in a list', [['R&D']]],
    ['text that is too long', 'x'.repeat(20_000)],
    ['a control character', 'R\u0000D'],
    ['half a character', '\ud83d'],
    ['NaN', NaN],
    ['a function', () => 'R&D'],
    ['too many values', Array.from({ length: 2001 }, () => 'x')],
  ])('is refused if it returns %s', async (_title, value) => {
    await start({ fields: { ...companyFields, department: { transform: () => value } } })
    const { notices, user } = await app.signIn(ann({ department: 'x' }))
    expect(codes(notices)).toEqual(['invalid_value department'])
    expect(user.get('department')).toBeUndefined()
  })

  it('may return a value that the schema can cast, such as a date', async () => {
    const at = new Date('2024-02-29')
    await start({ fields: { ...companyFields, 'custom.startDate': { transform: () => at } } })
    expect(
      (await app.signIn(ann({ startDate: { year: 2024 } }), 'oidc')).user.get('custom.startDate'),
    ).toEqual(at)
  })

  it('has its result trimmed and composed', async () => {
    await start({ fields: { ...companyFields, department: { transform: () => ' Caf\u0065\u0301\n' } } })
    expect((await app.signIn(ann({ department: 'x' }))).user.get('department')).toBe('Caf\u00e9')
  })
})

describe('text', () => {
  it.each<[string, string, string]>([
    ['blanks', '  R&D  ', 'R&D'],
    ['line breaks', '\r\n\t  R&D\n  ', 'R&D'],
    ['a no-break space', '\u00a0R&D\u3000', 'R&D'],
    ['letters with a mark of their own', 'Caf\u0065\u0301', 'Caf\u00e9'],
    ['Hangul in parts', '\u1112\u1161\u11ab', '\ud55c'],
    ['the Kelvin sign', '300 \u212a', '300 K'],
    ['CR, LF and TAB inside', 'a\r\nb\tc', 'a\r\nb\tc'],
  ])('is trimmed and composed: %s', async (_title, received, stored) => {
    await start()
    const { user } = await app.signIn(
      ann({ department: received, skills: [received, 'x'], firstName: received }),
    )
    expect(user.toObject()).toMatchObject({
      department: stored,
      firstName: stored,
      custom: { skills: [stored, 'x'] },
    })
    expect(
      (await app.signIn(ann({ department: received, skills: [received, 'x'], firstName: received }))).outcome,
    ).toBe('unchanged')
  })

  it('is still refused with another control character', async () => {
    await start()
    const { notices } = await app.signIn(ann({ department: 'a\u0000b', skills: ['a\u001bb'] }))
    expect(codes(notices)).toEqual(['invalid_value department', 'invalid_value custom.skills'])
  })
})

describe('an identifier', () => {
  it.each([
    ['an email', 'email', 'ren\u00e9e@corp.example'],
    ['another text', 'employeeNumber', 'E\u00e9-7'],
    ['with two marks', 'employeeNumber', 'v\u1ec7t'],
    ['in Hangul', 'employeeNumber', '\ud55c\uae00'],
  ])('matches composed and decomposed, as received and as stored: %s', async (_title, path, composed) => {
    await start()
    const decomposed = composed.normalize('NFD')
    const arriving = (value: string, subject: string): Assertion =>
      ann({ email: `${subject}@corp.example`, [path]: value }, { subject })
    const { user } = await app.signIn(arriving(decomposed, 'a'))
    expect(user.get(path)).toBe(composed)
    expect((await app.signIn(arriving(composed, 'a'))).outcome).toBe('unchanged')
    await app.User.deleteMany({})
    await app.User.collection.insertOne({ [path]: decomposed })
    const linked = await app.signIn(arriving(composed, 'b'))
    expect(linked.outcome).toBe('linked')
    expect((await app.User.findOne().lean())[path]).toBe(composed)
  })

  it.each([
    ['email', 'ren\u00e9e@corp.example'],
    ['employeeNumber', 'E\u00e9-7'],
  ])('is a conflict if another user has it in another form: %s', async (path, composed) => {
    await start()
    await app.User.collection.insertOne({ [path]: composed.normalize('NFD') })
    await app.signIn(ann())
    const { notices, changes } = await app.signIn(ann({ [path]: composed }))
    expect([codes(notices), changes]).toEqual([[`conflict ${path}`], []])
  })

  it('costs a returning person only one command, even with an accent', async () => {
    await start()
    const person = ann({ email: 'rene\u0301e@corp.example', employeeNumber: 'E\u00e9' })
    await app.jit.login('okta', person)
    app.commands()
    expect((await app.jit.login('okta', person)).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find'])
  })

  it.each([
    ['the Kelvin sign', '\u212aim'],
    ['the ohm sign', 'ann\u2126'],
    ['the angstrom sign', '\u212bsa'],
    ['a compatibility ideograph', '\uf900'],
    ['a Greek letter with oxia', '\u1f71lpha'],
    ['the Kelvin sign beside an accent', '\u212airste\u0301n'],
  ])('is invalid with a character that NFC replaces: %s', async (_title, text) => {
    await start()
    const replaced = text.normalize('NFC')
    await app.User.create({ email: `${replaced}@corp.example`, employeeNumber: replaced })
    expect((await app.refusal(ann({ email: `${text}@corp.example` }))).code).toBe('identifier_missing')
    const { outcome, notices } = await app.signIn(ann({ employeeNumber: text }))
    expect([outcome, codes(notices)]).toEqual(['provisioned', ['invalid_value employeeNumber']])
  })

  it('isn’t confused with another one that the app stored with such a character', async () => {
    await start()
    await app.User.create({ email: '\u212aim@corp.example' })
    expect((await app.User.findOne().lean()).email).toBe('\u212aim@corp.example')
    expect((await app.signIn(ann({ email: 'kim@corp.example' }))).outcome).toBe('provisioned')
  })

  it('is trimmed, line breaks included, and can’t have line breaks inside', async () => {
    await start()
    const { user } = await app.signIn(
      ann({ email: '\n    ann@corp.example\n  ', employeeNumber: '\tE7\r\n' }),
    )
    expect([user.get('email'), user.get('employeeNumber')]).toEqual(['ann@corp.example', 'E7'])
    expect((await app.refusal(ann({ email: 'ann\n@corp.example' }, { subject: '2' }))).code).toBe(
      'identifier_missing',
    )
    const { notices } = await app.signIn(ann({ employeeNumber: 'E\t8' }))
    expect(codes(notices)).toEqual(['invalid_value employeeNumber'])
  })

  it('takes text or a number for type String, never a boolean', async () => {
    await start()
    expect((await app.signIn(ann({ employeeNumber: 7 }))).user.get('employeeNumber')).toBe('7')
    for (const employeeNumber of [true, false]) {
      expect(codes((await app.signIn(ann({ employeeNumber }))).notices)).toEqual([
        'invalid_value employeeNumber',
      ])
    }
  })

  it('is ignored if it is invalid and another one identifies the person', async () => {
    await start()
    await app.User.create({ email: 'ann@corp.example', employeeNumber: 'E1' })
    expect((await app.signIn(ann({ employeeNumber: 'E\u200b1' }))).outcome).toBe('linked')
    const alone = ann({ email: undefined, employeeNumber: 'E\u200b1' }, { subject: '2' })
    expect((await app.refusal(alone)).code).toBe('identifier_missing')
  })

  it('refuses the sign-in if it is an invalid email, even if another one is valid', async () => {
    await start()
    await app.User.create({ employeeNumber: 'E1' })
    expect((await app.refusal(ann({ email: 'ann', employeeNumber: 'E1' }))).code).toBe('identifier_missing')
  })

  it('doesn’t refuse the sign-in if it is an invalid email that the source doesn’t use', async () => {
    await start({ sources: [source({ identifiers: ['employeeNumber'], linking: 'trusted' })] })
    const { outcome, notices } = await app.signIn(ann({ email: 'ann', employeeNumber: 'E1' }))
    expect([outcome, codes(notices)]).toEqual(['provisioned', ['invalid_value email']])
  })
})

describe('the standard field email', () => {
  it.each<unknown>([
    ...[true, false, 42, 'ada', 'ada@', '@corp.example', '@', 'ada@@corp.example', 'a@b@corp.example'],
    ...[
      '<ada@corp.example>',
      'Ada <ada@corp.example>',
      'ada@corp.example,',
      '"ada@corp.example"',
      'ada@[127.0.0.1]',
    ],
    ...['ada@corp example', 'ada@.', 'ada@corp..example', 'ada@.example', ['ada', 'ada@corp.example']],
  ])('refuses %p', async (email) => {
    await start()
    expect((await app.refusal(ann({ email }))).code).toBe('identifier_missing')
    await app.signIn(ann())
    const { notices, user } = await app.signIn(ann({ email }))
    expect(codes(notices)).toEqual(['invalid_value email'])
    expect(user.get('email')).toBe('ann@corp.example')
  })

  it.each([
    'ada@corp.example',
    'ada+x@sub.corp.example',
    'ada@localhost',
    'ren\u00e9e@b\u00fccher.example',
    '"a b"@corp.example',
    "o'neil@corp.example",
  ])('takes %s', async (email) => {
    await start()
    expect((await app.signIn(ann({ email }))).user.get('email')).toBe(email)
  })

  it('is checked at any path, but a reference to it isn’t', async () => {
    await start({
      schema: { ...companySchema, mail: String, boss: 'ObjectId' },
      fields: { mail: { standard: 'email' }, employeeNumber: { identifier: true }, boss: { ref: 'mail' } },
      sources: [source({ identifiers: ['employeeNumber'], linking: 'trusted' })],
    })
    const { notices } = await app.signIn(
      ann({ mail: undefined, email: 'ada', employeeNumber: 'E1', boss: 'bo' }),
    )
    expect(codes(notices)).toEqual(['invalid_value mail', 'reference_pending boss'])
  })
})

describe('unreadable attributes', () => {
  const unreadable = 'could not be decrypted'

  it('keep their fields, even if an absent attribute would clear them', async () => {
    await start({ sources: [source({ onAbsent: 'clear' })] })
    await app.signIn(ann({ department: 'R&D' }))
    const { outcome, notices } = await app.signIn(ann({ title: undefined }, { unreadable }))
    expect(outcome).toBe('unchanged')
    expect(notices).toContainEqual({
      ...{ code: 'invalid_value', path: 'title', attribute: 'title' },
      message: 'Title is not changed: “title” could not be decrypted.',
    })
    expect((await app.signIn(ann({ title: undefined }))).changes.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['title', 'department']),
    )
  })

  it('refuse the sign-in if the email or a required field may be among them', async () => {
    await start()
    expect((await app.refusal(ann({ email: undefined, employeeNumber: 'E1' }, { unreadable }))).code).toBe(
      'identifier_missing',
    )
    expect((await app.refusal(ann({ lastName: undefined }, { unreadable }))).code).toBe(
      'required_field_missing',
    )
  })
})
