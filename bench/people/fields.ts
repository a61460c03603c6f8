import { type SchemaDefinition, type SchemaTypes } from 'mongoose'
import { type JitUserOptions, standardFields, type StandardFieldName } from '../../src'

/** One field of the user model of the bench, with what its people have in it. */
export interface BenchField {
  path: string
  /** The attribute name for each protocol. */
  attribute: { saml: string; oidc: string }
  type: keyof typeof SchemaTypes | [String: 'String']
  /** The value that is stored for a person; `version` moves with each change. */
  value: (person: Person, version: number) => string | number | boolean | Date | string[]
}

/** Somebody who signs in; `realm` is the source that they sign in through. */
export interface Person {
  realm: string
  number: number
}

const standard: StandardFieldName[] = [
  ...(['email', 'firstName', 'lastName', 'title', 'displayName', 'employeeNumber', 'phoneNumber'] as const),
  ...(['mobile', 'department', 'division', 'company', 'manager', 'location', 'timezone', 'locale'] as const),
]

/** What a custom field holds: of each six two are text, the others a number, a flag, a date and a list. */
const customTypes = [
  'String',
  'Number',
  'String',
  'Boolean',
  'Date',
  ['String'],
] satisfies BenchField['type'][]

/** The first fields are standard ones, e-mail address and names among them; the others are custom. */
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
    value: (person, version) => {
      if (name === 'email') return emailOf(person)
      return name === 'title' ? `Engineer of grade ${version}` : `${name} of person ${person.number}`
    },
  }
}

function customField(i: number): BenchField {
  const name = `benchField${i}`
  return {
    path: `custom.${name}`,
    attribute: { saml: name, oidc: name },
    type: customTypes[i % customTypes.length]!,
    value: ({ number }, version) => customValue(i, number, i === 0 ? version : 0),
  }
}

function customValue(i: number, number: number, version: number): ReturnType<BenchField['value']> {
  const type = customTypes[i % customTypes.length]!
  if (Array.isArray(type)) return [`skill ${i}`, `skill ${number % 7}`, 'typing']
  switch (type) {
    case 'Number':
      return 1000 * i + (number % 1000)
    case 'Boolean':
      return (number + i) % 2 === 0
    case 'Date':
      return new Date(Date.UTC(2020, i % 12, 1 + (number % 28)))
    default:
      return `value ${i} of person ${number}, version ${version}`
  }
}

export function emailOf({ realm, number }: Person): string {
  return `person.${number}@${realm}.corp.example`
}

/** Mongoose's definition of these fields. */
export function schemaOf(fields: BenchField[]): SchemaDefinition {
  const definition: Record<string, unknown> = {}
  for (const { path, type } of fields) definition[path] = { type }
  return definition as SchemaDefinition
}

/** What `jitUser` is told of them. */
export function jitFieldsOf(fields: BenchField[]): JitUserOptions['fields'] {
  return Object.fromEntries(
    fields.map(({ path, attribute }) => [
      path,
      path.startsWith('custom.') ? { label: path, attribute } : true,
    ]),
  )
}
