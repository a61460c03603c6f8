import { type HydratedDocument, Schema, Types } from 'mongoose'
import { createJit, type DecideContext, type Decision, JitError } from '../../src'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

/** The app's own rule: asked between plan and writing. */

let app: Company
afterEach(() => app.close())

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what an app in JavaScript may write
type Context = DecideContext<any, Record<string, any>>
type Rule = (context: Context) => unknown
type UserDocument = HydratedDocument<Record<string, unknown>>

let asked: { user: unknown; context: Context }[] = []
beforeEach(() => (asked = []))

const schema = {
  ...companySchema,
  role: { type: String, enum: ['member', 'admin'] },
  slug: { type: String, unique: true, sparse: true },
  code: { type: String, set: (value: unknown) => (typeof value === 'string' ? value.toUpperCase() : value) },
  team: { type: Schema.Types.ObjectId },
  born: { type: String, immutable: true },
  pin: { type: String, select: false },
  plan: { type: String, default: 'free' },
  address: new Schema({ city: String }, { _id: false }),
  log: [new Schema({ text: String }, { _id: false })],
}

async function start(rule: Rule, setup: Parameters<typeof company>[0] = {}): Promise<void> {
  const decide = (context: Context): Decision => {
    const { user } = context
    asked.push({ context, user: user?.toObject() })
    return rule(context) as Decision
  }
  app = await company({ schema, ...setup, options: { ...setup.options, decide } })
}

/** The error of a sign-in, which is that of its preview too. Nothing was written. */
async function fault(assertion = ann()): Promise<JitError> {
  const before = await app.User.find().lean()
  const errors = await Promise.all(
    [app.jit.preview('okta', assertion), app.jit.login('okta', assertion)].map((attempt) =>
      attempt.then(
        () => Promise.reject(new Error('no error')),
        (error: JitError) => error,
      ),
    ),
  )
  expect(await app.User.find().lean()).toEqual(before)
  expect(errors[0]!.message).toBe(errors[1]!.message)
  expect(errors[1]).toMatchObject({
    code: 'invalid_configuration',
    status: 500,
    refused: false,
    source: 'okta',
  })
  return errors[1]!
}

