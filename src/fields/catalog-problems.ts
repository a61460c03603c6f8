import type { Schema, SchemaType } from 'mongoose'
import { didYouMean, nearest } from './near-miss'
import type { FieldOptions, JitUserOptions } from './options'
import { isReserved, isWhole } from './schema-paths'
import { elementType, isImmutable, typeName } from './schema-type'
import { isIdentifier, isStandardName, standardFields } from './standard'

const scalarTypes = new Set([
  ...['String', 'Number', 'Boolean', 'Date', 'ObjectId', 'ObjectID'],
  ...['Decimal128', 'BigInt', 'UUID', 'Double', 'Int32'],
])

const sensitiveWords = /passw|pwd|salt|hash|secret|token|role|permission|privilege|admin|superuser/i

const optionNames = [
  ...['label', 'attribute', 'identifier', 'required'],
  ...['sensitive', 'standard', 'ref', 'transform'],
]

/** One field that the app configures. `entry` is unchecked, and `identifiers` are the paths of all login identifiers. */
type Entry = { schema: Schema; path: string; entry: unknown; identifiers: readonly string[] }

export function catalogProblems(schema: Schema, options: JitUserOptions): string[] {
  const entries = Object.entries(options?.fields ?? {})
  if (entries.length === 0) return ['jitUser: `fields` names no field; give at least `email: true`']
  const identifiers = entries.flatMap(([path, entry]) => (isIdentifier(path, entry) ? path : []))
  return entries.flatMap(([path, entry]) => {
    const problems = fieldProblems({ schema, path, entry, identifiers })
    return problems.map((problem) => `jitUser: fields['${path}']: ${problem}`)
  })
}

function fieldProblems({ schema, path, entry, identifiers }: Entry): string[] {
  if (isReserved(schema, path)) {
    return ['this path is never filled by an identity provider; remove it']
  }
  if (!isWhole(schema, path)) {
    return [`the schema has no such path${didYouMean(path, Object.keys(schema.paths))}`]
  }
  if (entry !== true && (typeof entry !== 'object' || entry === null)) {
    return ['must be true or an object of options']
  }
  const options = entry === true ? {} : (entry as FieldOptions)
  return [
    ...nameProblems(path, entry === true, options),
    ...valueProblems(options),
    ...sensitivityProblems(path, options),
    ...typeProblems(schema.path(path), options),
    ...referenceProblems({ schema, path, identifiers }, options),
  ]
}

function nameProblems(path: string, isBare: boolean, options: FieldOptions): string[] {
  const unknown = Object.keys(options).filter((name) => !optionNames.includes(name))
  const problems = unknown.map((name) => {
    const remedy = didYouMean(name, optionNames, ` (there are ${optionNames.join(', ')})`)
    return `there is no option '${name}'${remedy}`
  })
  if (isBare && !isStandardName(path)) {
    const meant = nearest(path, Object.keys(standardFields))
    const remedy = meant ? `{ standard: '${meant}' }` : `{ label: '...' }`
    problems.push(`\`true\` is for standard fields; write ${remedy}`)
  }
  if (options.standard !== undefined && !isStandardName(options.standard)) {
    problems.push(`there is no standard field '${String(options.standard)}'`)
  }
  return problems
}

function valueProblems(options: FieldOptions): string[] {
  const problems: string[] = []
  if (options.transform !== undefined && typeof options.transform !== 'function') {
    problems.push('transform must be a function')
  }
  if (options.label !== undefined && !isText(options.label)) problems.push('label must be text')
  if (options.attribute !== undefined && !isAttribute(options.attribute)) {
    problems.push('attribute must be a name, a list of names, or { saml, oidc } with names for each')
  }
  for (const flag of ['identifier', 'required', 'sensitive'] as const) {
    const isFlag = ['undefined', 'boolean'].includes(typeof options[flag])
    if (!isFlag) problems.push(`${flag} must be true or false`)
  }
  return problems
}

function sensitivityProblems(path: string, { sensitive }: FieldOptions): string[] {
  return isSensitive(path) && sensitive !== true
    ? ['this looks like a secret or a permission; add `sensitive: true` to let an identity provider fill it']
    : []
}

/** Whether a path looks like a secret or a permission. */
export function isSensitive(path: string): boolean {
  return sensitiveWords.test(path)
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

function isAttribute(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return isName(value)
  const names = Object.entries(value)
  return names.every(([protocol, name]) => ['saml', 'oidc'].includes(protocol) && isName(name))
}

/** Whether a value is an attribute name, or a list of different ones. */
function isName(value: unknown): boolean {
  if (!Array.isArray(value)) return isText(value)
  return value.length > 0 && value.every(isText) && new Set(value).size === value.length
}

function typeProblems(schemaType: SchemaType, options: FieldOptions): string[] {
  const scalar = schemaType.instance === 'Array' ? elementType(schemaType) : schemaType
  if (!scalar || !scalarTypes.has(scalar.instance)) {
    const remedy = 'it must be a String, Number, Boolean, Date or an array of them'
    return [`the type ${typeName(schemaType)} cannot be filled; ${remedy}`]
  }
  if (options.identifier && !['String', 'Number'].includes(schemaType.instance)) {
    return ['a login identifier must be a String or a Number']
  }
  return []
}

function referenceProblems(field: Omit<Entry, 'entry'>, { ref, identifier }: FieldOptions): string[] {
  if (ref === undefined) return []
  const { schema, path, identifiers } = field
  const otherwise = ` (there are ${identifiers.join(', ')}); a field becomes one with \`identifier: true\``
  const remedy = identifiers.includes(ref) ? undefined : didYouMean(String(ref), identifiers, otherwise)
  return [
    ...(remedy === undefined ? [] : [`ref: '${ref}' is not a login identifier${remedy}`]),
    ...referenceTypeProblems(schema.path('_id'), schema.path(path)),
    ...(identifier ? ['a reference cannot be a login identifier; leave `identifier` out'] : []),
  ]
}

function referenceTypeProblems(id: SchemaType | undefined, schemaType: SchemaType): string[] {
  if (schemaType.instance !== id?.instance) {
    return [`ref: the path must hold one user’s _id (${id?.instance ?? 'the schema has none'})`]
  }
  return isImmutable(schemaType)
    ? ['ref: the path is immutable, so a user who does not exist yet could not be filled in later']
    : []
}
