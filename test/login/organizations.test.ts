import mongoose, { Schema } from 'mongoose'
import type { CommandInfo } from 'dev-mongo'
import {
  createJit,
  type DecideContext,
  type JitError,
  type JitOptions,
  jitUser,
  type SourceConfig,
} from '../../src'
import { internalsOf } from '../helpers/internals'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

let app: Company
afterEach(() => app.close())

const acme = source({ id: 'acme', organization: 'acme', linking: 'trusted' })
const globex = source({ id: 'globex', organization: 'globex', linking: 'trusted' })
const staff = source({ id: 'staff', linking: 'trusted' })

const one = { ...companySchema, organizationId: String }
const organized = (setup: Partial<Parameters<typeof company>[0]> = {}): Promise<Company> =>
  company({ schema: one, organization: 'organizationId', sources: [acme, globex, staff], ...setup })

type Stored = { _id: unknown; email: string; organizationId?: unknown; identities: { source: string }[] }
const users = async (): Promise<Stored[]> => app.User.find().sort({ _id: 1 }).lean()
const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    ({ code }: JitError) => code,
  )

describe('one email at two customers', () => {
  it('belongs to one user in each organization, and to one without an organization', async () => {
    app = await organized()
    const results = [
      await app.signIn(ann(), 'acme'),
      await app.signIn(ann(), 'globex'),
      await app.signIn(ann(), 'staff'),
    ]
    expect(results.map(({ outcome }) => outcome)).toEqual(['provisioned', 'provisioned', 'provisioned'])
    expect(results.map(({ organization }) => organization)).toEqual(['acme', 'globex', undefined])
    expect(Object.hasOwn(results[2]!, 'organization')).toBe(false)
    expect((await users()).map(({ organizationId }) => organizationId)).toEqual(['acme', 'globex', undefined])
    for (const id of ['acme', 'globex', 'staff']) {
      expect((await app.signIn(ann({ title: 'CTO' }), id)).outcome).toBe('synced')
    }
    expect(await users()).toHaveLength(3)
  })

  it('links only the user of the source’s organization', async () => {
    app = await organized()
    await app.User.create([
      { email: 'ann@corp.example' },
      { email: 'ann@corp.example', organizationId: 'globex' },
      { email: 'ann@corp.example', organizationId: 'ACME' },
    ])
    expect((await app.signIn(ann(), 'acme')).outcome).toBe('provisioned')
    expect((await app.signIn(ann(), 'globex')).outcome).toBe('linked')
    expect((await app.signIn(ann(), 'staff')).outcome).toBe('linked')
    const linked = (await users()).map(({ organizationId, identities }) => [
      organizationId,
      identities.length,
    ])
    expect(linked).toEqual([
      [undefined, 1],
      ['globex', 1],
      ['ACME', 0],
      ['acme', 1],
    ])
  })

  it('is no conflict, and neither is another identifier', async () => {
    app = await organized()
    await app.signIn(ann({ employeeNumber: 'E1' }), 'acme')
    const { notices, changes } = await app.signIn(ann({ employeeNumber: 'E1' }), 'globex')
    expect(notices.filter(({ code }) => code === 'conflict')).toEqual([])
    expect(changes.map(({ path }) => path)).toContain('employeeNumber')
    await app.signIn(ann({ email: 'bo@corp.example' }, { subject: 'bo' }), 'acme')
    const taken = await app.signIn(
      ann({ email: 'bo@corp.example', employeeNumber: 'E1' }, { subject: 'bo' }),
      'acme',
    )
    expect(taken.notices.find(({ code }) => code === 'conflict')?.path).toBe('employeeNumber')
  })

  it('isn’t a conflict in different letter case', async () => {
    app = await organized()
    await app.User.collection.insertOne({
      email: 'ANN@corp.example',
      organizationId: 'globex',
      identities: [],
    })
    await app.User.collection.insertOne({ email: 'ANN@corp.example', organizationId: 'acme', identities: [] })
    expect((await app.signIn(ann(), 'acme')).outcome).toBe('linked')
    expect((await users()).map(({ identities }) => identities.length)).toEqual([0, 1])
  })
})

