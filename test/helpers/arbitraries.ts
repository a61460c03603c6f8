import fc, { type Arbitrary } from 'fast-check'
import { Schema, Types, type SchemaDefinition } from 'mongoose'
import type { Assertion, Decision, JitUserOptions, SourceConfig } from '../../src'

/** A letter in every received or stored string and in no name. Wherever it appears, a value has leaked. */
export const MARK = 'ꙮ'

/** A model with every kind of field that a schema can have. */
export const anySchema: SchemaDefinition = {
  email: String,
  username: String,
  firstName: String,
  lastName: { type: String, trim: true },
  employeeNumber: String,
  badge: Number,
  title: { type: String, default: 'Newcomer' },
  department: { type: String, maxlength: 12 },
  active: Boolean,
  elsewhere: String,
  custom: {
    costCenter: { type: String, unique: true, sparse: true },
    country: { type: String, required: true, default: 'FR' },
    level: { type: String, enum: ['junior', 'senior'] },
    levels: [{ type: String, enum: ['junior', 'senior'] }],
    skills: [String],
    tags: { type: [String], default: ['new'] },
    lucky: [Number],
    remote: { type: Boolean, default: false },
    desk: { type: Number, min: 0 },
    even: { type: Number, validate: (value: number) => value % 2 === 0 },
    startDate: Date,
    joined: { type: Date, default: () => new Date(0) },
    born: { type: Date, immutable: true },
    nick: {
      type: String,
      set: (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value),
    },
    // One setter that changes its own output, and one that empties a value.
    twice: {
      type: String,
      set: (value: unknown) => (typeof value === 'string' ? `${value}${value}` : value),
    },
    none: { type: String, set: () => undefined },
    shown: { type: String, get: (value: unknown) => (typeof value === 'string' ? `<${value}>` : value) },
    hidden: { type: String, select: false },
    reason: {
      type: String,
      required(this: { get(path: string): unknown }) {
        return this.get('custom.level') === 'senior'
      },
    },
    half: String,
    big: BigInt,
    price: Schema.Types.Decimal128,
    ref: Schema.Types.ObjectId,
    uid: Schema.Types.UUID,
    int: Schema.Types.Int32,
    double: Schema.Types.Double,
  },
}

export const anyFields: JitUserOptions['fields'] = {
  ...{ email: true, username: true, firstName: true, lastName: true, title: true, department: true },
  employeeNumber: { identifier: true },
  badge: { identifier: true },
  ...Object.fromEntries(
    Object.keys(anySchema['custom'] as object).map((name) => [`custom.${name}`, { label: name }]),
  ),
  'custom.half': {
    label: 'half',
    transform: (value) => {
      if (typeof value !== 'string') throw new Error(`${MARK} no text`)
      return value.length > 3 ? value.slice(0, value.length / 2) : undefined
    },
  },
}

const paths = Object.keys(anyFields)
const identifiers = ['email', 'username', 'employeeNumber', 'badge']

/** A source with any settings and no provider. */
export function anySource(): Arbitrary<Partial<SourceConfig>> {
  const selection = fc.oneof(fc.constant('all' as const), fc.subarray(paths))
  return fc.record({
    identifiers: fc.shuffledSubarray(identifiers, { minLength: 1 }),
    provisioning: mostly(true, false),
    syncing: mostly(true, false),
    fields: fc.record({ provision: selection, sync: selection }),
    linking: fc.constantFrom('never', 'verified', 'trusted'),
    domains: fc.constantFrom([], [], ['corp.example']),
    onAbsent: fc.constantFrom('keep', 'clear'),
    onEmpty: fc.constantFrom('keep', 'clear'),
  })
}

/** Without these, few sign-ins would succeed. */
const usual = ['email', 'firstName', 'lastName', 'badge']

const issuers = ['https://idp.example', 'https://other.example']

/** An assertion about a few people, with any value under every name. */
export function anyAssertion(): Arbitrary<Assertion> {
  const attributes = Object.fromEntries(paths.map((path) => [lastSegment(path), attributeOf(path)]))
  return fc
    .tuple(
      fc.record(attributes, { requiredKeys: usual }),
      fc.dictionary(strangeName, anything(), { maxKeys: 3, noNullPrototype: false }),
      mostly(issuers[0]!, issuers[1]!),
      fc.oneof({ weight: 4, arbitrary: mostly('ann', 'ANN') }, { weight: 1, arbitrary: fc.constant(null) }),
      fc.constantFrom(undefined, true, false, 'true' as never),
    )
    .map(([known, strange, issuer, subject, emailVerified]) => ({
      ...{ issuer, subject, attributes: { ...known, ...strange } },
      ...(emailVerified !== undefined && { emailVerified }),
    }))
}

