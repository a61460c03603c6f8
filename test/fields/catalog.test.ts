import { createConnection, Schema, type SchemaDefinition } from 'mongoose'
import { jitUser, type JitUserOptions, standardFields } from '../../src'
import { makeCatalog } from '../../src/fields/catalog'
import { catalogOf } from '../../src/fields/model-catalog'

const paths: SchemaDefinition = {
  email: String,
  firstName: String,
  title: String,
  role: String,
  passwordHash: String,
  nick: String,
  any: Schema.Types.Mixed,
  owner: { type: Schema.Types.ObjectId },
  once: { type: Schema.Types.ObjectId, immutable: true },
  team: [Schema.Types.ObjectId],
  custom: {
    costCenter: String,
    skills: [String],
    desk: Number,
    address: new Schema({ city: String }, { _id: false }),
  },
  cars: [{ plate: String }],
}

function problems(fields: unknown): string {
  try {
    new Schema(paths).plugin(jitUser, { fields } as JitUserOptions)
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('the standard fields', () => {
  it('have a label, attribute names and a role', () => {
    expect(Object.keys(standardFields)).toEqual(
      'email username firstName lastName displayName employeeNumber phoneNumber mobile title department division company manager location street city state postalCode country timezone locale birthdate startDate picture bio pronouns'.split(
        ' ',
      ),
    )
    expect(standardFields.firstName).toEqual({
      label: 'First name',
      attribute: { saml: 'firstName', oidc: 'given_name' },
      role: 'required',
    })
    expect(Object.isFrozen(standardFields.email.attribute)).toBe(true)
  })
})

describe('jitUser', () => {
  it.each([
    [
      'a path missing from the schema, and suggests the closest',
      { emial: true },
      "fields['emial']: the schema has no such path; did you mean 'email'?",
    ],
    ['a path below an array', { 'cars.plate': {} }, 'the schema has no such path'],
    ['`true` for a custom field', { 'custom.skills': true }, '`true` is for standard fields'],
    ['a misspelled option', { title: { lable: 'x' } }, "there is no option 'lable'; did you mean 'label'?"],
    ['an unknown standard field', { title: { standard: 'titel' } }, "there is no standard field 'titel'"],
    ['a role', { role: { label: 'Role' } }, 'sensitive: true'],
    ['a password', { passwordHash: { label: 'x' } }, 'sensitive: true'],
    ['a type that sign-ins cannot fill', { any: { label: 'x' } }, 'the type mixed cannot be filled'],
    ['an array of documents', { cars: { label: 'x' } }, 'cannot be filled'],
    [
      'an identifier that is an array',
      { 'custom.skills': { identifier: true } },
      'must be a String or a Number',
    ],
    ['_id', { _id: { label: 'x', sensitive: true } }, 'never filled'],
    ['identities', { identities: { label: 'x' } }, 'never filled'],
    ['the version key', { __v: { label: 'x' } }, 'never filled'],
    ['a transform that is not a function', { title: { transform: 'x' } }, 'transform must be a function'],
    ['an invalid attribute name', { title: { attribute: '' } }, 'attribute must be a name'],
    [
      'an attribute name for an unknown protocol',
      { title: { attribute: { samml: 'x' } } },
      'attribute must be a name',
    ],
    ['an invalid label', { title: { label: 5 } }, 'label must be text'],
    ['an invalid flag', { title: { identifier: 'no' } }, 'identifier must be true or false'],
    ['a value that is neither an object nor a boolean', { title: 'Title' }, 'must be true or an object'],
    [
      'a reference by a field that does not exist',
      { email: true, owner: { ref: 'emial' } },
      "fields['owner']: ref: 'emial' is not a login identifier; did you mean 'email'?",
    ],
    [
      'a reference by a field that is not an identifier',
      { email: true, title: true, owner: { ref: 'title' } },
      "'title' is not a login identifier (there are email); a field becomes one with `identifier: true`",
    ],
    ['a reference without a name', { email: true, owner: { ref: 5 } }, "'5' is not a login identifier"],
    [
      'a reference that cannot hold an _id',
      { email: true, title: { ref: 'email' } },
      'ref: the path must hold one user’s _id (ObjectId)',
    ],
    ['a list of references', { email: true, team: { ref: 'email' } }, 'must hold one user’s _id'],
    ['a reference on an immutable path', { email: true, once: { ref: 'email' } }, 'the path is immutable'],
    [
      'a reference as a login identifier',
      { email: true, owner: { ref: 'email', identifier: true } },
      'a reference cannot be a login identifier',
    ],
    ['the path that stores references', { 'jitReferences.owner': { label: 'x' } }, 'never filled'],
    ['an empty `fields` option', {}, 'names no field'],
    [
      'an inherited name as a standard field',
      { title: { standard: 'constructor' } },
      "no standard field 'constructor'",
    ],
  ])('refuses %s', (_, fields, message) => {
    expect(problems(fields)).toContain(message)
  })

  it('refuses a schema that already has identities', () => {
    const schema = new Schema({ ...paths, identities: [String] })
    expect(() => schema.plugin(jitUser, { fields: { email: true } })).toThrow('a path `identities` already')
  })

  it('refuses a schema that already has references', () => {
    const schema = new Schema({ ...paths, jitReferences: { owner: String } })
    expect(() => schema.plugin(jitUser, { fields: { email: true } })).toThrow(
      'a path `jitReferences` already',
    )
  })

  it('knows which identifier a reference field uses, and adds the path that stores references', () => {
    const schema = new Schema(paths)
    const options = { fields: { owner: { ref: 'nick' }, nick: { identifier: true, label: 'Nickname' } } }
    const [owner] = makeCatalog(schema, options)
    expect([owner?.type, owner?.ref?.path]).toEqual(['user, by Nickname', 'nick'])
    schema.plugin(jitUser, options)
    expect(schema.indexes().map(([keys]) => Object.keys(keys).join())).toContain(
      'jitReferences.owner.value,jitReferences.owner.user',
    )
    expect(schema.path('jitReferences.owner').options).toMatchObject({ select: false })
  })

  it('refuses a reference to another model', () => {
    const schema = new Schema({ email: String, boss: { type: Schema.Types.ObjectId, ref: 'Person' } })
    schema.plugin(jitUser, { fields: { email: true, boss: { ref: 'email' } } })
    const connection = createConnection()
    expect(() => catalogOf(connection.model('User', schema))).toThrow(
      'its schema refers to Person, not to User',
    )
    expect(catalogOf(connection.model('Person', schema))).toHaveLength(2)
  })

  it('lists every problem at once', () => {
    expect(problems({ emial: true, role: { lable: 'x' }, email: true }).split('\n')).toHaveLength(3)
  })

  it('describes each field', () => {
    const fields = makeCatalog(new Schema(paths), {
      fields: {
        email: true,
        firstName: true,
        nick: { standard: 'username' },
        role: { sensitive: true, attribute: { oidc: 'groups' } },
        'custom.costCenter': { label: 'Cost center', attribute: 'cc' },
        'custom.skills': {},
        'custom.desk': { required: true },
        'custom.address.city': { label: 'City' },
      },
    })
    expect(
      fields.map(({ path, label, kind, type, attribute, identifier, required }) => [
        path,
        label,
        kind,
        type,
        attribute.saml.join(),
        attribute.oidc.join(),
        identifier,
        required,
      ]),
    ).toEqual([
      ['email', 'E-mail', 'standard', 'string', 'email', 'email', true, false],
      ['firstName', 'First name', 'standard', 'string', 'firstName', 'given_name', false, true],
      ['nick', 'User name', 'standard', 'string', 'username', 'preferred_username', true, false],
      ['role', 'role', 'custom', 'string', 'role', 'groups', false, false],
      ['custom.costCenter', 'Cost center', 'custom', 'string', 'cc', 'cc', false, false],
      ['custom.skills', 'skills', 'custom', 'string[]', 'skills', 'skills', false, false],
      ['custom.desk', 'desk', 'custom', 'number', 'desk', 'desk', false, true],
      ['custom.address.city', 'City', 'custom', 'string', 'city', 'city', false, false],
    ])
  })

  it('adds identities, and the indexes that settle races and serve look-ups', () => {
    const schema = new Schema(paths).plugin(jitUser, { fields: { email: true, nick: { identifier: true } } })
    expect(Object.keys((schema.path('identities') as unknown as { schema: Schema }).schema.paths)).toEqual(
      expect.arrayContaining(['source', 'issuer', 'subject', 'linkedAt', 'lastLoginAt']),
    )
    expect(
      schema
        .indexes()
        .map(([keys, { unique, collation }]) => [Object.keys(keys).join(), unique, collation?.strength]),
    ).toEqual([
      ['identities.subject,identities.source,identities.issuer', true, undefined],
      ['identities.source', undefined, undefined],
      ['email', true, undefined],
      ['email', undefined, 2],
      ['nick', true, undefined],
      ['nick', undefined, 2],
    ])
  })
})