describe('an identity whose user belongs to another organization', () => {
  it.each([
    ['moved to another', 'globex', 'acme'],
    ['moved to one, but the source has none', 'acme', 'staff'],
  ])('is refused without revealing the user (%s)', async (_, organizationId, id) => {
    app = await organized({
      options: { decide: () => Promise.reject(new Error('asked')) } as Partial<JitOptions>,
    })
    await app.User.create({ ...(id === 'acme' && { organizationId: 'acme' }), email: 'ann@corp.example' })
    const identity = { source: id, issuer: 'https://idp.example', subject: 'ann-1' }
    const dates = { linkedAt: new Date(), lastLoginAt: new Date() }
    await app.User.updateOne({}, { organizationId, identities: [{ ...identity, ...dates }] })
    const error = await app.refusal(ann({ email: 'other@corp.example' }), id)
    expect([error.code, error.status, error.organization]).toEqual([
      'organization_mismatch',
      403,
      id === 'acme' ? 'acme' : undefined,
    ])
    expect(error.message).not.toMatch(/globex|ann/)
    expect(error.details).toEqual({})
  })
})

describe('connecting an identity', () => {
  it.each([
    ['globex', 'acme'],
    ['acme', 'staff'],
    [undefined, 'acme'],
  ])('to a user of %s is refused at a source of %s', async (organizationId, id) => {
    app = await organized()
    const user = await app.User.create({
      email: 'bo@corp.example',
      ...(organizationId && { organizationId }),
    })
    const connecting = internalsOf(app.jit).login(id, ann(), String(user._id))
    expect(await codeOf(connecting)).toBe('organization_mismatch')
    expect(await users()).toMatchObject([{ email: 'bo@corp.example', identities: [] }])
  })

  it('works at a source of the user’s organization', async () => {
    app = await organized()
    const user = await app.User.create({ email: 'bo@corp.example', organizationId: 'acme' })
    await internalsOf(app.jit).login('acme', ann(), String(user._id))
    expect(await users()).toMatchObject([{ organizationId: 'acme', identities: [{ source: 'acme' }] }])
  })
})

describe('a source that gets its first organization', () => {
  const before = source({ id: 'acme', linking: 'trusted' })

  async function reorganized(): Promise<void> {
    const sources = [acme, globex]
    app.jit = createJit({
      userModel: app.User,
      baseUrl: 'https://app.example/sso',
      sources,
    }) as Company['jit']
    await app.jit.ready()
  }

  it('gives it to linked users at their next sign-in, and finds no other users without one', async () => {
    app = await organized({ sources: [before] })
    await app.jit.login('acme', ann())
    await app.User.create({ email: 'bo@corp.example' })
    await reorganized()
    const { outcome, changes } = await app.jit.login('acme', ann())
    expect([outcome, changes]).toEqual(['unchanged', []])
    expect((await app.jit.login('acme', ann({ email: 'bo@corp.example' }, { subject: 'bo' }))).outcome).toBe(
      'provisioned',
    )
    expect((await users()).map(({ organizationId }) => organizationId)).toEqual(['acme', undefined, 'acme'])
    app.commands()
    await app.jit.login('acme', ann())
    expect(app.commands()).toEqual(['find'])
  })

  it('sets it even if the path is immutable, hidden and nested', async () => {
    const schema = { ...companySchema, org: { id: { type: String, immutable: true, select: false } } }
    app = await organized({ schema, organization: 'org.id', sources: [before] })
    await app.jit.login('acme', ann())
    await reorganized()
    await app.jit.login('acme', ann())
    await app.jit.login('globex', ann())
    expect((await app.User.collection.find().sort({ _id: 1 }).toArray()).map((user) => user['org'])).toEqual([
      { id: 'acme' },
      { id: 'globex' },
    ])
    app.commands()
    await app.jit.login('acme', ann())
    expect(app.commands()).toEqual(['find'])
  })

  it.each(['ann@corp.example', 'ANN@corp.example'])(
    'refuses the sign-in if the organization already has such a user (%s)',
    async (email) => {
      app = await organized({ sources: [before] })
      await app.jit.login('acme', ann())
      await app.User.collection.insertOne({ email, organizationId: 'acme', identities: [] })
      await reorganized()
      const { refusal } = await app.jit.preview('acme', ann())
      const error = await app.jit.login('acme', ann()).catch((thrown: JitError) => thrown)
      expect(refusal).toMatchObject({ code: 'ambiguous_user', details: { paths: ['email'] } })
      expect(error).toMatchObject({ code: 'ambiguous_user', organization: 'acme' })
      expect((await users())[0]).not.toHaveProperty('organizationId')
    },
  )
})