/** What an app may decide. Values are valid or invalid, differ from the received ones, or belong to another user. */
export function anyDecision(): Arbitrary<Decision> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.record({ set: anySet(), reactivate: fc.boolean() }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.constant({ refuse: 'No.' }) },
  )
}

/** Values by path, mostly ones that can be set. */
export function anySet(): Arbitrary<Record<string, unknown>> {
  const fits = {
    title: fc.option(text('a', 'b'), { nil: undefined }),
    lastName: fc.option(text('a', ' b '), { nil: undefined }),
    email: fc.constantFrom(`ann${MARK}@corp.example`, `Cy${MARK}@corp.example`),
    active: fc.constant(true),
    elsewhere: text('a', 'b'),
    'custom.costCenter': text('a', 'b', 'c'),
    'custom.tags': fc.constantFrom(undefined, [], ['a']),
    'custom.joined': fc.constantFrom(undefined, new Date(0), '2024-02-29'),
    'custom.nick': text('a', 'A'),
    'custom.twice': text('a'),
    'custom.none': text('a'),
    'custom.born': fc.constantFrom(new Date(0), new Date('2024-02-29')),
  }
  const wrong = {
    'custom.level': fc.constantFrom('emperor', 'junior'),
    'custom.desk': fc.constantFrom(-1, 3, 'x'),
    elsewhere: fc.constant({ a: 1 }),
    nowhere: fc.constant(1),
  }
  return fc.oneof(
    { weight: 9, arbitrary: fc.record(fits, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.record(wrong, { requiredKeys: [] }) },
  )
}

/** A few users as stored: raw documents, no two of which share a unique value. */
export function storedUsers(): Arbitrary<Record<string, unknown>[]> {
  return fc
    .array(storedUser(), { maxLength: 3 })
    .map((users) => users.filter((user, i) => users.slice(0, i).every((other) => !collide(user, other))))
}

function storedUser(): Arbitrary<Record<string, unknown>> {
  const custom = Object.fromEntries(
    paths
      .filter((path) => path.startsWith('custom.'))
      // The unique value can be missing, but the index treats null as a value.
      .map((path) => [
        lastSegment(path),
        path === 'custom.costCenter' ? storable(path) : fc.option(storable(path)),
      ]),
  )
  const own = Object.fromEntries(
    paths.filter((path) => !path.includes('.')).map((path) => [path, storable(path)]),
  )
  return fc
    .record(
      {
        ...own,
        custom: fc.record(custom, { requiredKeys: [] }),
        identities: fc.uniqueArray(identity(), { maxLength: 2, selector: (one) => JSON.stringify(one) }),
        active: mostly(true, false),
        elsewhere: fc.constant('not of the identity provider'),
      },
      { requiredKeys: ['elsewhere'] },
    )
    .map((user) => ({ _id: new Types.ObjectId(), ...user }))
}

function identity(): Arbitrary<object> {
  return fc
    .record(
      {
        source: mostly('okta', 'elsewhere'),
        issuer: mostly(issuers[0]!, issuers[1]!),
        subject: mostly('ann', 'ANN'),
        age: fc.constantFrom(0, 5 * 60 * 60 * 1000),
        unvouchedEmail: fc.constant(true),
      },
      { requiredKeys: ['source', 'issuer', 'subject', 'age'] },
    )
    .map(({ age, ...rest }) => {
      const at = new Date(Date.now() - age)
      return { ...rest, linkedAt: at, lastLoginAt: at }
    })
}

function collide(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const unique = (user: Record<string, unknown>): unknown[] => [
    ...identifiers.flatMap((path) =>
      user[path]
        ? `${path} ${String(user[path] as string | number)
            .trim()
            .toLowerCase()}`
        : [],
    ),
    ...[(user['custom'] as { costCenter?: unknown } | undefined)?.costCenter ?? []].flat(),
    ...((user['identities'] ?? []) as { source: string; issuer: string; subject: string }[]).map(
      ({ source, issuer, subject }) => `${source} ${issuer} ${subject}`,
    ),
  ]
  return unique(a).some((one) => unique(b).includes(one))
}

/** A valid value, a stored one, an invalid one, or none, alone or in a list. */
function attributeOf(path: string): Arbitrary<unknown> {
  return fc.oneof(
    { weight: usual.includes(path) ? 40 : 6, arbitrary: fitting(path) },
    { weight: 1, arbitrary: fc.array(fc.oneof(fitting(path), nothing), { maxLength: 3 }) },
    { weight: 2, arbitrary: nothing },
    { weight: 1, arbitrary: anything() },
  )
}

const nothing: Arbitrary<unknown> = fc.constantFrom(
  null,
  undefined,
  '',
  '  ',
  '\u00a0',
  [],
  [''],
  [null, ' '],
)

/** Values that no field accepts, and values that some accept. */
function anything(): Arbitrary<unknown> {
  return fc.oneof(
    fc.constantFrom<unknown>(
      ...[NaN, Infinity, -0, 0, 1, 1e300, 2 ** 53, true, false, 10n, Symbol(MARK), () => MARK],
      ...[
        `${MARK}\0`,
        `${MARK}\ud800`,
        `\u202e${MARK}`,
        `\u200b${MARK}`,
        MARK.repeat(20_000),
        `<b>${MARK}</b>`,
      ],
      ...[{ $gt: MARK }, { $where: MARK }, [[MARK]], [{ a: MARK }], new Date(0), new Map([[1, MARK]]), /x/],
      ...[
        { toString: () => MARK },
        { valueOf: () => 7 },
        Object.create(null),
        JSON.parse('{"__proto__":{"x":1}}'),
      ],
      Array.from({ length: 2001 }, () => MARK),
    ),
    fc.string().map((text) => text + MARK),
    fc.double(),
  )
}

const strangeName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    '$set',
    '$where',
    'identities',
    '_id',
    '__v',
  ),
  fc.constantFrom(
    'active',
    'elsewhere',
    'custom',
    'custom.skills',
    'identities.0.subject',
    'FirstName',
    'last-name',
  ),
  fc.string().map((name) => name.replaceAll(MARK, '')),
)

