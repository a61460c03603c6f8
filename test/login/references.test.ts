import { randomInt, randomUUID } from 'node:crypto'
import mongoose, { type Connection, Schema, type SchemaDefinition } from 'mongoose'
import { setTimeout as wait } from 'node:timers/promises'
import type { CommandInfo } from 'dev-mongo'
import { createJit, type Jit, jitUser, type JitUserOptions } from '../../src'
import { internalsOf } from '../helpers/internals'
import { until } from '../helpers/cluster'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

/** Fields that refer to another user: `manager` by email, `custom.mentor` by employee number. */

const { ObjectId } = Schema.Types

const schema: SchemaDefinition = {
  ...companySchema,
  username: String,
  manager: { type: ObjectId, ref: 'User' },
  custom: { ...(companySchema.custom as object), mentor: ObjectId },
}
const fields: JitUserOptions['fields'] = {
  ...companyFields,
  username: true,
  manager: { ref: 'email' },
  'custom.mentor': { label: 'Mentor', ref: 'employeeNumber' },
}
const sources = [source({ identifiers: ['email', 'employeeNumber'], linking: 'trusted' })]

let app: Company
const opened: { jit: Jit; connection: Connection }[] = []
const start = async (setup: Parameters<typeof company>[0] = {}): Promise<void> => {
  app = await company({ schema, fields, sources, ...setup })
}
afterEach(async () => {
  for (const { jit, connection } of opened.splice(0)) {
    await jit.close()
    await connection.close()
  }
  await app.close()
})

const max = (attributes: object = {}, subject = 'max-1'): ReturnType<typeof ann> =>
  ann({ email: 'max@corp.example', firstName: 'Max', lastName: 'Boss', ...attributes }, { subject })
const report = { manager: 'max@corp.example' }

type Stored = Record<string, unknown> & {
  _id: unknown
  manager?: unknown
  custom?: { mentor?: unknown }
  jitReferences?: { manager?: object; custom?: { mentor?: object } }
}
const byEmail = async (email: string): Promise<Stored> =>
  (await app.User.collection.findOne({ email })) as unknown as Stored
const storedAnn = (): Promise<Stored> => byEmail('ann@corp.example')
const storedMax = (): Promise<Stored> => byEmail('max@corp.example')

const codes = ({ notices }: { notices: { code: string; path?: string }[] }): string[] =>
  notices.filter(({ code }) => code !== 'attribute_missing').map(({ code, path }) => `${code} ${path}`)

/** Signs in, and waits for the background work. */
async function signIn(...args: Parameters<Company['signIn']>): ReturnType<Company['signIn']> {
  const result = await app.signIn(...args)
  await app.quiet()
  return result
}

/** A Jit over the same database, with these fields in its model. */
async function sameDatabase(others: JitUserOptions['fields']): Promise<Company['jit']> {
  const connection = await mongoose.createConnection(app.mongo.uri).asPromise()
  const userModel = connection.model('User', new Schema(schema).plugin(jitUser, { fields: others }))
  const jit = createJit({ userModel, baseUrl: 'https://app.example/sso', sources })
  await jit.ready()
  opened.push({ jit, connection })
  return jit as unknown as Company['jit']
}

async function expectFilled(): Promise<void> {
  expect((await storedAnn()).manager).toEqual((await storedMax())._id)
}