describe('a list of organizations', () => {
  const list = { ...companySchema, organizations: [String] }

  it('gets the source’s organization at each sign-in if it’s missing', async () => {
    app = await company({ schema: list, organization: 'organizations', sources: [acme, globex, staff] })
    const organizations = async (): Promise<unknown> => (await app.User.findOne().lean()).organizations
    expect((await app.signIn(ann(), 'acme')).outcome).toBe('provisioned')
    expect(await organizations()).toEqual(['acme'])
    expect((await app.signIn(ann(), 'globex')).outcome).toBe('linked')
    expect((await app.signIn(ann(), 'staff')).outcome).toBe('linked')
    expect(await organizations()).toEqual(['acme', 'globex'])
    app.commands()
    await app.jit.login('acme', ann())
    expect(app.commands()).toEqual(['find'])
    await app.User.collection.updateOne({}, { $unset: { organizations: '' } })
    expect((await app.signIn(ann(), 'acme')).outcome).toBe('unchanged')
    expect(await organizations()).toEqual(['acme'])
    expect(await app.User.countDocuments()).toBe(1)
  })

  it('keeps every membership when sign-ins run at once', async () => {
    app = await company({ schema: list, organization: 'organizations', sources: [acme, globex] })
    await app.User.create({ email: 'ann@corp.example' })
    await Promise.all(Array.from({ length: 20 }, (_, i) => app.jit.login(i % 2 ? 'acme' : 'globex', ann())))
    const [user] = await app.User.find().lean()
    expect([...user.organizations].sort()).toEqual(['acme', 'globex'])
  })
})

describe('the type of the organization', () => {
  const id = '65a000000000000000000abc'
  const uuid = '0b5f7b7e-6a0e-4c1b-9b1e-2f5d3c4a7e10'
  it.each<[string, unknown, string, string]>([
    ['an ObjectId', Schema.Types.ObjectId, id.toUpperCase(), id],
    ['a number', Number, '007', '7'],
    ['a UUID', Schema.Types.UUID, uuid.toUpperCase(), uuid],
    ['lower-case text', { type: String, lowercase: true }, 'ACME', 'acme'],
  ])('may be %s, which is compared as text', async (_, organizationId, written, compared) => {
    const sources = [{ ...acme, organization: written }, globex].slice(0, 1)
    app = await organized({ schema: { ...companySchema, organizationId } as never, sources })
    await app.signIn(ann(), 'acme')
    expect((await app.signIn(ann(), 'acme')).organization).toBe(compared)
    expect(String(((await app.User.findOne()) as unknown as Stored).organizationId)).toBe(compared)
    expect(app.jit.source('acme').organization).toBe(compared)
    expect(app.jit.sources({ organization: written })).toHaveLength(1)
    expect(app.jit.sources({ organization: 'no such' })).toEqual([])
    expect((await app.signIn(ann({}, { subject: 'second' }), 'acme')).outcome).toBe('linked')
  })

  it('is reported by ready() if an organization doesn’t fit it', async () => {
    const schema = { ...companySchema, organizationId: Schema.Types.ObjectId }
    app = await organized({ schema, sources: [staff] })
    const jit = createJit({ userModel: app.User, baseUrl: 'https://app.example/sso', sources: [acme] })
    await expect(jit.ready()).rejects.toMatchObject({
      details: {
        problems: [
          "source 'acme': organization: does not fit organizationId, the organization of your users (ObjectId)",
        ],
      },
    })
  })
})