describe('decide', () => {
  it('receives the assertion’s values, the user, and the planned changes', async () => {
    await start(() => undefined)
    await app.signIn(ann({ skills: ['Go'], desk: '7', lucky: 'x', department: '', team: 'blue' }))
    const [preview, login] = asked.map(({ context }) => context)
    expect(asked).toHaveLength(2)
    expect(preview).toEqual(login)
    expect(login).toMatchObject({ user: null, outcome: 'provisioned', source: { id: 'okta', label: 'okta' } })
    expect(login!.attributes).toMatchObject({ desk: '7', team: 'blue' })
    expect(login!.received).toEqual({
      email: 'ann@corp.example',
      firstName: 'Ann',
      lastName: 'Lee',
      title: 'Engineer',
      'custom.skills': ['Go'],
      'custom.desk': 7,
    })
    expect(login!.changes).toContainEqual({ path: 'custom.desk', label: 'Desk', from: undefined, to: 7 })
    await app.signIn(ann({ title: 'CTO' }))
    expect(asked.at(-1)).toMatchObject({
      context: { outcome: 'synced', changes: [{ path: 'title', from: 'Engineer', to: 'CTO' }] },
      user: { title: 'Engineer' },
    })
  })

  it('is called once, even if a value is refused and the sign-in is planned again', async () => {
    await start(() => ({ set: { role: 'member' } }))
    await app.User.create({ email: 'bo@corp.example', slug: 'bo' })
    await app.jit.login('okta', ann({ level: 'emperor' }))
    expect(asked).toHaveLength(1)
    await app.jit.login('okta', ann({ email: 'BO@corp.example', title: 'CTO', level: 'queen' }))
    expect(asked).toHaveLength(2)
    await app.jit.preview('okta', ann({ email: 'BO@corp.example', title: 'CEO', level: 'queen' }))
    expect(asked).toHaveLength(3)
  })

  it('is called once, even if a unique index refuses a received value', async () => {
    await start(() => ({}), { fields: { ...companyFields, slug: { label: 'Slug' } } })
    await app.User.create({ email: 'bo@corp.example', slug: 'bo' })
    const { notices } = await app.jit.login('okta', ann({ slug: 'bo' }))
    expect(notices).toContainEqual(expect.objectContaining({ code: 'conflict', path: 'slug' }))
    expect(asked).toHaveLength(1)
  })

  it('isn’t called if the library’s own rules refuse the sign-in', async () => {
    await start(() => undefined, { sources: [source({ provisioning: false })] })
    expect((await app.refusal(ann())).code).toBe('provisioning_disabled')
    await app.User.create({ email: 'ann@corp.example', active: false })
    expect((await app.refusal(ann())).code).toBe('user_inactive')
    await app.User.updateOne({}, { active: true })
    expect((await app.refusal(ann())).code).toBe('linking_refused')
    expect(asked).toEqual([])
  })

  it('can’t change what is written by changing its arguments', async () => {
    await start(({ received, changes }) => {
      ;(received['custom.skills'] as string[]).reverse()
      received['title'] = 'Boss'
      changes.splice(0)
    })
    const { user, changes } = await app.signIn(ann({ skills: ['a', 'b'] }))
    expect(user.toObject()).toMatchObject({ title: 'Engineer', custom: { skills: ['a', 'b'] } })
    expect(changes.find(({ path }) => path === 'custom.skills')?.to).toEqual(['a', 'b'])
  })

  it('adds no database command for a returning person if its values are already stored', async () => {
    await start(() => ({ set: { role: 'member', team: new Types.ObjectId('65a000000000000000000001') } }))
    await app.jit.login('okta', ann())
    app.commands()
    expect((await app.jit.login('okta', ann())).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find'])
  })

  it('delays no other sign-in while it hangs', async () => {
    let goOn: (answer: object) => void = () => {}
    const hanging = new Promise<object>((resolve) => (goOn = resolve))
    await start(({ received }) => (received['email'] === 'ann@corp.example' ? hanging : {}))
    const held = app.jit.login('okta', ann())
    const other = ann({ email: 'bo@corp.example' }, { subject: 'bo-1' })
    expect((await app.jit.login('okta', other)).outcome).toBe('provisioned')
    goOn({})
    expect((await held).outcome).toBe('provisioned')
  })

  it('is called again if another process wrote the user first', async () => {
    let first = true
    await start(async ({ user }) => {
      if (!first) return { set: { slug: 'ann' } }
      first = false
      expect(user).toBeNull()
      await app.User.collection.insertOne({
        email: 'ann@corp.example',
        identities: [
          {
            ...{ source: 'okta', issuer: 'https://idp.example', subject: 'ann-1' },
            linkedAt: new Date(),
            lastLoginAt: new Date(),
          },
        ],
      })
      return { set: { slug: 'ann' } }
    })
    expect((await app.jit.login('okta', ann())).outcome).toBe('synced')
    expect(asked.map(({ user }) => user === undefined)).toEqual([true, false])
    expect(await app.User.countDocuments()).toBe(1)
  })

  it('creates one user from two simultaneous first sign-ins, even if it sets a unique value', async () => {
    await start(() => ({ set: { slug: 'ann' } }))
    const others = [0, 1, 2].map(() =>
      createJit({
        userModel: app.User,
        baseUrl: 'https://app.example/sso',
        sources: [source()],
        decide: () => ({ set: { slug: 'ann' } }),
      }),
    )
    const results = await Promise.all([app.jit, ...others].map((jit) => jit.login('okta', ann())))
    expect(results.filter(({ outcome }) => outcome === 'provisioned')).toHaveLength(1)
    expect(await app.User.countDocuments()).toBe(1)
  })
})

describe('refuse', () => {
  it('refuses with the app’s text, and writes nothing', async () => {
    await start(() => ({ refuse: 'Ask your administrator for access to Example.' }))
    const error = await app.refusal(ann())
    expect(error).toMatchObject({
      code: 'app_refused',
      status: 403,
      message: 'Ask your administrator for access to Example.',
      source: 'okta',
      refused: true,
    })
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('refuses with the JitError that it throws', async () => {
    const thrown = new JitError('domain_refused', 'Not from here.', { source: 'elsewhere', status: 418 })
    await start(() => Promise.reject(thrown))
    const error = await app.refusal(ann())
    expect(error).toBe(thrown)
  })

  it('adds the source to a thrown JitError without one', async () => {
    await start(() => {
      throw new JitError('app_refused', 'No seat left.', { details: { paths: ['title'] } })
    })
    expect(await app.refusal(ann())).toMatchObject({
      ...{ code: 'app_refused', message: 'No seat left.', status: 403, source: 'okta' },
      details: { paths: ['title'] },
    })
  })

  it('emits an event', async () => {
    await start(() => ({ refuse: 'No.' }))
    const told: JitError[] = []
    app.jit.on('refused', (error) => void told.push(error))
    await expect(app.jit.login('okta', ann())).rejects.toThrow('No.')
    expect(told.map(({ code, message }) => [code, message])).toEqual([['app_refused', 'No.']])
  })
})

describe('set', () => {
  it('writes its values with a new user in one insert, and lists them in the changes', async () => {
    await start(() => ({ set: { role: 'member', code: 'ab', 'address.city': 'Rome', title: 'Boss' } }))
    app.commands()
    const { changes, user, outcome } = await app.jit.login('okta', ann())
    expect(app.commands()).toEqual(['find', 'find', 'insert'])
    expect(outcome).toBe('provisioned')
    expect(changes).toEqual(
      expect.arrayContaining([
        { path: 'role', label: 'role', from: undefined, to: 'member' },
        { path: 'code', label: 'code', from: undefined, to: 'AB' },
        { path: 'title', label: 'Title', from: undefined, to: 'Boss' },
      ]),
    )
    expect(changes.filter(({ path }) => path === 'title')).toHaveLength(1)
    expect(user.toObject()).toMatchObject({
      role: 'member',
      code: 'AB',
      address: { city: 'Rome' },
      title: 'Boss',
    })
  })

  it('does what its preview says, even for whole subdocuments and lists', async () => {
    const set = { address: { city: 'Rome' }, log: [{ text: 'a' }], 'custom.skills': ['Go'] }
    await start(() => ({ set }))
    expect((await app.signIn(ann())).outcome).toBe('provisioned')
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
    expect(await app.User.findOne().lean()).toMatchObject({
      address: { city: 'Rome' },
      log: [{ text: 'a' }],
      custom: { skills: ['Go'] },
    })
  })

  it('writes values that differ, even with syncing off', async () => {
    await start(() => ({ set: { role: 'admin' } }), { sources: [source({ syncing: false })] })
    await app.signIn(ann())
    await app.User.updateOne({}, { role: 'member' })
    const { outcome, changes } = await app.signIn(ann({ title: 'CTO' }))
    expect([outcome, changes]).toEqual([
      'synced',
      [{ path: 'role', label: 'role', from: 'member', to: 'admin' }],
    ])
    expect((await app.signIn(ann({ title: 'CTO' }))).outcome).toBe('unchanged')
  })

  it('overrides a received value, even if that value conflicts or is invalid', async () => {
    await start(() => ({ set: { title: 'Boss', 'custom.level': 'junior' } }))
    await app.signIn(ann())
    const { outcome, notices } = await app.signIn(ann({ title: 'CTO', level: 'emperor' }))
    expect([outcome, notices.filter(({ path }) => path === 'custom.level' || path === 'title')]).toEqual([
      'unchanged',
      [],
    ])
  })

  it('overrides a received value of a nested path', async () => {
    await start(() => ({ set: { address: { city: 'Bern' } } }), {
      fields: { ...companyFields, 'address.city': { label: 'City', attribute: 'city' } },
    })
    const { changes, user } = await app.signIn(ann({ city: 'Basel' }))
    expect(changes.map(({ path }) => path)).not.toContain('address.city')
    expect(user.get('address.city')).toBe('Bern')
    expect((await app.signIn(ann({ city: 'Basel' }))).outcome).toBe('unchanged')
  })

  it('compares with the stored id, even if decide populates the path', async () => {
    await start(
      async ({ user }) => {
        await (user as UserDocument | null)?.populate('team')
        return { set: { team } }
      },
      { schema: { ...schema, team: { type: Schema.Types.ObjectId, ref: 'User' } } },
    )
    const team = (await app.User.create({ email: 'bo@corp.example' }))._id as Types.ObjectId
    await app.signIn(ann())
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
  })

  it('clears with undefined: unsets a path, empties a list, and stores null if the schema has a default', async () => {
    await start(({ user }) => ({
      set: user ? { title: undefined, 'custom.skills': undefined, plan: undefined } : {},
    }))
    await app.signIn(ann({ skills: ['Go'] }))
    const { changes } = await app.signIn(ann({ skills: ['Go'] }))
    expect(changes.map(({ path, to }) => [path, to])).toEqual([
      ['title', undefined],
      ['custom.skills', []],
      ['plan', null],
    ])
    expect((await app.signIn(ann({ skills: ['Go'] }))).outcome).toBe('unchanged')
    expect(await app.User.findOne().lean()).not.toHaveProperty('title')
  })

  it('fills a required field, and a path that the model requires', async () => {
    await start(() => ({ set: { lastName: 'Lee', tenant: 'acme' } }), {
      schema: { ...schema, tenant: { type: String, required: true } },
    })
    const { user, notices } = await app.signIn(ann({ lastName: undefined }))
    expect(user.toObject()).toMatchObject({ lastName: 'Lee', tenant: 'acme' })
    expect(notices.filter(({ path }) => path === 'lastName')).toEqual([])
  })

  it('refuses the sign-in if it clears a required field', async () => {
    await start(() => ({ set: { lastName: undefined } }))
    expect((await app.refusal(ann())).code).toBe('required_field_missing')
    await app.close()
    await start(() => ({}))
    expect((await app.refusal(ann({ lastName: '' }))).code).toBe('required_field_missing')
    expect(asked).not.toHaveLength(0)
  })

  it('normalizes an email like any other write', async () => {
    await start(() => ({ set: { email: ' Ann.Lee@Corp.example ' } }))
    expect((await app.signIn(ann())).user.get('email')).toBe('ann.lee@corp.example')
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
  })

  it('gives an email no more trust than the sign-in has', async () => {
    await start(() => ({ set: { email: 'boss@corp.example' } }))
    const { user } = await app.signIn(ann())
    expect(user.toObject().identities).toMatchObject([{ unvouchedEmail: true }])
    const other = ann({ email: 'boss@corp.example' }, { subject: 'boss-1', emailVerified: true })
    expect((await app.refusal(other)).code).toBe('linking_refused')
  })

  it('reads a path that the schema hides, to compare the value', async () => {
    await start(() => ({ set: { pin: '7' } }))
    await app.signIn(ann())
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
    expect(await app.User.findOne().select('+pin').lean()).toMatchObject({ pin: '7' })
  })

  it.each([
    ['_id', new Types.ObjectId()],
    ['__v', 7],
    ['identities', []],
    ['identities.0.subject', 'x'],
    ['jitReferences', {}],
    ['jitReferences.manager', {}],
    ['jitDirectory', 'x'],
    ['rol', 'x'],
    ['custom', { note: 'x' }],
    ['custom.skills.0', 'x'],
    ['log.0.text', 'x'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
    ['$set', 'x'],
    ['', 'x'],
    ['role', 'emperor'],
    ['team', 'not an id'],
    ['custom.startDate', 'not a date'],
  ])('fails for %s, which can’t be set, and writes nothing', async (path, value) => {
    const set = Object.defineProperty({}, path, { value, enumerable: true })
    await start(() => ({ set }))
    const { message } = await fault()
    expect(message).toContain(`'${path}'`)
    expect(await app.User.countDocuments()).toBe(0)
  })

  it('suggests the closest path', async () => {
    await start(() => ({ set: { rol: 'member' } }))
    expect((await fault()).message).toBe("set['rol']: the schema has no such path; did you mean 'role'?")
  })

  it('fails for a version key, a discriminator key, and the paths above and below them', async () => {
    const prepare = (made: Schema): void => {
      made.set('versionKey', 'meta.version')
      made.set('discriminatorKey', 'kind')
      made.add({ meta: { version: Number, note: String } })
    }
    let path = 'meta'
    await start(() => ({ set: { [path]: 'x' } }), { prepare })
    for (path of ['meta', 'meta.version', 'kind']) expect((await fault()).message).toContain(`set['${path}']`)
    path = 'meta.note'
    expect((await app.signIn(ann())).outcome).toBe('provisioned')
  })

  it('fails for a duplicate of a new or stored user, even in different letter case', async () => {
    let set: object = { slug: 'bo' }
    await start(() => ({ set }))
    await app.User.create({ email: 'bo@corp.example', slug: 'bo' })
    await app.User.collection.updateOne({}, { $set: { email: 'BO@corp.example' } })
    expect((await fault()).message).toContain("set['slug']")
    set = { email: 'bo@corp.example' }
    expect((await fault()).message).toContain("set['email']")
    set = {}
    await app.signIn(ann())
    set = { slug: 'bo' }
    expect((await fault()).message).toContain("set['slug']")
    set = { email: 'bo@corp.example' }
    expect((await fault()).message).toContain("set['email']")
  })

  it('fails if an immutable path of a stored user would change', async () => {
    let born = '1990'
    await start(() => ({ set: { born } }))
    await app.signIn(ann())
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
    born = '1991'
    expect((await fault()).message).toContain('immutable')
  })
})

describe('an invalid answer', () => {
  it.each<[string, unknown, string]>([
    ['a text', 'no', 'must return an object'],
    ['false', false, 'must return an object'],
    ['a list', [], 'must return an object'],
    ['an Error', new Error('No.'), 'must return an object'],
    ['a Map', new Map([['refuse', 'No.']]), 'must return an object'],
    ['an unknown property', { refused: 'No.' }, "unknown property 'refused'; did you mean 'refuse'?"],
    ['an empty refuse', { refuse: '' }, 'refuse'],
    ['a blank refuse', { refuse: ' ' }, 'refuse'],
    ['a refuse that isn’t text', { refuse: true }, 'refuse'],
    ['a set that isn’t an object', { set: ['role'] }, 'set'],
    ['a set that is a Map', { set: new Map([['role', 'member']]) }, 'set'],
    ['a reactivate that isn’t a boolean', { reactivate: 'yes' }, 'reactivate'],
  ])('fails: %s', async (_title, answer, message) => {
    await start(() => answer)
    expect((await fault()).message).toContain(message)
  })

  it.each([undefined, null, {}, { refuse: undefined, set: undefined, reactivate: undefined }])(
    'isn’t one that says nothing: %p',
    async (answer) => {
      await start(() => answer)
      expect((await app.signIn(ann())).outcome).toBe('provisioned')
    },
  )

  it('keeps a thrown error as the cause', async () => {
    const cause = new TypeError('groups of ann@corp.example')
    await start(() => {
      throw cause
    })
    const error = await fault()
    expect(error.cause).toBe(cause)
    expect(error.message).not.toContain('ann')
  })

  it('fails if it changes the user', async () => {
    await start(({ user }) => void user?.set('title', 'Boss'))
    await app.signIn(ann())
    expect((await fault(ann({ title: 'CTO' }))).message).toContain('changed the user (title)')
    expect((await app.User.findOne().lean()).title).toBe('Engineer')
  })

  it.each<[string, (user: UserDocument) => unknown]>([
    ['inside a Mixed value', (user) => (user.get('extra') as unknown[]).push('x')],
    ['inside a Date', (user) => (user.get('custom.startDate') as Date).setFullYear(1999)],
    ['and saves', (user) => user.set('role', 'admin').save()],
  ])('fails if it changes the user %s', async (_title, change) => {
    await start(async ({ user }) => void (user && (await change(user as UserDocument))), {
      schema: { ...schema, extra: {} },
    })
    await app.signIn(ann({ startDate: '2020-01-01' }))
    await app.User.updateOne({}, { extra: ['a'] })
    await expect(app.jit.login('okta', ann({ title: 'CTO' }))).rejects.toThrow('decide: changed the user')
    expect((await app.User.findOne().lean()).title).toBe('Engineer')
  })

  it('emits an error event, not a refusal', async () => {
    await start(() => ({ refuse: '' }))
    const told: string[] = []
    app.jit.on('refused', () => told.push('refused')).on('error', () => told.push('error'))
    await expect(app.jit.login('okta', ann())).rejects.toThrow('refuse')
    expect(told).toEqual(['error'])
  })
})

describe('reactivate', () => {
  it('lets an inactive user in, and set reactivates them', async () => {
    await start(() => ({ reactivate: true, set: { active: true } }))
    await app.jit.login('okta', ann())
    await app.User.updateOne({}, { active: false })
    const { outcome, changes } = await app.signIn(ann())
    expect([outcome, changes]).toEqual([
      'synced',
      [{ path: 'active', label: 'active', from: false, to: true }],
    ])
    expect((await app.User.findOne().lean()).active).toBe(true)
  })

  it('is the only answer that lifts user_inactive', async () => {
    await start(() => ({ set: { active: true } }), { sources: [source({ linking: 'trusted' })] })
    await app.User.create({ email: 'ann@corp.example', active: false })
    expect((await app.refusal(ann())).code).toBe('user_inactive')
    expect(asked).toHaveLength(2)
    expect(asked[0]!.context.outcome).toBe('linked')
  })

  it('lets the user in without changing them', async () => {
    await start(() => ({ reactivate: true }))
    await app.jit.login('okta', ann())
    await app.User.updateOne({}, { active: false })
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
    expect((await app.User.findOne().lean()).active).toBe(false)
  })

  it('lifts no other refusal', async () => {
    await start(() => ({ reactivate: true }))
    await app.User.create({ email: 'ann@corp.example', active: false })
    expect((await app.refusal(ann())).code).toBe('user_inactive')
    expect(asked).toEqual([])
  })
})

describe('set of a source', () => {
  const withSet = (set: Record<string, unknown>): Parameters<typeof company>[0] => ({
    sources: [source({ set })],
  })

  it('is cast by the schema and applied only when a user is created', async () => {
    app = await company({ schema, ...withSet({ role: 'member', team: '65a000000000000000000001' }) })
    const { user, changes } = await app.signIn(ann())
    expect(user.get('team')).toEqual(new Types.ObjectId('65a000000000000000000001'))
    expect(changes).toContainEqual({ path: 'role', label: 'role', from: undefined, to: 'member' })
    await app.User.updateOne({}, { role: 'admin' })
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
  })

  it('is in the plan that decide receives, and decide overrides it', async () => {
    await start(() => ({ set: { role: 'admin' } }), withSet({ role: 'member', title: 'New' }))
    const { user } = await app.signIn(ann())
    expect(asked[0]!.context.changes).toContainEqual(expect.objectContaining({ path: 'role', to: 'member' }))
    expect([user.get('role'), user.get('title')]).toEqual(['admin', 'New'])
  })

  it('fills a required field', async () => {
    app = await company({ schema, ...withSet({ lastName: 'Unknown' }) })
    expect((await app.signIn(ann({ lastName: undefined }))).user.get('lastName')).toBe('Unknown')
  })

  it('fails if the model refuses the value', async () => {
    app = await company({ schema, ...withSet({ role: 'emperor' }) })
    expect((await fault()).message).toBe("set['role']: is not an allowed value")
  })

  it.each<[string, unknown, string]>([
    ['rol', 'x', "set.rol: the schema has no such path; did you mean 'role'?"],
    ['_id', 'x', 'set._id: this path belongs to the database'],
    ['identities', [], 'set.identities: this path'],
    ['team', 'x', 'set.team: does not fit the type objectid'],
  ])('is reported by ready() if it can’t be applied: %s', async (path, value, message) => {
    app = await company({ schema })
    const jit = createJit({
      userModel: app.User,
      baseUrl: 'https://app.example/sso',
      sources: [source({ set: { [path]: value } })],
    })
    await expect(jit.ready()).rejects.toMatchObject({ code: 'invalid_configuration' })
    await expect(jit.ready()).rejects.toThrow(message)
  })
})
