import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

/** The rules of a sign-in, as in docs/rules.md. */

const idp = 'https://idp.example'
let app: Company

async function start(...args: Parameters<typeof company>): Promise<Company> {
  app = await company(...args)
  return app
}
afterEach(() => app.close())

const codes = (result: { notices: { code: string; path?: string }[] }): string[] =>
  result.notices.map(({ code, path }) => `${code} ${path}`)

const full = {
  department: 'R&D',
  employeeNumber: 'E7',
  costCenter: '4711',
  skills: ['TypeScript', 'Go'],
  lucky: ['7', 13],
  level: 'senior',
  remote: 'yes',
  desk: '12.5',
  startDate: '2024-02-29',
}

describe('a new person', () => {
  it('is created with every provisioned field, standard and custom, in one write', async () => {
    await start()
    const result = await app.signIn(ann(full))
    expect(result.outcome).toBe('provisioned')
    expect(codes(result)).toEqual([])
    expect(await app.User.findOne().lean()).toMatchObject({
      email: 'ann@corp.example',
      firstName: 'Ann',
      lastName: 'Lee',
      title: 'Engineer',
      department: 'R&D',
      employeeNumber: 'E7',
      custom: {
        costCenter: '4711',
        skills: ['TypeScript', 'Go'],
        lucky: [7, 13],
        level: 'senior',
        remote: true,
        desk: 12.5,
        startDate: new Date('2024-02-29T00:00:00Z'),
      },
      identities: [{ source: 'okta', issuer: idp, subject: 'ann-1' }],
    })
    expect(result.changes).toContainEqual({
      path: 'custom.skills',
      label: 'Skills',
      from: undefined,
      to: ['TypeScript', 'Go'],
    })
  })

  it('is refused while provisioning is off', async () => {
    await start({ sources: [source({ provisioning: false })] })
    expect(await app.refusal(ann())).toMatchObject({
      code: 'provisioning_disabled',
      status: 403,
      source: 'okta',
    })
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('is refused without a required field, with the expected and received names', async () => {
    await start()
    const error = await app.refusal(ann({ lastName: undefined, LastName: 'Lee' }))
    expect(error).toMatchObject({
      code: 'required_field_missing',
      details: { expected: ['lastName'], paths: ['lastName'] },
    })
    expect(error.details.received).toContain('LastName')
    expect(error.message).not.toContain('Lee')
  })

  it.each([
    ['empty', ''],
    ['blank', '  '],
    ['null', null],
    ['unreadable', 'a\u0000b'],
    ['an object', { a: 1 }],
    ['too long', 'x'.repeat(16 * 1024 + 1)],
  ])('is refused if a required field is %s', async (_, lastName) => {
    await start()
    expect((await app.refusal(ann({ lastName }))).code).toBe('required_field_missing')
  })

  it('is refused if a path required by the schema is missing or invalid', async () => {
    await start({
      prepare: (schema) => schema.path('custom.level').required(true),
    })
    expect((await app.refusal(ann())).details.expected).toEqual(['level'])
    expect((await app.refusal(ann({ level: 'emperor' }))).details.expected).toEqual(['level'])
    expect((await app.signIn(ann({ level: 'junior' }))).outcome).toBe('provisioned')
  })

  it('gets only the selected fields, the required fields and the login identifiers', async () => {
    await start({ sources: [source({ fields: { provision: ['custom.skills'] } })] })
    const { changes } = await app.signIn(ann(full))
    expect(changes.map(({ path }) => path)).toEqual(['email', 'firstName', 'lastName', 'custom.skills'])
  })

  it('is created without an optional value that is invalid', async () => {
    await start()
    const result = await app.signIn(ann({ level: 'emperor', remote: 'perhaps', desk: 'by the window' }))
    expect(codes(result)).toEqual(
      expect.arrayContaining([
        'invalid_value custom.level',
        'invalid_value custom.remote',
        'invalid_value custom.desk',
      ]),
    )
    expect((await app.User.findOne().lean()).custom).toEqual({ skills: [], lucky: [] })
  })

  it('is created without a unique value that belongs to another user', async () => {
    await start({ sources: [source({ identifiers: ['email'] })] })
    await app.signIn(ann({ employeeNumber: 'E7' }))
    const result = await app.signIn(
      ann({ email: 'bo@corp.example', employeeNumber: 'E7' }, { subject: 'bo-1' }),
    )
    expect(codes(result)).toContain('conflict employeeNumber')
    expect(await app.User.findOne({ email: 'bo@corp.example' }).lean()).not.toHaveProperty('employeeNumber')
  })
})

describe('a person without a login identifier', () => {
  it('is refused with the expected and received names, but no values', async () => {
    await start({ sources: [source({ identifiers: ['email', 'employeeNumber'] })] })
    const error = await app.refusal(ann({ email: undefined, Email: 'ann@corp.example' }))
    expect(error).toMatchObject({
      code: 'identifier_missing',
      status: 403,
      details: {
        expected: ['email', 'employeeNumber'],
        received: expect.arrayContaining(['Email', 'firstName']),
      },
    })
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('ann@')
  })

  it('is refused without listing an ID token’s protocol claims, unless they are mapped', async () => {
    const oidc = { issuer: 'https://idp.example', clientID: 'app' }
    const config = source({ protocol: 'oidc', saml: undefined, oidc, attributes: { employeeNumber: 'sid' } })
    await start({ sources: [config] })
    const token = { iss: 'x', sub: 'x', aud: 'x', exp: 1, iat: 1, nonce: 'x', at_hash: 'x', sid: 'x' }
    const attributes = { ...token, e_mail: 'ann@corp.example' }
    const { details } = await app.refusal({ issuer: 'https://idp.example', subject: 'x', attributes })
    expect(details.received).toEqual(['sid', 'e_mail'])
  })

  it.each([
    ['a control character', 'ann\u0007@corp.example'],
    ['an object', { $ne: null }],
    ['too long', `${'a'.repeat(17000)}@x.example`],
    ['a lone surrogate', 'ann\ud800@corp.example'],
  ])('is refused if it holds %s', async (_, email) => {
    await start({ sources: [source({ identifiers: ['email', 'employeeNumber'] })] })
    expect((await app.refusal(ann({ email, employeeNumber: 'E7' }))).code).toBe('identifier_missing')
  })
})

describe('a returning person', () => {
  it('is found by identity, with any identifiers', async () => {
    await start()
    await app.signIn(ann())
    await app.User.create({ email: 'bo@corp.example' })
    const result = await app.signIn(ann({ email: 'bo@corp.example', title: 'CTO' }))
    expect(result.outcome).toBe('synced')
    expect(result.user.get('email')).toBe('ann@corp.example')
    expect(codes(result)).toContain('conflict email')
    expect(result.changes).toEqual([{ path: 'title', label: 'Title', from: 'Engineer', to: 'CTO' }])
  })

  it('does not get an email that an existing user has in other letter case', async () => {
    await start()
    await app.signIn(ann())
    await app.User.collection.insertOne({ email: 'Bo@Corp.example' })
    const result = await app.signIn(ann({ email: 'bo@corp.example' }))
    expect([result.outcome, ...codes(result)]).toEqual(
      expect.arrayContaining(['unchanged', 'conflict email']),
    )
  })

  it('gets the other fields if a unique value belongs to another user', async () => {
    await start({ prepare: (schema) => schema.path('custom.desk').unique(true) })
    await app.signIn(ann({ employeeNumber: 'E7', desk: 1 }))
    const bo = { email: 'bo@corp.example', firstName: 'Bo' }
    await app.signIn(ann(bo, { subject: 'bo-1' }))
    const taken = { ...bo, employeeNumber: 'E7', desk: 1, title: 'CTO' }
    const result = await app.signIn(ann(taken, { subject: 'bo-1' }))
    expect(result.changes.map(({ path }) => path)).toEqual(['title'])
    expect(codes(result)).toEqual(expect.arrayContaining(['conflict employeeNumber', 'conflict custom.desk']))
    expect((await app.User.findOne({ title: 'CTO' }).lean()).identities).toHaveLength(1)
  })

  it.each([
    ['employee number, found by a unique index only', 'employeeNumber'],
    ['value in a unique index of the app', 'costCenter'],
  ])('gets everything except another user’s %s', async (_, attribute) => {
    await start({
      sources: [source({ linking: 'trusted' })],
      prepare: (schema) => schema.path('custom.costCenter').index({ unique: true, sparse: true }),
    })
    await app.signIn(ann({ email: 'bo@corp.example', [attribute]: 'X1' }, { subject: 'bo' }))
    await app.User.create({ email: 'ann@corp.example' })
    const taken = ann({ [attribute]: 'X1', title: 'CTO' })
    for (const outcome of ['linked', 'unchanged']) {
      const result = await app.signIn(taken)
      expect(result.outcome).toBe(outcome)
      expect(codes(result).filter((code) => code.startsWith('conflict'))).toHaveLength(1)
    }
    const result = await app.signIn(ann({ [attribute]: 'X1', title: 'CEO' }))
    expect(result.changes).toEqual([{ path: 'title', label: 'Title', from: 'CTO', to: 'CEO' }])
    const { identities, title } = await app.User.findOne({ email: 'ann@corp.example' }).lean()
    expect([identities.length, title]).toEqual([1, 'CEO'])
  })

  it('keeps the setter’s result for a value if the model refuses another value', async () => {
    await start({
      prepare: (schema) => {
        schema.path('title').set((value: string) => (value ? `*${value}` : value))
        schema.path('department').set(() => undefined)
      },
    })
    await app.signIn(ann(full))
    await app.User.collection.updateOne({}, { $set: { department: 'R&D' } })
    const result = await app.signIn(ann({ ...full, title: 'CTO', level: 'emperor' }))
    expect(result.changes.map(({ path, to }) => [path, to])).toEqual([
      ['title', '*CTO'],
      ['department', undefined],
    ])
    expect(await app.User.findOne().lean()).toMatchObject({ title: '*CTO' })
    expect((await app.User.findOne().lean()).department).toBeUndefined()
    expect(result.user.get('title')).toBe('*CTO')
    expect((await app.signIn(ann({ ...full, title: 'CTO', level: 'emperor' }))).outcome).toBe('unchanged')
  })

  it('has only changed fields written', async () => {
    await start()
    await app.signIn(ann(full))
    const result = await app.signIn(ann({ ...full, skills: ['Go'], title: 'CTO', remote: 'no' }))
    expect(result.changes).toEqual([
      { path: 'title', label: 'Title', from: 'Engineer', to: 'CTO' },
      { path: 'custom.skills', label: 'Skills', from: ['TypeScript', 'Go'], to: ['Go'] },
      { path: 'custom.remote', label: 'Remote', from: true, to: false },
    ])
    expect((await app.signIn(ann({ ...full, skills: ['Go'], title: 'CTO', remote: 'no' }))).outcome).toBe(
      'unchanged',
    )
  })

  it('is unchanged while syncing is off', async () => {
    await start({ sources: [source({ syncing: false })] })
    await app.signIn(ann())
    const result = await app.signIn(ann({ title: 'CTO', remote: 'perhaps' }))
    expect(result).toMatchObject({ outcome: 'unchanged', changes: [], notices: [] })
    expect((await app.User.findOne().lean()).title).toBe('Engineer')
  })

  it('has only the selected fields synced', async () => {
    await start({ sources: [source({ fields: { sync: ['title'] } })] })
    await app.signIn(ann())
    const { changes } = await app.signIn(ann({ title: 'CTO', firstName: 'Anna' }))
    expect(changes.map(({ path }) => path)).toEqual(['title'])
  })

  it('keeps data that the identity provider does not manage', async () => {
    await start()
    await app.signIn(ann(full))
    await app.User.updateOne({}, { $set: { 'custom.note': 'likes tea', elsewhere: 1 } }, { strict: false })
    await app.signIn(ann({ ...full, title: 'CTO' }))
    expect(await app.User.findOne().lean()).toMatchObject({
      elsewhere: 1,
      custom: { note: 'likes tea', costCenter: '4711' },
    })
  })

  it('signs in even if the stored user breaks the schema elsewhere', async () => {
    await start()
    await app.signIn(ann())
    await app.User.collection.updateOne({}, { $set: { 'custom.level': 'emperor' }, $unset: { lastName: 1 } })
    const result = await app.signIn(ann({ lastName: undefined, title: 'CTO' }))
    expect(result.outcome).toBe('synced')
  })

  it('is refused if inactive, before any write, and is not reactivated', async () => {
    await start()
    await app.signIn(ann())
    await app.User.updateOne({}, { active: false })
    expect((await app.refusal(ann({ title: 'CTO' }))).code).toBe('user_inactive')
  })

  it('is refused as inactive if isActive resolves to false', async () => {
    await start({ options: { isActive: (user) => Promise.resolve(user.get('title') !== 'Ghost') } })
    await app.signIn(ann())
    await app.User.updateOne({}, { title: 'Ghost' })
    expect((await app.refusal(ann())).code).toBe('user_inactive')
  })
})

describe('an attribute', () => {
  const optional = { title: 'Engineer', skills: ['Go'], desk: 1 }

  it('keeps the stored value if it is absent', async () => {
    await start()
    await app.signIn(ann(optional))
    const result = await app.signIn(ann({ title: undefined, skills: null, desk: 1 }))
    expect(result.outcome).toBe('unchanged')
    expect(codes(result)).toEqual(
      expect.arrayContaining(['attribute_missing title', 'attribute_missing custom.skills']),
    )
  })

  it.each([
    ['an empty string', ''],
    ['blanks', ' \u00a0 '],
    ['an empty array', []],
    ['an array of blanks', ['', ' ', null]],
  ])('clears the stored value if it is empty (%s)', async (_, empty) => {
    await start()
    await app.signIn(ann(optional))
    const result = await app.signIn(ann({ title: empty, skills: empty, desk: empty }))
    expect(result.changes).toEqual([
      { path: 'title', label: 'Title', from: 'Engineer', to: undefined },
      { path: 'custom.skills', label: 'Skills', from: ['Go'], to: [] },
      { path: 'custom.desk', label: 'Desk', from: 1, to: undefined },
    ])
    expect((await app.signIn(ann({ title: empty, skills: empty, desk: empty }))).outcome).toBe('unchanged')
  })

  it('follows onAbsent and onEmpty if it is absent or empty', async () => {
    await start({ sources: [source({ onAbsent: 'clear', onEmpty: 'keep' })] })
    await app.signIn(ann(optional))
    const result = await app.signIn(ann({ title: '', skills: undefined, desk: 1 }))
    expect(result.changes).toEqual([{ path: 'custom.skills', label: 'Skills', from: ['Go'], to: [] }])
    expect(codes(result)).toContain('attribute_missing title')
  })

  it('never clears a required field or an identifier', async () => {
    await start({ sources: [source({ onAbsent: 'clear' })] })
    await app.signIn(ann({ employeeNumber: 'E7' }))
    const result = await app.signIn(
      ann({ email: '', firstName: undefined, lastName: ' ', employeeNumber: [] }),
    )
    expect(result.changes).toEqual([])
    expect(codes(result)).toEqual(
      expect.arrayContaining([
        'not_cleared email',
        'not_cleared firstName',
        'not_cleared lastName',
        'not_cleared employeeNumber',
      ]),
    )
  })

  it('stays cleared if the schema has a default', async () => {
    await start({ prepare: (schema) => schema.path('title').default('Newcomer') })
    await app.signIn(ann({ title: undefined }))
    expect((await app.signIn(ann({ title: '' }))).outcome).toBe('synced')
    expect((await app.signIn(ann({ title: '' }))).outcome).toBe('unchanged')
  })

  it("clears a default at creation if it is absent and onAbsent is 'clear', even in an array", async () => {
    await start({
      sources: [source({ onAbsent: 'clear' })],
      schema: {
        ...companySchema,
        custom: {
          ...(companySchema['custom'] as object),
          skills: { type: [String], default: ['curiosity'] },
        },
      },
    })
    await app.signIn(ann())
    expect((await app.User.findOne().lean()).custom.skills).toEqual([])
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
  })

  it('leaves the field unchanged if it is invalid, and the sign-in succeeds', async () => {
    await start()
    await app.signIn(ann(full))
    const result = await app.signIn(
      ann({
        ...full,
        title: 'CTO',
        level: 'emperor',
        remote: 'perhaps',
        desk: 'x',
        startDate: '2023-02-29',
        lucky: [1, 'two'],
      }),
    )
    expect(result.changes.map(({ path }) => path)).toEqual(['title'])
    expect(codes(result)).toEqual([
      'invalid_value custom.lucky',
      'invalid_value custom.level',
      'invalid_value custom.remote',
      'invalid_value custom.desk',
      'invalid_value custom.startDate',
    ])
  })

  it('gives its first value for a single-valued field', async () => {
    await start()
    const result = await app.signIn(ann({ title: ['', 'Engineer', 'Juggler'] }))
    expect(result.user.get('title')).toBe('Engineer')
    expect(codes(result)).toContain('multiple_values title')
  })

  it('gives an array of one for a single value', async () => {
    await start()
    const result = await app.signIn(ann({ skills: 'Go' }))
    expect((await app.User.findById(result.user._id).lean()).custom.skills).toEqual(['Go'])
  })

  it.each([
    ['letter case', 'Title', 'title'],
    ['separators', 'cost-center', 'costCenter'],
    ['a letter', 'titel', 'title'],
    ['two letters', 'deprtmnt', 'department'],
    ['a URL prefix', 'http://schemas.example/claims/Department', 'department'],
  ])('is a near miss if its name differs by %s', async (_, got, expected) => {
    await start()
    const attributes: Record<string, unknown> = { ...ann(full).attributes, [got]: 'x' }
    delete attributes[expected]
    const result = await app.signIn(ann({}, { attributes }))
    const [notice] = result.notices.filter(({ code }) => code === 'near_miss')
    expect(notice).toMatchObject({ attribute: got, message: expect.stringContaining(expected) })
    expect(result.notices.filter(({ code }) => code === 'near_miss')).toHaveLength(1)
  })

  it('is read only by the name that this source configures', async () => {
    await start({ sources: [source({ attributes: { title: 'urn:oid:2.5.4.12' } })] })
    const result = await app.signIn(ann({ 'urn:oid:2.5.4.12': 'CTO' }))
    expect(result.user.get('title')).toBe('CTO')
  })

  it('is looked up in OpenID Connect by its literal name, then as a dotted path; a URL is never split', async () => {
    const oidc = { issuer: 'https://op.example', clientID: 'app' }
    await start({
      sources: [
        source({
          protocol: 'oidc',
          saml: undefined,
          oidc,
          attributes: {
            title: 'job.title',
            department: 'https://corp.example/dept',
            'custom.costCenter': 'cost.center',
          },
        }),
      ],
    })
    const claims = {
      given_name: 'Ann',
      family_name: 'Lee',
      job: { title: 'CTO' },
      'cost.center': '1',
      cost: { center: '2' },
    }
    const result = await app.signIn(
      ann({ ...claims, 'https://corp': { 'example/dept': 'X' }, 'https://corp.example/dept': 'R&D' }),
    )
    expect(result.changes.map(({ path, to }) => [path, to])).toEqual(
      expect.arrayContaining([
        ['title', 'CTO'],
        ['department', 'R&D'],
        ['custom.costCenter', '1'],
      ]),
    )
  })

  it('applies the field’s transform before casting', async () => {
    const seen: unknown[] = []
    await start({
      fields: {
        ...companyFields,
        'custom.skills': {
          label: 'Skills',
          transform: (value, context) => {
            seen.push([value, context.source, context.path, context.attributes['title']])
            return String(value).split(';')
          },
        },
        'custom.desk': {
          label: 'Desk',
          transform: () => {
            throw new Error('no desk')
          },
        },
        'custom.note': { label: 'Note', transform: () => Promise.resolve('late') },
      },
    })
    const result = await app.jit.login('okta', ann({ skills: 'Go;C', desk: 1, note: 'x' }))
    expect(seen).toEqual([['Go;C', 'okta', 'custom.skills', 'Engineer']])
    expect(result.changes.find(({ path }) => path === 'custom.skills')?.to).toEqual(['Go', 'C'])
    expect(codes(result)).toEqual(
      expect.arrayContaining(['invalid_value custom.desk', 'invalid_value custom.note']),
    )
  })
})

describe('domains', () => {
  const domains = ['Corp.Example', 'bücher.example']

  it.each(['ann@corp.example', 'Ann@CORP.example', 'ann@xn--bcher-kva.example', 'ann@BÜCHER.example'])(
    'allow %s',
    async (email) => {
      await start({ sources: [source({ domains })] })
      expect((await app.signIn(ann({ email }))).outcome).toBe('provisioned')
    },
  )

  it.each([
    'ann@evil.example',
    'ann@sub.corp.example',
    'ann@corp.example.evil.example',
    'ann@corp.example.',
    'ann@ｃorp.example',
    'ann@corp%2eexample',
    'ann@cоrp.example',
    '"a b"@corp.example',
  ])('refuse %s', async (email) => {
    await start({ sources: [source({ domains })] })
    expect((await app.refusal(ann({ email }))).code).toBe('domain_refused')
  })

  it.each(['"ann@corp.example"@evil.example', 'ann@evil.example@corp.example', 'ann', 'corp.example'])(
    'refuse %s, which isn’t an email address',
    async (email) => {
      await start({ sources: [source({ domains })] })
      expect((await app.refusal(ann({ email }))).code).toBe('identifier_missing')
    },
  )

  it('refuse an unknown identity without an email, and allow a known one', async () => {
    await start({ sources: [source({ domains, identifiers: ['email', 'employeeNumber'] })] })
    expect((await app.refusal(ann({ email: undefined, employeeNumber: 'E7' }))).code).toBe('domain_refused')
    await app.signIn(ann())
    expect((await app.signIn(ann({ email: undefined, employeeNumber: 'E7' }))).outcome).toBe('synced')
  })

  it('refuse a known identity that now asserts an email outside them', async () => {
    await start({ sources: [source({ domains })] })
    await app.signIn(ann())
    expect((await app.refusal(ann({ email: 'ann@evil.example' }))).code).toBe('domain_refused')
  })
})

describe('a transient subject', () => {
  const transient = ann({}, { subject: null })

  it('is never stored, and is found by its identifiers every time', async () => {
    await start({ sources: [source({ linking: 'trusted' })] })
    expect((await app.signIn(transient)).outcome).toBe('provisioned')
    expect((await app.signIn(transient)).outcome).toBe('unchanged')
    expect((await app.signIn(ann({ title: 'CTO' }, { subject: null }))).outcome).toBe('synced')
    expect((await app.User.findOne().lean()).identities).toEqual([])
  })

  it('follows the linking mode every time', async () => {
    await start({ sources: [source({ linking: 'trusted' }), source({ id: 'entra' })] })
    await app.signIn(transient)
    expect((await app.refusal(transient, 'entra')).code).toBe('linking_refused')
  })

  it('creates no user who could not be found again', async () => {
    await start()
    expect((await app.refusal(transient)).code).toBe('linking_refused')
  })
})

describe('an invalid assertion', () => {
  it.each([
    ['no issuer', { issuer: '' }],
    ['an empty subject', { subject: '' }],
    ['a subject with control characters', { subject: 'a\u0000' }],
    ['no attributes', { attributes: null }],
    ['attributes as an array', { attributes: [] }],
  ])('is refused: %s', async (_, rest) => {
    await start()
    expect(await app.refusal(ann({}, rest as never))).toMatchObject({
      code: 'invalid_assertion',
      source: 'okta',
    })
  })

  it('never uses an attribute name as a path or a prototype', async () => {
    await start()
    const attributes = JSON.parse(
      '{"email":"ann@corp.example","firstName":"Ann","lastName":"Lee","__proto__":{"title":"Boss"},"identities":"x","$set":{"title":"Boss"},"custom.note":"x","constructor":"x"}',
    ) as Record<string, unknown>
    await app.signIn(ann({}, { attributes }))
    const stored = await app.User.findOne().lean()
    expect(stored).not.toHaveProperty('title')
    expect(stored.custom).not.toHaveProperty('note')
    expect(stored.identities).toHaveLength(1)
  })
})

describe('a source', () => {
  it('refuses people if it is unknown or disabled', async () => {
    await start({ sources: [source(), source({ id: 'old', enabled: false })] })
    expect(await app.refusal(ann(), 'nope')).toMatchObject({ code: 'unknown_source', status: 404 })
    expect(await app.refusal(ann(), 'old')).toMatchObject({ code: 'source_disabled', status: 403 })
  })
})

describe('listeners', () => {
  it('receive sign-ins, refusals and errors, and cannot break a sign-in', async () => {
    await start()
    const heard: unknown[] = []
    app.jit
      .on('login', (result, id) => heard.push([result.outcome, id]))
      .on('login', () => {
        throw new Error('listener broke')
      })
      .on('refused', (error) => heard.push(error.code))
      .on('error', (error) => heard.push(error.message))
    await app.jit.login('okta', ann())
    await app.jit.login('nope', ann()).catch(() => undefined)
    expect(heard).toEqual([['provisioned', 'okta'], 'listener broke', 'unknown_source'])
  })
})

describe('managedFields', () => {
  it('returns which sources sync which fields', async () => {
    await start({
      sources: [
        source({ fields: { sync: ['title'] }, linking: 'trusted' }),
        source({ id: 'entra', fields: { sync: ['title', 'custom.skills'] }, linking: 'trusted' }),
        source({ id: 'off', enabled: false }),
      ],
    })
    await app.signIn(ann())
    const { user } = await app.signIn(ann({}, { subject: 'x' }), 'entra')
    expect(await app.jit.managedFields(user)).toEqual([
      { path: 'title', sources: ['okta', 'entra'] },
      { path: 'custom.skills', sources: ['entra'] },
    ])
  })
})