describe('the plugin', () => {
  const apply =
    (organization: unknown, schema: object = one, fields: object = companyFields) =>
    () =>
      new Schema(schema as never).plugin(jitUser, { organization, fields } as never)

  it.each<[string, unknown, object, object, RegExp]>([
    [
      'an unknown path',
      'organisationId',
      one,
      companyFields,
      /no path 'organisationId'; did you mean|organizationId/,
    ],
    ['another type', 'active', companySchema, companyFields, /the type boolean can't hold one/],
    ['a path of the library', 'identities', one, companyFields, /belongs to the database or to this library/],
    [
      'a path that is a field',
      'organizationId',
      one,
      { email: true, organizationId: { label: 'X' } },
      /also a field/,
    ],
    ['a value that isn’t a path', 7, one, companyFields, /must be the path/],
  ])('refuses %s', async (_, organization, schema, fields, message) => {
    expect(apply(organization, schema, fields)).toThrow(message)
    app = await organized()
  })
})

describe('decide', () => {
  it('receives the organization, and can’t set it', async () => {
    const asked: DecideContext[] = []
    const decide = (context: DecideContext): object => {
      asked.push(context)
      return asked.length > 1 ? { set: { organizationId: 'globex' } } : {}
    }
    app = await organized({ options: { decide } as Partial<JitOptions> })
    await app.jit.login('acme', ann())
    expect(asked[0]).toMatchObject({ organization: 'acme', source: { organization: 'acme' } })
    const error = await app.jit.login('acme', ann()).catch((thrown: JitError) => thrown)
    expect((error as JitError).details.problems).toEqual([
      "set['organizationId']: this path holds the organization, which the source decides",
    ])
  })
})

describe('a reference', () => {
  const schema = { ...one, managerId: Schema.Types.ObjectId }
  const fields = { ...companyFields, managerId: { attribute: 'manager', ref: 'email' } }
  const boss = { email: 'boss@corp.example', lastName: 'Boss' }

  it('resolves within the organization, at once and later', async () => {
    app = await organized({ schema, fields })
    await app.jit.login('globex', ann(boss, { subject: 'boss' }))
    const waiting = await app.signIn(ann({ manager: boss.email }), 'acme')
    expect(waiting.notices.map(({ code }) => code)).toContain('reference_pending')
    await app.signIn(ann({ manager: boss.email }), 'globex')
    await app.jit.login('acme', ann(boss, { subject: 'boss' }))
    await app.quiet()
    const [globexBoss, acmeAnn, globexAnn, acmeBoss] = (await users()) as (Stored & { managerId?: unknown })[]
    expect(String(globexAnn!.managerId)).toBe(String(globexBoss!._id))
    expect(String(acmeAnn!.managerId)).toBe(String(acmeBoss!._id))
  })
})

describe('50 simultaneous sign-ins in two organizations', () => {
  it.each([1, 2])('create the right users (%s processes)', async (processes) => {
    app = await organized()
    const other = await mongoose.createConnection(app.mongo.uri).asPromise()
    const userModel = other.model('User', app.User.schema)
    const second = createJit({ userModel, baseUrl: 'https://app.example/sso', sources: [acme, globex] })
    const jits = [app.jit, second as unknown as Company['jit']].slice(0, processes)
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) => {
        const person = Math.floor(i / 10)
        const assertion = ann({ email: `p${person}@corp.example` }, { subject: `p${person}` })
        return jits[Math.floor(i / 2) % processes]!.login(i % 2 ? 'acme' : 'globex', assertion)
      }),
    )
    await other.close()
    for (const [i, { user, organization }] of results.entries()) {
      expect([organization, user.get('organizationId')]).toEqual(
        i % 2 ? ['acme', 'acme'] : ['globex', 'globex'],
      )
    }
    expect(await app.User.countDocuments()).toBe(10)
    expect(await app.User.countDocuments({ 'identities.1': { $exists: true } })).toBe(0)
  })
})

describe('a sign-in among many organizations', () => {
  it('uses an index, and reads no other organization’s user', async () => {
    app = await organized()
    const date = new Date()
    await app.User.collection.insertMany(
      Array.from({ length: 2_000 }, (_, i) => ({
        email: `user${i % 4}@corp.example`,
        organizationId: `org${i >> 2}`,
        identities: [
          {
            source: `s${i >> 2}`,
            issuer: 'https://idp.example',
            subject: `p${i}`,
            linkedAt: date,
            lastLoginAt: date,
          },
        ],
      })),
    )
    const { devMongo } = app.mongo
    const seen: CommandInfo[] = []
    devMongo?.on('command', (info) => void (info.collection === 'users' && seen.push(info)))
    await app.jit.login('acme', ann({ email: 'user1@corp.example' }))
    await app.jit.login('acme', ann({ email: 'user1@corp.example', title: 'CTO' }))
    await app.jit.login('acme', ann({ email: 'user1@corp.example' }, { subject: 'again' }))
    expect(seen.filter(({ plan }) => plan === 'COLLSCAN')).toEqual([])
    expect(Math.max(0, ...seen.map(({ docsExamined }) => docsExamined))).toBeLessThan(5)
    expect(devMongo === undefined || seen.length >= 6).toBe(true)
  })
})

