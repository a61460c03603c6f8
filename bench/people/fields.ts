import { type SchemaDefinition, type SchemaTypes } from 'mongoose'
import { type JitUserOptions, standardFields, type StandardFieldName } from '../../src/index'

type Value = string | number | boolean | Date | string[]

/** One field of the bench's user model, and the values that people have in it. */
export interface BenchField {
  path: string
  /** The attribute name for each protocol. */
  attribute: { saml: string; oidc: string }
  type: keyof typeof SchemaTypes | [String: 'String']
  /** A person's value. `version` counts the changes of the person's profile. */
  value: (person: Person, version: number) => Value
}

/** A person, and the source through which this person signs in. */
export interface Person {
  sourceId: string
  number: number
}

/** A person, with a version of the profile. */
export type Profile = Person & { version: number }

const standard: StandardFieldName[] = [
  ...(['email', 'firstName', 'lastName', 'title', 'displayName', 'employeeNumber', 'phoneNumber'] as const),
  ...(['mobile', 'department', 'division', 'company', 'manager', 'location', 'timezone', 'locale'] as const),
]

type CustomValue = (field: number, person: number, version: number) => Value

const text: CustomValue = (field, person, version) => `value ${field} of person ${person}, version ${version}`

/** The types of the custom fields, repeated in this order. */
const customTypes: [BenchField['type'], CustomValue][] = [
  ['String', text],
  ['Number', (field, person) => 1000 * field + (person % 1000)],
  ['String', text],
  ['Boolean', (field, person) => (person + field) % 2 === 0],
  ['Date', (field, person) => new Date(Date.UTC(2020, field % 12, 1 + (person % 28)))],
  [['String'], (field, person) => [`skill ${field}`, `skill ${person % 7}`, 'typing']],
]

/** Standard fields first, among them email and names, then custom fields. */
export function benchFields(count: number): BenchField[] {
  return Array.from({ length: count }, (_, i) => {
    const name = standard[i]
    return name ? standardField(name) : customField(i - standard.length)
  })
}

function standardField(name: StandardFieldName): BenchField {
  return {
    path: name,
    attribute: standardFields[name].attribute,
    type: 'String',
    value: ({ sourceId, number }, version) => {
      if (name === 'email') return `person.${number}@${sourceId}.corp.example`
      return name === 'title' ? `Engineer of grade ${version}` : `${name} of person ${number}`
    },
  }
}

/** Of the custom fields, only the first changes with the version. */
function customField(i: number): BenchField {
  const name = `benchField${i}`
  const [type, value] = customTypes[i % customTypes.length]!
  return {
    path: `custom.${name}`,
    attribute: { saml: name, oidc: name },
    type,
    value: ({ number }, version) => value(i, number, i === 0 ? version : 0),
  }
}

/** The Mongoose definition of these fields. */
export function schemaOf(fields: BenchField[]): SchemaDefinition {
  return Object.fromEntries(fields.map(({ path, type }) => [path, { type }]))
}

/** The options of `jitUser` for these fields. */
export function jitFieldsOf(fields: BenchField[]): JitUserOptions['fields'] {
  return Object.fromEntries(
    fields.map(({ path, attribute }) => [
      path,
      path.startsWith('custom.') ? { label: path, attribute } : true,
    ]),
  )
}
