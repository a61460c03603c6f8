import type { Assertion } from '../../src'
import { ann, company, type Company, companyFields, source } from '../helpers/company'
import { expectLinear } from '../helpers/cpu'

/** Values that an identity provider, or an app that calls `login`, could send as a name or a title. */

let app: Company
beforeAll(async () => {
  app = await company({
    fields: {
      ...companyFields,
      department: { attribute: '__proto__' },
      title: { attribute: 'constructor' },
      'custom.costCenter': { attribute: 'constructor.name' },
      'custom.level': { attribute: 'a.__proto__.b' },
    },
    sources: [
      source({ identifiers: ['email', 'employeeNumber'], linking: 'trusted' }),
      source({ id: 'strict' }),
      source({
        id: 'oidc',
        protocol: 'oidc',
        saml: undefined,
        linking: 'trusted',
        oidc: { issuer: 'https://idp.example', clientID: 'app' },
        attributes: { firstName: 'firstName', lastName: 'lastName' },
      }),
    ],
  })
})
afterAll(() => app.close())
beforeEach(() => app.User.deleteMany({}))
afterEach(() => expect(Object.prototype).toEqual({}))

const circular: Record<string, unknown> = {}
circular['self'] = circular
const throwing = Object.defineProperty({}, 'toString', {
  get: () => {
    throw new Error('was touched')
  },
})

const values: [title: string, value: unknown][] = [
  ['an operator', { $gt: '' }],
  ['an operator of JavaScript', { $where: 'sleep(10000)' }],
  ['an object', { a: 1 }],
  ['an object without a prototype', Object.create(null)],
  ['an object with its own toString', { toString: () => 'admin' }],
  ['an object with its own toJSON', { toJSON: () => 'admin' }],
  ['an object that throws on access', throwing],
  ['an object that contains itself', circular],
  ['an array in an array', [['admin']]],
  ['an operator in an array', ['admin', { $ne: null }]],
  ['endlessly nested arrays', [circular]],
  ['a String object', new String('admin')],
  ['a date', new Date()],
  ['a regular expression', /./],
  ['a map', new Map([['a', 1]])],
  ['bytes', Buffer.from('admin')],
  ['a function', () => 'admin'],
  ['a promise', Promise.resolve('admin')],
  ['a symbol', Symbol('admin')],
  ['a bigint', 10n],
  ['NaN', NaN],
  ['Infinity', -Infinity],
  ['a NUL', 'admin\0'],
  ['a control character', 'ad\u001bmin'],
  ['a vertical tab', 'ad\u000bmin'],
  ['a C1 control character', 'ad\u0085min'],
  ['a lone surrogate', 'admin\ud800'],
  ['surrogates in the wrong order', '\udc00\ud800'],
  ['one byte over 16 KiB', 'x'.repeat(16 * 1024 + 1)],
  ['6 KiB of three-byte letters', '語'.repeat(6 * 1024)],
  ['a megabyte', 'x'.repeat(1_000_000)],
  ['2,001 values', Array.from({ length: 2001 }, (_, i) => `v${i}`)],
  ['100,000 values', Array.from({ length: 100_000 }, () => 'x')],
]

describe.each(['okta', 'oidc'])('an invalid value, through %s', (at) => {
  it.each(values)('is ignored: %s', async (_title, value) => {
    await app.signIn(ann({ skills: ['Go'], desk: 1 }), at)
    const before = await app.User.findOne().lean()
    const result = await app.signIn(
      ann({ skills: value, desk: value, startDate: value, lastName: value }),
      at,
    )
    expect(result.changes).toEqual([])
    expect(result.notices.filter(({ code }) => code === 'invalid_value').map(({ path }) => path)).toEqual(
      expect.arrayContaining(['lastName', 'custom.desk', 'custom.skills', 'custom.startDate']),
    )
    expect(await app.User.findOne().lean()).toEqual(before)
    expect(JSON.stringify(result.notices)).not.toContain('admin')
  })

  it.each(values)('finds no user and creates none: %s', async (_title, value) => {
    await app.User.create({ email: 'admin', firstName: 'A', lastName: 'B' })
    const error = await app.refusal(ann({ email: value }), at)
    expect(error.code).toBe('identifier_missing')
    expect((await app.refusal(ann({ firstName: value }), at)).code).toBe('required_field_missing')
    expect(`${error.message}${JSON.stringify(error.details)}`).not.toContain('admin')
  })
})

