import mongoose, { Schema } from 'mongoose'
import { createJit, jitUser } from '../../src'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

/** A sign-in runs the app's hooks, validators, setters and defaults like any other write. */

let app: Company
afterEach(() => app.close())

describe('the app’s model', () => {
  it('runs its save and validate hooks once per write, and not for an unchanged sign-in', async () => {
    const ran: string[] = []
    app = await company({
      schema: { ...companySchema, searchName: String },
      prepare: (schema) => {
        schema.pre('validate', () => void ran.push('validate'))
        schema.pre('save', function () {
          ran.push(
            this.isNew
              ? 'create'
              : `update ${this.modifiedPaths()
                  .filter((path) => !path.startsWith('identities'))
                  .join()}`,
          )
          this.set('searchName', `${this.get('firstName')} ${this.get('lastName')}`.toLowerCase())
        })
      },
    })
    await app.jit.login('okta', ann())
    expect(ran.splice(0)).toEqual(['validate', 'create'])
    await app.jit.login('okta', ann({ firstName: 'Anna' }))
    expect(ran.splice(0)).toEqual(['validate', 'update firstName'])
    await app.jit.login('okta', ann({ firstName: 'Anna' }))
    expect(ran).toEqual([])
    expect((await app.User.findOne().lean()).searchName).toBe('anna lee')
  })

  it('passes an error of its hooks to the caller, and writes nothing', async () => {
    app = await company({
      prepare: (schema) =>
        schema.pre('save', function () {
          if (this.get('title') === 'Boss') throw new Error('no bosses')
        }),
    })
    await app.jit.login('okta', ann())
    await expect(app.jit.login('okta', ann({ title: 'Boss' }))).rejects.toThrow('no bosses')
    expect((await app.User.findOne().lean()).title).toBe('Engineer')
  })

  it('validates with asynchronous validators and validators that read the whole document', async () => {
    app = await company({
      prepare: (schema) => {
        schema
          .path('title')
          .validate({ validator: async (title: string) => Promise.resolve(title !== 'Boss') })
        schema.path('custom.desk').validate({
          validator(this: { get(path: string): unknown }, desk: number) {
            return this.get('custom.level') !== 'junior' || desk < 10
          },
        })
      },
    })
    await app.signIn(ann({ level: 'junior', desk: 1 }))
    const result = await app.signIn(ann({ level: 'junior', desk: 11, title: 'Boss' }))
    expect(result).toMatchObject({ outcome: 'unchanged', changes: [] })
    expect(
      (await app.signIn(ann({ level: 'senior', desk: 11, title: 'Boss' }))).changes.map(({ path }) => path),
    ).toEqual(['custom.level', 'custom.desk'])
  })

  it('runs its setters on stored and compared values', async () => {
    app = await company({
      prepare: (schema) => {
        schema.path('title').set((title: string) => title?.toUpperCase())
        schema.path('department').set(function (
          this: { set(path: string, value: string): void },
          value: string,
        ) {
          this.set('custom.note', `from ${value}`)
          return value
        })
      },
    })
    const result = await app.signIn(ann({ department: 'R&D' }))
    expect(result.user.get('title')).toBe('ENGINEER')
    expect(result.user.get('custom.note')).toBe('from R&D')
    expect((await app.signIn(ann({ department: 'R&D' }))).outcome).toBe('unchanged')
  })

  it('syncs fields that queries exclude by default', async () => {
    app = await company({
      schema: {
        ...companySchema,
        title: { type: String, select: false },
        hidden: { type: Number, default: 0, select: false },
      },
    })
    await app.signIn(ann())
    await app.User.updateOne({}, { hidden: 5 })
    expect((await app.signIn(ann())).outcome).toBe('unchanged')
    expect((await app.signIn(ann({ title: 'CTO' }))).changes).toMatchObject([{ from: 'Engineer', to: 'CTO' }])
    expect(await app.User.findOne().select('+hidden').lean()).toMatchObject({ hidden: 5 })
  })

  it('can have a field that is written at provisioning and never synced', async () => {
    app = await company({ schema: { ...companySchema, title: { type: String, immutable: true } } })
    await app.signIn(ann())
    expect(await app.signIn(ann({ title: 'CTO' }))).toMatchObject({ outcome: 'unchanged' })
    expect(app.jit.source('okta').fieldMapping.find(({ path }) => path === 'title')).toMatchObject({
      provision: true,
      sync: false,
    })
  })

  it('can require a path that no attribute fills: no user is created, and the path is named', async () => {
    app = await company({ schema: { ...companySchema, plan: { type: String, required: true } } })
    await expect(app.jit.login('okta', ann())).rejects.toMatchObject({
      code: 'required_field_missing',
      source: 'okta',
      details: { paths: ['plan'] },
    })
  })

  it('can require a path conditionally, and fill one by default', async () => {
    app = await company({
      schema: {
        ...companySchema,
        title: {
          type: String,
          required: [
            function (this: { get(path: string): unknown }) {
              return this.get('custom.level') === 'senior'
            },
            'needed',
          ],
        },
        department: { type: String, required: true, default: 'Everything' },
      },
    })
    const result = await app.signIn(ann({ title: undefined }))
    expect(result.user.get('department')).toBe('Everything')
    expect((await app.signIn(ann({ title: undefined, department: '' }))).notices).toContainEqual(
      expect.objectContaining({ code: 'not_cleared', path: 'department' }),
    )
  })

  it('can require a mapped path that is missing or invalid: no user is created, and the name is reported', async () => {
    app = await company({
      schema: {
        ...companySchema,
        title: { type: String, enum: ['Engineer'], required: [() => true, 'needed'] },
        department: String,
      },
      prepare: (schema) =>
        schema.pre('validate', function () {
          if (this.get('department') === undefined) this.invalidate('department', 'needed')
        }),
    })
    const error = await app.refusal(ann({ title: undefined, department: 'R&D' }))
    expect(error).toMatchObject({
      code: 'required_field_missing',
      details: { expected: ['title'], paths: ['title'] },
    })
    expect(error.details.received).toContain('department')
    expect((await app.refusal(ann({ title: 'Boss', department: 'R&D' }))).code).toBe('required_field_missing')
    expect((await app.refusal(ann())).details.expected).toEqual(['department'])
  })

  it('can have a setter that empties a value, which is then not an identifier', async () => {
    app = await company({
      sources: [source({ identifiers: ['employeeNumber'], linking: 'trusted' })],
      prepare: (schema) =>
        schema.path('employeeNumber').set((value: string) => (value === '0000' ? undefined : value)),
    })
    await app.User.create({ email: 'bo@corp.example' })
    expect((await app.refusal(ann({ employeeNumber: '0000' }))).code).toBe('identifier_missing')
  })

  it('can exclude `active`, or a whole subdocument, from queries', async () => {
    app = await company({
      schema: {
        ...companySchema,
        active: { type: Boolean, select: false },
        profile: { type: new Schema({ motto: String }, { _id: false }), select: false },
      },
      fields: { ...companyFields, 'profile.motto': { label: 'Motto' } },
    })
    await app.signIn(ann({ motto: 'On' }))
    expect((await app.signIn(ann({ motto: 'On' }))).outcome).toBe('unchanged')
    await app.User.updateOne({}, { active: false })
    expect((await app.refusal(ann())).code).toBe('user_inactive')
  })

  it('can exclude inactive users from queries: they are refused, not created again', async () => {
    app = await company({
      prepare: (schema) =>
        schema.pre(/^find/, function (this: { where(filter: object): void }) {
          this.where({ active: { $ne: false } })
        }),
    })
    await app.jit.login('okta', ann())
    await app.User.collection.updateOne({}, { $set: { active: false } })
    await expect(app.jit.login('okta', ann())).rejects.toMatchObject({ code: 'user_inactive' })
    expect(await app.User.collection.countDocuments()).toBe(1)
  })

  it('can use Mongoose’s sanitizeFilter', async () => {
    mongoose.set('sanitizeFilter', true)
    try {
      app = await company()
      await app.signIn(ann())
      expect((await app.signIn(ann({ title: 'CTO' }))).outcome).toBe('synced')
    } finally {
      mongoose.set('sanitizeFilter', false)
    }
  })

  it('can have a default that the provider clears', async () => {
    app = await company({ schema: { ...companySchema, title: { type: String, default: 'Newcomer' } } })
    expect((await app.signIn(ann({ title: '' }))).user.get('title')).toBeNull()
    expect((await app.signIn(ann({ title: '' }))).outcome).toBe('unchanged')
    expect(
      (await app.signIn(ann({ title: undefined, email: 'bo@corp.example' }, { subject: 'bo' }))).user.get(
        'title',
      ),
    ).toBe('Newcomer')
  })

  it('can have a transform that splits a character: the value is not stored', async () => {
    app = await company({
      fields: {
        ...companyFields,
        title: { transform: (value) => String(value).slice(0, 4) },
        department: { transform: (value) => ({ value }) },
      },
    })
    const { notices } = await app.signIn(ann({ title: 'abc😀', department: 'R&D' }))
    expect(notices.filter(({ code }) => code === 'invalid_value').map(({ path }) => path)).toEqual([
      'title',
      'department',
    ])
  })

  it('can have its own unique index on the email', async () => {
    app = await company({
      schema: {
        ...companySchema,
        email: { type: String, unique: true, lowercase: true, trim: true, required: true },
      },
    })
    await app.signIn(ann({ email: ' Ann@Corp.example ' }))
    expect((await app.User.findOne().lean()).email).toBe('ann@corp.example')
    const indexes = await app.User.collection.indexes()
    expect(indexes.filter(({ key, unique }) => unique && 'email' in key)).toHaveLength(1)
  })

  it('can identify people by number', async () => {
    app = await company({
      schema: { ...companySchema, employeeNumber: Number },
      sources: [source({ identifiers: ['employeeNumber'], linking: 'trusted' })],
    })
    await app.User.create({ employeeNumber: 7 })
    expect((await app.signIn(ann({ employeeNumber: ' 7 ' }))).outcome).toBe('linked')
  })

  it('can exclude users from queries: their identifiers are given to no one else', async () => {
    app = await company({
      prepare: (schema) => {
        schema.add({ deleted: Boolean })
        schema.pre(/^find/, function (this: { where(filter: object): void }) {
          this.where({ deleted: { $ne: true } })
        })
      },
    })
    await app.User.collection.insertOne({ email: 'ann@corp.example', deleted: true })
    await expect(app.jit.login('okta', ann())).rejects.toMatchObject({ code: 'linking_refused' })
  })

  it('can exclude users from queries if it requires their email: the refusal does not blame the provider', async () => {
    app = await company({
      schema: { ...companySchema, email: { type: String, required: true } },
      prepare: (schema) =>
        schema.pre(/^find/, function (this: { where(filter: object): void }) {
          this.where({ title: { $ne: 'Gone' } })
        }),
    })
    await app.User.collection.insertOne({ email: 'ann@corp.example', title: 'Gone' })
    await expect(app.jit.login('okta', ann())).rejects.toMatchObject({ code: 'linking_refused' })
  })

  it('can validate an identifier: a person with an invalid one is not created without it', async () => {
    const employeeNumber = { type: String, match: /^E/ }
    app = await company({
      schema: { ...companySchema, employeeNumber },
      sources: [source({ identifiers: ['email', 'employeeNumber'] })],
    })
    const { code, details } = await app.refusal(ann({ employeeNumber: '7' }))
    expect([code, details.paths]).toEqual(['required_field_missing', ['employeeNumber']])
  })

  it('can be a discriminator, which shares the indexes of its base model', async () => {
    app = await company()
    const base = new Schema(
      { email: String, firstName: String, lastName: String },
      { discriminatorKey: 'kind' },
    )
    base.plugin(jitUser, { fields: { email: true, firstName: true, lastName: true } })
    const Person = app.connection.model('Person', base, 'people')
    const Employee = Person.discriminator('Employee', new Schema({ grade: String }))
    const jit = createJit({ userModel: Employee, baseUrl: 'https://app.example/sso', sources: [source()] })
    await jit.ready()
    const { user } = await jit.login('okta', ann())
    expect([user.get('kind'), user.get('email')]).toEqual(['Employee', 'ann@corp.example'])
    await jit.close()
  })

  it('can rename a standard field', async () => {
    app = await company({
      schema: { mail: String, name: { first: String, last: String } },
      fields: {
        mail: { standard: 'email' },
        'name.first': { standard: 'firstName' },
        'name.last': { standard: 'lastName' },
      },
      sources: [source({ identifiers: ['mail'], domains: ['corp.example'] })],
    })
    const result = await app.signIn(ann({ email: 'ANN@corp.example' }))
    expect(result.user.toObject()).toMatchObject({
      mail: 'ann@corp.example',
      name: { first: 'Ann', last: 'Lee' },
    })
    expect((await app.refusal(ann({ lastName: '' }, { subject: '2' }))).code).toBe('linking_refused')
  })

  it('can be saved by the app afterwards, like any document', async () => {
    app = await company()
    await app.signIn(ann())
    const { user } = await app.signIn(ann({ title: 'CTO' }))
    user.set('custom.note', 'hello')
    await user.save()
    expect((await app.User.findOne().lean()).custom.note).toBe('hello')
  })

  it('normalizes emails from every writer', async () => {
    app = await company({ fields: companyFields })
    const user = await app.User.create({ email: '  Bo@Corp.Example ' })
    expect(user.get('email')).toBe('bo@corp.example')
  })
})