describe('a reference to an existing user', () => {
  it('becomes the user’s id, and is stored', async () => {
    await start()
    await app.User.create({ email: 'max@corp.example' })
    const result = await signIn(ann(report))
    const { _id: id } = await storedMax()
    expect(result.changes).toContainEqual({ path: 'manager', label: 'Manager', from: undefined, to: id })
    expect(await storedAnn()).toMatchObject({
      manager: id,
      jitReferences: { manager: { by: 'email', value: 'max@corp.example', user: id } },
    })
  })

  it('matches as linking does: in any letter case, without the other equivalences of a collation', async () => {
    await start()
    await app.User.collection.insertMany([
      { email: 'Max@Corp.example', employeeNumber: 'E1' },
      { email: 'strasse@corp.example', employeeNumber: 'E2' },
    ])
    await signIn(ann({ manager: '  MAX@corp.EXAMPLE ', mentor: 'E2' }))
    const [old, mentor] = await app.User.find({ employeeNumber: /^E/ }).sort({ employeeNumber: 1 }).lean()
    expect(await storedAnn()).toMatchObject({ manager: old._id, custom: { mentor: mentor._id } })
    expect(codes(await signIn(ann({ manager: 'straße@corp.example', mentor: 'e2' })))).toEqual([
      'reference_pending manager',
      'reference_pending custom.mentor',
    ])
    expect(await storedAnn()).toMatchObject({ manager: old._id, custom: { mentor: mentor._id } })
  })

  it('can be to an inactive user', async () => {
    await start()
    await app.User.create({ email: 'max@corp.example', active: false })
    expect((await signIn(ann(report))).changes.map(({ path }) => path)).toContain('manager')
  })

  it('applies the field’s transform first', async () => {
    const transform = (value: unknown): string => `${/CN=(\w+)/.exec(String(value))![1]}@corp.example`
    await start({ fields: { ...fields, manager: { ref: 'email', transform } } })
    await signIn(max())
    await signIn(ann({ manager: 'CN=Max,OU=Staff,DC=corp,DC=example' }))
    await expectFilled()
  })

  it.each([
    ['a control character', 'max\u0000@corp.example'],
    ['an object', { $gt: '' }],
    ['too long a value', `${'m'.repeat(17_000)}@corp.example`],
  ])('finds no user if it holds %s', async (_, manager) => {
    await start()
    await signIn(max())
    expect(codes(await signIn(ann({ manager })))).toEqual(['invalid_value manager'])
    expect((await storedAnn()).jitReferences).toBeUndefined()
  })

  it('uses the first of several values', async () => {
    await start()
    await signIn(max())
    const result = await signIn(ann({ manager: ['max@corp.example', 'bo@corp.example'] }))
    expect(codes(result)).toEqual(['multiple_values manager'])
    await expectFilled()
  })

  it('follows the directory to another user, and is removed when it is cleared', async () => {
    await start()
    await signIn(max())
    await signIn(max({ email: 'bo@corp.example' }, 'bo-1'))
    await signIn(ann(report))
    const bo = (await byEmail('bo@corp.example'))._id
    const moved = await signIn(ann({ manager: 'bo@corp.example' }))
    expect(moved.changes).toEqual([
      { path: 'manager', label: 'Manager', from: (await storedMax())._id, to: bo },
    ])
    const cleared = await signIn(ann({ manager: '' }))
    expect(cleared.changes).toMatchObject([{ path: 'manager', from: bo, to: undefined }])
    expect(await storedAnn()).not.toHaveProperty('manager')
    expect((await storedAnn()).jitReferences?.manager).toBeUndefined()
  })

  it('is kept while its attribute is absent', async () => {
    await start()
    await signIn(max())
    await signIn(ann(report))
    const before = await storedAnn()
    expect((await signIn(ann())).outcome).toBe('unchanged')
    expect(await storedAnn()).toEqual(before)
  })

  it('is written again if the app has changed it by hand', async () => {
    await start()
    await signIn(max())
    await signIn(ann(report))
    await app.User.updateOne({ email: 'ann@corp.example' }, { manager: (await storedAnn())._id })
    expect((await signIn(ann(report))).changes).toMatchObject([{ path: 'manager' }])
    await expectFilled()
  })

  it('is not written if the model’s validation refuses it, and the sign-in succeeds', async () => {
    await start({
      prepare: (made) =>
        made.path('manager').validate({
          validator: async (id: unknown) => (await app.User.findById(id).lean()).department === 'R&D',
        }),
    })
    await signIn(max({ department: 'Sales' }))
    const result = await signIn(ann({ ...report, title: 'CTO' }))
    expect([result.outcome, ...codes(result)]).toEqual(['provisioned', 'invalid_value manager'])
    expect(await storedAnn()).not.toHaveProperty('jitReferences')
    await signIn(max({ department: 'R&D' }))
    expect((await signIn(ann(report))).changes).toMatchObject([{ path: 'title' }, { path: 'manager' }])
  })

  it.each([
    ['a string', String, (): unknown => randomUUID()],
    ['a number', Number, (): unknown => randomInt(2 ** 40)],
    ['a UUID', Schema.Types.UUID, (): unknown => randomUUID()],
  ])('can use a number, and is %s if users have such ids', async (_, type, make) => {
    await start({
      schema: { ...companySchema, _id: { type, default: make }, employeeNumber: Number, deputy: type },
      fields: { ...companyFields, deputy: { ref: 'employeeNumber' } },
    })
    const annWith = (deputy: unknown): ReturnType<typeof ann> => ann({ employeeNumber: 8, deputy })
    await signIn(annWith('7'))
    await signIn(max({ employeeNumber: '7' }))
    expect((await storedAnn()).deputy).toEqual((await storedMax())._id)
    app.commands()
    expect((await app.jit.login('okta', annWith(' 7 '))).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find'])
    await signIn(annWith(8))
    expect((await storedAnn()).deputy).toEqual((await storedAnn())._id)
  })
})

describe('a reference to a user who does not exist yet', () => {
  it('leaves the field unset with a notice, and is filled when the user first signs in', async () => {
    await start()
    const result = await signIn(ann(report))
    expect(codes(result)).toEqual(['reference_pending manager'])
    expect(result.notices.find(({ code }) => code === 'reference_pending')).toMatchObject({
      attribute: 'manager',
      message: 'Manager is not set: “manager” names a user (by E-mail) who does not exist yet.',
    })
    expect(await storedAnn()).not.toHaveProperty('manager')
    await signIn(max())
    await expectFilled()
    expect((await storedAnn()).jitReferences?.manager).toEqual({
      by: 'email',
      value: 'max@corp.example',
      user: (await storedMax())._id,
    })
    app.commands()
    expect((await signIn(ann(report))).outcome).toBe('unchanged')
  })

  it('is filled when the user, who existed unnoticed, is linked', async () => {
    await start()
    await signIn(ann(report))
    await app.User.collection.insertOne({ email: 'Max@Corp.example' })
    expect((await signIn(max())).outcome).toBe('linked')
    await expectFilled()
  })

  it('is filled when a user’s identifier is synced to the referenced one', async () => {
    await start()
    await signIn(max({ email: 'm.boss@corp.example' }))
    await signIn(ann(report))
    await signIn(max())
    await expectFilled()
  })

  it('is filled at the person’s own next sign-in if the app has created the user', async () => {
    await start()
    await signIn(ann(report))
    await app.User.create({ email: 'max@corp.example' })
    expect((await signIn(ann(report))).changes).toMatchObject([{ path: 'manager' }])
    await expectFilled()
  })

  it('is filled if the source provisions but does not sync', async () => {
    await start({ sources: [source({ syncing: false })] })
    await signIn(ann(report))
    await signIn(max())
    await expectFilled()
    // Without the background work: at the person's next sign-in.
    await app.User.collection.updateOne(
      { email: 'ann@corp.example' },
      {
        $unset: { manager: 1, 'jitReferences.manager.user': 1 },
        $set: { 'jitReferences.manager.pending': true },
      },
    )
    await signIn(ann(report))
    await expectFilled()
  })

  it('keeps the previous user until then', async () => {
    await start()
    await signIn(max({ email: 'bo@corp.example' }, 'bo-1'))
    await signIn(ann({ manager: 'bo@corp.example' }))
    const bo = (await byEmail('bo@corp.example'))._id
    const result = await signIn(ann(report))
    expect([result.outcome, ...codes(result)]).toEqual(['unchanged', 'reference_pending manager'])
    expect((await storedAnn()).manager).toEqual(bo)
    await signIn(max())
    await expectFilled()
  })

  it('does not overwrite what the app has set by hand in the meantime', async () => {
    await start({ sources: [source({ syncing: false })] })
    await signIn(ann(report))
    const own = (await storedAnn())._id
    await app.User.updateOne({ email: 'ann@corp.example' }, { manager: own })
    await signIn(max())
    expect((await storedAnn()).jitReferences?.manager).toBeUndefined()
    expect((await storedAnn()).manager).toEqual(own)
  })

  it('is dropped when it is cleared', async () => {
    await start()
    await signIn(ann(report))
    expect((await signIn(ann({ manager: '' }))).outcome).toBe('unchanged')
    await signIn(max())
    await signIn(ann())
    expect(await storedAnn()).not.toHaveProperty('manager')
  })

  it('can be to the person themselves', async () => {
    await start()
    await signIn(max(report))
    expect((await storedMax()).manager).toEqual((await storedMax())._id)
    expect((await signIn(max(report))).outcome).toBe('unchanged')
  })

  it('stays pending if several users have the identifier, and a notice says so', async () => {
    await start()
    // Two users who differ in letter case, from before the app used this library.
    await app.User.collection.insertMany([{ email: 'Max@corp.example' }, { email: 'MAX@corp.example' }])
    const result = await signIn(ann(report))
    expect(codes(result)).toEqual(['reference_pending manager'])
    expect(result.notices.find(({ code }) => code === 'reference_pending')?.message).toBe(
      'Manager is not set: “manager” matches several users (by E-mail).',
    )
    await app.User.collection.deleteOne({ email: 'MAX@corp.example' })
    expect((await signIn(ann(report))).changes).toMatchObject([{ path: 'manager' }])
  })

  it('refuses a new person if the field is required, and gives the reason', async () => {
    await start({ fields: { ...fields, manager: { ref: 'email', required: true } } })
    expect(await app.refusal(ann(report))).toMatchObject({
      code: 'required_field_missing',
      message:
        'No user is created without Manager. “manager” names a user (by E-mail) who does not exist yet.',
      details: { expected: ['manager'], paths: ['manager'] },
    })
    await app.User.create({ email: 'max@corp.example' })
    await signIn(ann(report))
    expect(codes(await signIn(ann({ manager: '' })))).toEqual(['not_cleared manager'])
    expect((await storedAnn()).jitReferences?.manager).toBeDefined()
  })

  it('is not filled if the model’s validation refuses it, and is tried again later', async () => {
    const refused: unknown[] = []
    await start({
      prepare: (made) =>
        made.path('manager').validate({
          validator: async (id: unknown) => {
            const allowed = (await app.User.findById(id).lean()).department === 'R&D'
            if (!allowed) refused.push(id)
            return allowed
          },
        }),
    })
    await signIn(ann(report))
    await app.jit.login('okta', max({ department: 'Sales' }))
    await app.quiet()
    expect(refused).not.toEqual([])
    expect(await storedAnn()).not.toHaveProperty('manager')
    expect((await storedAnn()).jitReferences?.manager).toMatchObject({ pending: true })
    expect(codes(await signIn(ann(report)))).toEqual(['invalid_value manager'])
    await signIn(max({ department: 'R&D' }))
    expect((await signIn(ann(report))).changes).toMatchObject([{ path: 'manager' }])
  })

  it('is filled through the model’s save hooks', async () => {
    await start({
      prepare: (made) =>
        made.pre('save', function () {
          if (this.isModified('manager')) this.set('custom.note', 'has a manager')
        }),
    })
    await signIn(ann(report))
    await signIn(max())
    await expectFilled()
    expect((await storedAnn()).custom).toMatchObject({ note: 'has a manager' })
  })

  it('is filled for the other users if a hook of the model fails for one, which emits an error event', async () => {
    const errors: string[] = []
    await start({
      prepare: (made) =>
        made.pre('save', function () {
          if (!this.isNew && this.get('title') === 'Odd') throw new Error('an odd one')
        }),
    })
    app.jit.on('error', ({ message }) => void errors.push(message))
    for (const [i, title] of ['Odd', 'Even', 'Odd'].entries()) {
      await app.jit.login(
        'okta',
        ann({ email: `p${i}@corp.example`, title, ...report }, { subject: `p${i}` }),
      )
    }
    await app.jit.login('okta', max())
    await app.quiet()
    expect(errors).toEqual(['an odd one'])
    expect(await app.User.countDocuments({ manager: (await storedMax())._id })).toBe(1)
  })

  it('is filled for every field and every identifier at once', async () => {
    await start()
    await signIn(ann({ ...report, mentor: 'E1' }))
    await signIn(max({ employeeNumber: 'E1' }))
    const { _id: id } = await storedMax()
    expect(await storedAnn()).toMatchObject({ manager: id, custom: { mentor: id } })
  })
})

describe('an identifier that moves from one user to another', () => {
  it('makes the users who reference it look it up again, each at their next sign-in', async () => {
    await start()
    await signIn(max())
    await signIn(ann(report))
    await signIn(ann({ email: 'al@corp.example', ...report }, { subject: 'al-1' }))
    const before = (await storedMax())._id
    await signIn(max({ email: 'max.boss@corp.example' }))
    await signIn(max({ firstName: 'Maxine' }, 'maxine-1'))
    expect((await storedAnn()).jitReferences?.manager).toBeUndefined()
    expect((await storedAnn()).manager).toEqual(before)
    // Ann's directory means the new user. Al's has followed the old one to the new email.
    await signIn(ann(report))
    await signIn(ann({ email: 'al@corp.example', manager: 'max.boss@corp.example' }, { subject: 'al-1' }))
    expect((await storedAnn()).manager).toEqual((await storedMax())._id)
    expect((await byEmail('al@corp.example')).manager).toEqual(before)
  })

  it('does the same if the previous user was deleted', async () => {
    await start()
    await signIn(max())
    await signIn(ann(report))
    await app.User.deleteOne({ email: 'max@corp.example' })
    await signIn(max())
    expect((await storedAnn()).jitReferences?.manager).toBeUndefined()
    await signIn(ann(report))
    await expectFilled()
  })
})

describe('the stored reference', () => {
  it('is excluded from the app’s queries', async () => {
    await start()
    await signIn(ann(report))
    expect(JSON.stringify(await app.User.findOne())).not.toContain('jitReferences')
  })

  it('is looked up again if the app changes the reference’s identifier', async () => {
    await start({ fields: { ...fields, manager: { ref: 'username' } } })
    await app.User.create([{ username: 'e1' }, { employeeNumber: 'e1' }])
    await app.jit.login('okta', ann({ manager: 'e1' }))
    const other = await sameDatabase({ ...fields, manager: { ref: 'employeeNumber' } })
    await other.login('okta', ann({ manager: 'e1' }))
    expect((await storedAnn()).manager).toEqual((await app.User.findOne({ employeeNumber: 'e1' }))._id)
  })
})

describe('a test sign-in', () => {
  it('shows the user that a reference finds, and writes nothing', async () => {
    await start()
    await signIn(max())
    const explain = async (manager: string): Promise<unknown> => {
      const { fields: explained } = await internalsOf(app.jit).explain('okta', ann({ manager }))
      return explained.find(({ path }) => path === 'manager')
    }
    expect(await explain('MAX@corp.example')).toMatchObject({
      received: 'MAX@corp.example',
      became: { state: 'user', id: String((await storedMax())._id), label: 'Max Boss' },
      change: { to: (await storedMax())._id },
    })
    expect(await explain('nobody@corp.example')).toMatchObject({
      became: { state: 'pending' },
      notices: [expect.stringContaining('does not exist yet')],
    })
    expect(await app.User.countDocuments()).toBe(1)
  })
})

describe('database commands of a sign-in with references', () => {
  const costs = async (assertion: ReturnType<typeof ann>): Promise<string[]> => {
    await app.quiet()
    app.commands()
    await app.jit.login('okta', assertion)
    await app.quiet()
    return app.commands()
  }
  const one = ['find']

  it('are one for a returning person without changes', async () => {
    await start()
    await signIn(max({ employeeNumber: 'E1' }))
    await signIn(ann({ ...report, mentor: 'E1' }))
    expect(await costs(ann({ ...report, mentor: 'E1' }))).toEqual(one)
    expect(await costs(ann({ manager: ' MAX@corp.example', mentor: 'E1' }))).toEqual(one)
  })

  it('increase by one for all references to look up, and by one for references to the person', async () => {
    await start()
    const look = ['find']
    const whoRefersToMe = ['find']
    const identity = ['find']
    const identifiers = ['find']
    expect(await costs(max({ employeeNumber: 'E1' }))).toEqual([
      ...identity,
      ...identifiers,
      'insert',
      ...whoRefersToMe,
    ])
    const first = ann({ ...report, mentor: 'E1' })
    expect(await costs(first)).toEqual([...identity, ...identifiers, ...look, 'insert', ...whoRefersToMe])
    const changed = ann({ ...report, mentor: 'E1', title: 'CTO' })
    expect(await costs(changed)).toEqual([...identity, 'update'])
    const moved = ann({ manager: 'ann@corp.example', mentor: 'E1', title: 'CTO' })
    expect(await costs(moved)).toEqual([...identity, ...look, 'update'])
  })

  it('are two while a reference is pending, and three more when it is first stored', async () => {
    await start()
    await signIn(ann())
    expect(await costs(ann(report))).toEqual(['find', 'find', 'update', 'find', 'find'])
    expect(await costs(ann(report))).toEqual(['find', 'find'])
  })

  it('are unchanged for a model without references', async () => {
    app = await company({ sources })
    expect(await costs(max())).toEqual(['find', 'find', 'insert'])
  })
})

describe('many references to one user', () => {
  const many = 300

  beforeEach(async () => {
    await start()
    await app.User.collection.insertMany(
      Array.from({ length: many }, (_, i) => ({
        email: `report${i}@corp.example`,
        jitReferences: { manager: { by: 'email', value: 'max@corp.example', pending: true } },
        identities: [identity(`report-${i}`)],
      })),
    )
    // And as many who refer to another user.
    await app.User.collection.insertMany(
      Array.from({ length: many }, (_, i) => ({
        email: `other${i}@corp.example`,
        jitReferences: { manager: { by: 'email', value: `boss${i}@corp.example`, pending: true } },
      })),
    )
  })

  const identity = (subject: string): object => ({
    source: 'okta',
    issuer: 'https://idp.example',
    subject,
    linkedAt: new Date(),
    lastLoginAt: new Date(),
  })
  const countFilled = async (): Promise<number> =>
    app.User.collection.countDocuments({ manager: (await storedMax())._id })

  it('do not delay that user’s first sign-in, and are all filled without a scan', async () => {
    const { devMongo } = app.mongo
    const seen: CommandInfo[] = []
    devMongo?.on('command', (info) => void (info.collection === 'users' && seen.push(info)))
    await app.jit.login('okta', max())
    expect(await countFilled()).toBeLessThan(many)
    await app.quiet()
    expect(await countFilled()).toBe(many)
    expect(seen.filter(({ plan, name }) => plan === 'COLLSCAN' && name !== 'aggregate')).toEqual([])
  })

  it('stay pending if the process ends first, and are filled as each person signs in again', async () => {
    await app.jit.login('okta', max())
    await app.jit.close()
    const filled = await countFilled()
    expect(filled).toBeLessThan(many)
    const pending = await app.User.collection.findOne({
      'jitReferences.manager.value': 'max@corp.example',
      manager: null,
    })
    const { email, identities } = pending as unknown as { email: string; identities: { subject: string }[] }
    const other = await sameDatabase(fields)
    await other.login('okta', ann({ email, ...report }, { subject: identities[0]!.subject }))
    expect(await countFilled()).toBe(filled + 1)
  })
})

describe('a reference written while its user is created', () => {
  /**
   * Makes Ann's first save that satisfies `isMeant` wait. `reached` resolves when it waits, and `open` lets it
   * continue.
   */
  async function startWithGate(
    isMeant: (isNew: boolean) => boolean,
  ): Promise<{ reached: () => Promise<number>; open: () => void }> {
    let open = (): void => undefined
    let waiting = 0
    const gate = new Promise<void>((resolve) => (open = resolve))
    await start({
      prepare: (made) =>
        made.pre('save', async function () {
          if (this.get('email') !== 'ann@corp.example' || !isMeant(this.isNew) || waiting > 0) return
          waiting++
          await gate
        }),
    })
    return { reached: () => until(() => waiting > 0), open }
  }

  it('is filled if the user is created between the look-up and the write', async () => {
    const { reached, open } = await startWithGate((isNew) => isNew)
    const annSignsIn = app.jit.login('okta', ann(report))
    await reached()
    await app.jit.login('okta', max())
    await app.quiet()
    open()
    expect((await annSignsIn).user.get('manager')).toBeUndefined()
    await app.quiet()
    await expectFilled()
  })

  it('does not overwrite what the person’s directory sent a moment before', async () => {
    const { reached, open } = await startWithGate((isNew) => !isNew)
    await signIn(max({ email: 'bo@corp.example' }, 'bo-1'))
    const bo = (await byEmail('bo@corp.example'))._id
    // A transient subject has no identity whose lastLoginAt could show it.
    await signIn(ann(report, { subject: null }))
    await app.jit.login('okta', max())
    await reached()
    await app.jit.login('okta', ann({ manager: 'bo@corp.example' }, { subject: null }))
    open()
    await app.quiet()
    expect(await storedAnn()).toMatchObject({ manager: bo, jitReferences: { manager: { user: bo } } })
  })

  it('does not overwrite what the app set a moment before', async () => {
    const { reached, open } = await startWithGate((isNew) => !isNew)
    await signIn(ann(report))
    await app.jit.login('okta', max())
    await reached()
    const own = (await storedAnn())._id
    await app.User.updateOne({ email: 'ann@corp.example' }, { manager: own })
    open()
    await app.quiet()
    expect((await storedAnn()).manager).toEqual(own)
  })

  it.each([
    ['in one process', false],
    ['in two processes', true],
  ])('is filled in either order (%s)', async (_, twoProcesses) => {
    const pause = (): Promise<void> => wait(Math.random() * 15)
    await start({ prepare: (made) => made.pre('save', pause) })
    const other = twoProcesses ? await sameDatabase(fields) : app.jit
    const rounds = Array.from({ length: 60 }, (_one, i) => `boss${i}@corp.example`)
    for (const [i, email] of rounds.entries()) {
      const mine = ann({ email: `p${i}@corp.example`, manager: email }, { subject: `p${i}` })
      const theirs = max({ email }, `boss${i}`)
      await Promise.all([
        pause().then(() => (i % 2 ? other : app.jit).login('okta', mine)),
        pause().then(() => (i % 2 ? app.jit : other).login('okta', theirs)),
      ])
    }
    const unfilled = { email: /^p/, manager: null }
    for (let i = 0; i < 100 && (await app.User.collection.countDocuments(unfilled)) > 0; i++) await wait(30)
    expect(await app.User.collection.find(unfilled).toArray()).toEqual([])
    for (const [i, email] of rounds.entries()) {
      expect((await byEmail(`p${i}@corp.example`)).manager).toEqual((await byEmail(email))._id)
    }
  })
})