describe('an attribute name', () => {
  const attributes = JSON.parse(
    '{"__proto__":{"title":"Boss","isAdmin":true},"constructor":{"name":"Boss","prototype":{"isAdmin":true}},"prototype":"x","a":{"__proto__":{"b":"senior"}},"$set":{"title":"Boss"},"$where":"x","identities":[{"subject":"x"}],"identities.0.subject":"x","_id":"x","__v":7,"active":false,"custom":{"note":"x"},"custom.note":"x","hasOwnProperty":"x"}',
  ) as Record<string, unknown>

  it.each(['okta', 'oidc'])('is never a path of the model or of a prototype: %s', async (at) => {
    const { user } = await app.signIn(
      ann({}, { attributes: { ...ann().attributes, title: undefined, ...attributes } }),
      at,
    )
    const stored = await app.User.findOne().lean()
    expect(stored).toMatchObject({ email: 'ann@corp.example', firstName: 'Ann' })
    expect(stored).not.toHaveProperty('active')
    expect(stored.custom).not.toHaveProperty('note')
    expect(stored.identities).toMatchObject([{ subject: 'ann-1' }])
    expect(stored._id).toEqual(user._id)
    expect(({} as Record<string, unknown>)['isAdmin']).toBeUndefined()
  })

  it('can be __proto__ or constructor if a field has that name', async () => {
    const given = JSON.parse('{"__proto__":"Sales","constructor":"Boss"}') as Record<string, unknown>
    const claims = Object.assign(Object.create(null) as Record<string, unknown>, {
      ...ann().attributes,
      title: undefined,
    })
    for (const [name, value] of Object.entries(given))
      Object.defineProperty(claims, name, { value, enumerable: true })
    await app.signIn(ann({}, { attributes: claims }))
    expect(await app.User.findOne().lean()).toMatchObject({ department: 'Sales', title: 'Boss' })
  })

  it('is not found on a prototype if it did not arrive', async () => {
    await app.signIn(ann({ title: undefined }), 'oidc')
    const stored = await app.User.findOne().lean()
    expect(stored).not.toHaveProperty('title')
    expect(stored).not.toHaveProperty('department')
    expect(stored.custom).not.toHaveProperty('costCenter')
  })
})

describe('100,000 attributes', () => {
  const names: [string, (i: number) => string][] = [
    ['with arbitrary names', (i) => `attribute${i}`],
    ['that are near misses', (i) => `First-Name${i % 7 ? '' : i}`],
    ['with long names', (i) => `${i}${'é'.repeat(200)}`],
  ]
  const loginWith = (count: number, name: (i: number) => string): (() => Promise<unknown>) => {
    const more = Object.fromEntries(Array.from({ length: count }, (_, i) => [name(i), 'x']))
    const assertion = ann({}, { attributes: { ...more, ...ann().attributes } })
    return () => app.jit.login('okta', assertion)
  }

  it.each(names)('%s cost little', async (_title, make) => {
    await app.jit.login('okta', ann())
    await expectLinear(100_000, (count) => loginWith(count, make))
  })

  it('cost little even if a few names are a megabyte long', () =>
    expectLinear(500_000, (size) => loginWith(30, (i) => `${i}${'é'.repeat(size)}`)))

  it('appear in a refusal as readable names', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [`${i}${'x'.repeat(10_000)}`, 'x']),
    )
    const { details } = await app.refusal(ann({}, { attributes: many }))
    expect(details.received).toHaveLength(100)
    expect(JSON.stringify(details).length).toBeLessThan(40_000)
  })
})

describe('unusual but legitimate text', () => {
  it.each([
    ['a zero-width non-joiner', 'علی‌رضا'],
    ['a zero-width joiner', 'क्‍ष'],
    ['a right-to-left mark', 'دانا\u200f'],
    ['isolates', '\u2068דנה\u2069 Cohen'],
    ['a soft hyphen', 'Donau\u00addampf'],
    ['an emoji of several code points', '👩‍🔬'],
    ['line breaks and tabs', 'Line 1\r\nLine 2\tEnd'],
    ['a letter of another script that looks like one', 'Аnn'],
    ['HTML', '<b>Ann</b> & "Bo"'],
    ['a script', '</script><script>alert(1)</script>'],
    ['an operator as text', '$where'],
    ['a path as text', '../../etc/passwd'],
    ['16 KiB', 'x'.repeat(16 * 1024)],
  ])('is stored unchanged: %s', async (_title, lastName) => {
    const { user } = await app.signIn(ann({ lastName, title: undefined }))
    expect(user.get('lastName')).toBe(lastName)
    expect((await app.User.findOne().lean()).lastName).toBe(lastName)
    expect((await app.signIn(ann({ lastName, title: undefined }))).outcome).toBe('unchanged')
  })

  it('is stored unchanged in 2,000 values', async () => {
    const skills = Array.from({ length: 2000 }, (_, i) => `skill ${i}`)
    await app.signIn(ann({ skills }))
    expect((await app.User.findOne().lean()).custom.skills).toEqual(skills)
  })
})