const sourcesOf = (...configs: SourceConfig[]): SourceConfig[] => configs

describe('a source in code', () => {
  it('isn’t listed for another organization', async () => {
    app = await organized({ sources: sourcesOf(acme, globex, staff) })
    const ids = (filter?: object): string[] => app.jit.sources(filter).map(({ id }) => id)
    expect(ids()).toEqual(['acme', 'globex', 'staff'])
    expect(ids({ organization: 'acme' })).toEqual(['acme'])
    expect(ids({ organization: undefined })).toEqual(['staff'])
    expect(await codeOf(app.jit.login('acme', ann()))).toBe('resolved')
  })
})

describe('ready()', () => {
  const plainUser = { ...one, email: { type: String, unique: true } }
  const problemsOf = async (jit: Pick<Company['jit'], 'ready'>): Promise<string[] | undefined> =>
    jit.ready().then(
      () => [],
      ({ details }: JitError) => details.problems,
    )
  const jitWith = (sources: SourceConfig[]): Company['jit'] =>
    createJit({ userModel: app.User, baseUrl: 'https://app.example/sso', sources }) as Company['jit']

  it('names a unique index that forbids the same email at two customers, and the command that drops it', async () => {
    app = await organized()
    await app.User.collection.createIndex({ email: 1 }, { name: 'jit_unique_email', unique: true })
    expect(await problemsOf(app.jit)).toEqual([
      "indexes: jit_unique_email forbids the same email in two organizations; drop it with db.getCollection('users')" +
        ".dropIndex('jit_unique_email'), and declare no unique index on email in the schema",
    ])
    await app.User.collection.dropIndex('jit_unique_email')
    expect(await problemsOf(app.jit)).toEqual([])
  })

  it('names it even if the schema declares it', async () => {
    app = await organized()
    const connection = await mongoose.createConnection(app.mongo.uri).asPromise()
    const schema = new Schema(plainUser).plugin(jitUser, {
      organization: 'organizationId',
      fields: companyFields,
    })
    const userModel = connection.model('User', schema)
    const jit = createJit({ userModel, baseUrl: 'https://app.example/sso', sources: [acme] })
    expect(await problemsOf(jit)).toEqual([expect.stringContaining('email_1 forbids')])
    await connection.close()
  })

  it('names missing indexes that include the organization', async () => {
    app = await organized()
    await app.User.collection.dropIndexes()
    app.User.schema.set('autoIndex', false)
    const problems = await problemsOf(app.jit)
    expect(problems).toContainEqual(
      expect.stringContaining('no unique index on email, organizationId; create'),
    )
    expect(problems).toContainEqual(
      expect.stringContaining('no case-blind index on email, organizationId; create'),
    )
  })

  it('reports two users of an organization with the same email', async () => {
    app = await organized()
    await app.User.collection.dropIndexes()
    const twice = { email: 'ann@corp.example', organizationId: 'acme' }
    await app.User.collection.insertMany([{ ...twice }, { ...twice }])
    expect((await problemsOf(app.jit))?.[0]).toBe(
      'indexes: two users have the same email; a login identifier must belong to one user only in an organization (organizationId)',
    )
  })

  it.each([
    ['to another organization', globex, { ...globex, id: 'acme' }],
    ['to no organization', acme, { ...staff, id: 'acme' }],
  ])('reports a source in code that was moved %s', async (_, _before, after) => {
    app = await organized()
    await app.jit.login('acme', ann())
    expect(await problemsOf(jitWith([after]))).toEqual([
      "source 'acme': organization: its linked users belong to another organization; set it back, or move these users " +
        '(organizationId) first',
    ])
    await app.jit.login('acme', ann({ email: 'bo@corp.example' }, { subject: 'bo' }))
    await app.User.updateOne({ email: 'bo@corp.example' }, { organizationId: 'globex' })
    expect(await problemsOf(app.jit)).toEqual([])
  })
})