const text = (...texts: string[]): Arbitrary<string> => fc.constantFrom(...texts.map((one) => one + MARK))

/** Valid values in their received spellings. There are few, so received values often equal stored ones. */
function fitting(path: string): Arbitrary<unknown> {
  switch (lastSegment(path)) {
    case 'email':
      return fc.constantFrom(
        ...['ann', 'Ann', 'bo', ' bo '].map((name) => `${name}${MARK}@corp.example`),
        `ann${MARK}@evil.example`,
      )
    case 'badge':
      return fc.constantFrom<unknown>(7, '7', 8, '08')
    case 'level':
    case 'levels':
      return fc.constantFrom('junior', 'senior', 'emperor')
    case 'lucky':
    case 'desk':
    case 'even':
    case 'int':
    case 'double':
      return fc.constantFrom<unknown>(0, '0', -0, 2, '3', 2.5, -1, '1e3')
    case 'remote':
      return fc.constantFrom<unknown>(true, false, 'yes', 'NO', '1', 0)
    case 'startDate':
    case 'joined':
    case 'born':
      return fc.constantFrom('2024-02-29', '2023-02-29', '2024-02-29T00:00:00Z', '2024-02-29T01:00:00+01:00')
    case 'big':
      return fc.constantFrom<unknown>(7, '7', '-12345678901234567890')
    case 'price':
      // Not 1.50: some engines do not replace 1.5 with it.
      return fc.constantFrom<unknown>(1.5, '1.5', 2)
    case 'ref':
      return fc.constantFrom(
        '65a000000000000000000001',
        '65A000000000000000000001',
        '65a000000000000000000002',
      )
    case 'uid':
      return fc.constantFrom('11111111-1111-4111-8111-111111111111', '11111111-1111-4111-8111-1111111111AA')
    default:
      return text('a', 'A', 'b', ' b ', 'a longer text')
  }
}

/** Values that can be stored at a path. */
function storable(path: string): Arbitrary<unknown> {
  switch (lastSegment(path)) {
    case 'email':
    case 'username':
      // Values in other letter case match, but not values with spaces around them.
      return fitting(path).map((value) => (value as string).trim())
    case 'levels':
      return fc.array(fc.constantFrom('junior', 'senior'), { maxLength: 2 })
    case 'skills':
    case 'tags':
      return fc.array(text('a', 'b'), { maxLength: 2 })
    case 'lucky':
      return fc.array(fc.constantFrom(0, 2, 3), { maxLength: 2 })
    case 'badge':
      return fc.constantFrom(7, 8)
    case 'desk':
    case 'even':
    case 'int':
    case 'double':
      return fc.constantFrom(0, 2, 3, 2.5)
    case 'remote':
      return fc.boolean()
    case 'startDate':
    case 'joined':
    case 'born':
      return fc.constantFrom(new Date('2024-02-29'), new Date('2023-03-01'))
    case 'big':
      return fc.constantFrom(7n)
    case 'price':
      return fc.constantFrom(...['1.5', '2'].map((price) => Types.Decimal128.fromString(price)))
    case 'ref':
      return fc.constantFrom(new Types.ObjectId('65a000000000000000000001'))
    case 'uid':
      return fc.constantFrom(new Types.UUID('11111111-1111-4111-8111-111111111111'))
    default:
      return fitting(path)
  }
}

function mostly<T>(usual: T, other: T): Arbitrary<T> {
  return fc.oneof({ weight: 5, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(other) })
}

function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}