describe('a login identifier', () => {
  it.each([
    ['a zero-width space', 'ann\u200b@corp.example'],
    ['a zero-width joiner', 'ann@corp\u200d.example'],
    ['a right-to-left override', '\u202eann@corp.example'],
    ['a right-to-left mark', 'ann@corp.example\u200f'],
    ['a soft hyphen', 'an\u00adn@corp.example'],
    ['a byte order mark', '\ufeffann@corp.example'],
    ['a word joiner', 'ann\u2060@corp.example'],
    ['a tag', 'ann\u{e0041}@corp.example'],
    ['a filler', 'ann\u3164@corp.example'],
    ['a variation selector', 'ann\ufe0f@corp.example'],
  ])('contains no invisible characters: %s', async (_title, email) => {
    await app.User.create({ email: 'ann@corp.example' })
    const error = await app.refusal(ann({ email }))
    expect(error.code).toBe('identifier_missing')
    const alone = ann({ email: undefined, employeeNumber: email })
    expect((await app.refusal(alone)).code).toBe('identifier_missing')
    const beside = await app.signIn(ann({ email: 'bo@corp.example', employeeNumber: email }))
    expect(beside.notices).toContainEqual(
      expect.objectContaining({ code: 'invalid_value', path: 'employeeNumber' }),
    )
    expect(beside.user.get('employeeNumber')).toBeUndefined()
  })
})

describe('an invalid assertion', () => {
  const hostile: [string, string, unknown][] = [
    ['nothing', 'issuer', undefined],
    ['null', 'issuer', null],
    ['text', 'issuer', 'x'],
    ['an issuer that is an object', 'issuer', ann({}, { issuer: { $ne: null } as never })],
    ['a blank issuer', 'issuer', ann({}, { issuer: ' ' })],
    ['an issuer of a megabyte', 'issuer', ann({}, { issuer: 'x'.repeat(1_000_000) })],
    ['an issuer with a control character', 'issuer', ann({}, { issuer: 'https://idp.example\n' })],
    ['no subject', 'subject', ann({}, { subject: undefined as never })],
    ['a subject that is a number', 'subject', ann({}, { subject: 7 as never })],
    ['a subject that is an operator', 'subject', ann({}, { subject: { $ne: null } as never })],
    ['a subject that is a list', 'subject', ann({}, { subject: ['ann-1'] as never })],
    ['a subject of a megabyte', 'subject', ann({}, { subject: 'x'.repeat(1_000_000) })],
    ['a subject that is not Unicode', 'subject', ann({}, { subject: 'ann\ud800' })],
    ['attributes that are text', 'attributes', ann({}, { attributes: 'x' as never })],
    ['attributes that are a function', 'attributes', ann({}, { attributes: (() => 1) as never })],
  ]
  it.each(hostile)('is refused: %s', async (_title, check, assertion) => {
    expect(await app.refusal(assertion as Assertion)).toMatchObject({
      code: 'invalid_assertion',
      details: { check },
    })
  })

  it('is a fault if reading its attributes throws, and writes nothing', async () => {
    const attributes = Object.defineProperty({ ...ann().attributes }, 'lastName', {
      enumerable: true,
      get: () => {
        throw new Error('was touched')
      },
    })
    await expect(app.jit.login('okta', ann({}, { attributes }))).rejects.toThrow('was touched')
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('verifies an email only with the boolean true', async () => {
    await app.User.create({ email: 'ann@corp.example' })
    for (const emailVerified of ['true', 1, {}, [true], null, new Boolean(true)]) {
      const error = await app.refusal(ann({}, { emailVerified: emailVerified as never }), 'strict')
      expect(error.code).toBe('linking_refused')
    }
    expect((await app.signIn(ann({}, { emailVerified: true }), 'strict')).outcome).toBe('linked')
  })
})
