import type { Schema, SchemaType } from 'mongoose'
import { didYouMean, nearest } from './near-miss'
import { referenceProblems } from './reference-memory'
import { standardFields, type StandardField, type StandardFieldName } from './standard'

/** What a `transform` is told beside the value. */
export interface TransformContext {
  /** The source's id. */
  source: string
  path: string
  /** Everything that arrived, by attribute name. */
  attributes: Readonly<Record<string, unknown>>
}

/** How an identity provider may fill one path of the user model. */
export interface FieldOptions {
  /** Shown to people. Default: the standard field's, else the path's last segment. */
  label?: string
  /** The name under which the IdP must send it. Default: the standard field's, else the last segment. */
  attribute?: string | { saml?: string; oidc?: string }
  /** An existing user may be recognised by it. Default: true for `email` and `username`. */
  identifier?: boolean
  /** No user is created without it. Default: true for first and last name and where the schema says so. */
  required?: boolean
  /** Must be true for paths that look like a password, salt, role, permission or admin flag. */
  sensitive?: boolean
  /** The standard field that this path is, where the model calls it otherwise (`'name.first'`: `firstName`). */
  standard?: StandardFieldName
  /**
   * The field refers to another user, who arrives by this login identifier (the path of another field): a
   * manager's e-mail address becomes the manager's `_id`. Somebody who does not exist yet is filled in later.
   */
  ref?: string
  /** Called with what arrived (a value or an array) before casting. Synchronous; throwing is `invalid_value`. */
  transform?: (value: unknown, context: TransformContext) => unknown
}

export interface JitUserOptions {
  /** Which paths of the schema an IdP may fill. `true` is for standard fields. */
  fields: Record<string, true | FieldOptions>
}

/** A path of the user model that an IdP may fill, with every default worked out. */
export interface Field {
  readonly path: string
  readonly label: string
  readonly kind: 'standard' | 'custom'
  readonly standard: StandardFieldName | undefined
  /** `string`, `number`, `boolean`, `date`, ..., with `[]` behind it for an array; `user, by E-mail`. */
  readonly type: string
  /** The identifier by which the user is named to whom this field refers. */
  readonly ref: Field | undefined
  readonly attribute: { readonly saml: string; readonly oidc: string }
  readonly identifier: boolean
  /** No user is created without it, and it is never cleared. */
  readonly required: boolean
  /** The schema fills it itself when nothing arrives. */
  readonly hasDefault: boolean
  /** The schema lets it be written once only, so it is provisioned and never synced. */
  readonly immutable: boolean
  /** Trimmed and lower case, and found whatever the letter case: e-mail address and user name. */
  readonly caseBlind: boolean
  readonly array: boolean
  readonly transform: FieldOptions['transform']
  readonly schemaType: SchemaType
}

const scalarTypes = new Set([
  'String',
  'Number',
  'Boolean',
  'Date',
  'ObjectId',
  'ObjectID',
  'Decimal128',
  'BigInt',
  'UUID',
  'Double',
  'Int32',
])

const sensitiveWords = /passw|pwd|salt|hash|secret|token|role|permission|privilege|admin|superuser/i

/**
 * The fields that a schema and the plugin's options make. Throws one Error that lists every problem, each
 * with its remedy.
 */
export function makeCatalog(schema: Schema, options: JitUserOptions): Field[] {
  const entries = Object.entries(options?.fields ?? {})
  const identifiers = entries.flatMap(([path, given]) => (isIdentifier(path, given) ? path : []))
  const problems = entries.flatMap(([path, given]) => problemsOf(schema, path, given, identifiers))
  if (entries.length === 0) problems.push('jitUser: `fields` names no field; give at least `email: true`')
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const fields = entries.map(([path, given]) => makeField(schema, path, given === true ? {} : given))
  return fields.map((field, i) => withReference(field, entries[i]![1], fields))
}

/** A field that refers to a user has the type that an admin has to know: by what that user is named. */
function withReference(field: Field, given: true | FieldOptions, fields: readonly Field[]): Field {
  const ref = given === true ? undefined : fields.find(({ path }) => path === given.ref)
  return ref ? Object.freeze({ ...field, ref, type: `user, by ${ref.label}` }) : field
}

function makeField(schema: Schema, path: string, options: FieldOptions): Field {
  const name = standardName(path, options)
  const standard: StandardField | undefined = name && standardFields[name]
  const schemaType = schema.path(path)
  const own = path.slice(path.lastIndexOf('.') + 1)
  const attribute = typeof options.attribute === 'string' ? both(options.attribute) : options.attribute
  const { originalRequiredValue } = schemaType as SchemaTypeState
  const alwaysRequired = schemaType.isRequired === true && typeof originalRequiredValue !== 'function'
  return Object.freeze({
    path,
    label: options.label ?? standard?.label ?? own,
    kind: standard ? 'standard' : 'custom',
    standard: name,
    type: typeName(schemaType),
    ref: undefined,
    attribute: { ...both(own), ...standard?.attribute, ...attribute },
    identifier: isIdentifier(path, options),
    required: (options.required ?? standard?.role === 'required') || alwaysRequired,
    hasDefault: hasDefault(schemaType),
    immutable: Boolean((schemaType.options as { immutable?: unknown }).immutable),
    caseBlind: (name === 'email' || name === 'username') && schemaType.instance === 'String',
    array: schemaType.instance === 'Array',
    transform: options.transform,
    schemaType,
  })
}

/** The standard field that a path is. */
function standardName(
  path: string,
  { standard = path }: { standard?: string },
): StandardFieldName | undefined {
  return isStandard(standard) ? standard : undefined
}

/** Whether an existing user may be recognised by a field, whatever its options are like. */
function isIdentifier(path: string, given: unknown): boolean {
  const options: FieldOptions = typeof given === 'object' && given !== null ? given : {}
  const name = standardName(path, options)
  return options.identifier ?? (name !== undefined && standardFields[name].role === 'identifier')
}

/** Whether the schema puts something where nothing is; every array comes with the empty one, which is nothing. */
function hasDefault(schemaType: SchemaType): boolean {
  if (schemaType.instance !== 'Array') return (schemaType as SchemaTypeState).defaultValue !== undefined
  const given = (schemaType.options as { default?: unknown }).default
  return typeof given === 'function' || (Array.isArray(given) && given.length > 0)
}

function isStandard(name: string): name is StandardFieldName {
  return Object.hasOwn(standardFields, name)
}

function both(name: string): { saml: string; oidc: string } {
  return { saml: name, oidc: name }
}

/** What Mongoose knows of a schema type and its typings do not say. */
interface SchemaTypeState {
  defaultValue?: unknown
  /** A function makes it depend on the document: that is left to the schema's own validation. */
  originalRequiredValue?: unknown
}

/** The schema type of an array's elements: Mongoose 8 calls it `caster`, Mongoose 9 `embeddedSchemaType`. */
export function elementType(schemaType: SchemaType): SchemaType | undefined {
  const { embeddedSchemaType, caster } = schemaType as {
    embeddedSchemaType?: SchemaType
    caster?: SchemaType
  }
  return embeddedSchemaType ?? caster
}

function typeName(schemaType: SchemaType): string {
  if (schemaType.instance !== 'Array') return schemaType.instance.toLowerCase()
  // Mongoose 8 has a document's constructor here where the elements are documents.
  const { instance = 'mixed' } = (elementType(schemaType) ?? {}) as { instance?: string }
  return `${instance.toLowerCase()}[]`
}

function problemsOf(schema: Schema, path: string, given: unknown, identifiers: readonly string[]): string[] {
  const says = (problem: string): string[] => [`jitUser: fields['${path}']: ${problem}`]
  const { versionKey, discriminatorKey } = schema.options as {
    versionKey?: unknown
    discriminatorKey?: unknown
  }
  const first = path.split('.')[0]
  if (['_id', '__v', 'identities', 'jitReferences', versionKey, discriminatorKey].includes(first)) {
    return says('this path is never filled by an identity provider; remove it')
  }
  if (schema.pathType(path) !== 'real' || isBelowArray(schema, path)) {
    return says(`the schema has no such path${didYouMean(path, Object.keys(schema.paths))}`)
  }
  if (given !== true && (typeof given !== 'object' || given === null))
    return says('give true or an object of options')
  const options = given === true ? {} : (given as FieldOptions)
  return [
    ...optionProblems(path, given === true, options),
    ...typeProblems(schema.path(path), options),
    ...referenceProblems(schema, path, options, identifiers),
  ].flatMap(says)
}

function isBelowArray(schema: Schema, path: string): boolean {
  const above = path.split('.').slice(0, -1)
  return above.some((_, i) => {
    const { instance } = schema.path(above.slice(0, i + 1).join('.')) ?? {}
    return instance === 'Array' || instance === 'DocumentArray'
  })
}

const optionNames = [
  'label',
  'attribute',
  'identifier',
  'required',
  'sensitive',
  'standard',
  'ref',
  'transform',
]

function optionProblems(path: string, bare: boolean, options: FieldOptions): string[] {
  const unknown = Object.keys(options).filter((name) => !optionNames.includes(name))
  const problems = unknown.map((name) => {
    const remedy = didYouMean(name, optionNames, ` (there are ${optionNames.join(', ')})`)
    return `there is no option '${name}'${remedy}`
  })
  if (bare && !isStandard(path)) {
    const meant = nearest(path, Object.keys(standardFields))
    const remedy = meant ? `{ standard: '${meant}' }` : `{ label: '...' }`
    problems.push(`\`true\` is for standard fields; write ${remedy}`)
  }
  if (options.standard !== undefined && !isStandard(options.standard)) {
    problems.push(`there is no standard field '${String(options.standard)}'`)
  }
  return [...problems, ...valueProblems(path, options)]
}

function valueProblems(path: string, options: FieldOptions): string[] {
  const problems: string[] = []
  if (options.transform !== undefined && typeof options.transform !== 'function') {
    problems.push('transform must be a function')
  }
  if (options.label !== undefined && !isText(options.label)) problems.push('label must be a text')
  if (options.attribute !== undefined && !isAttribute(options.attribute)) {
    problems.push('attribute must be a name, or { saml, oidc } with a name for each')
  }
  for (const flag of ['identifier', 'required', 'sensitive'] as const) {
    if (!['undefined', 'boolean'].includes(typeof options[flag]))
      problems.push(`${flag} must be true or false`)
  }
  if (sensitiveWords.test(path) && options.sensitive !== true) {
    problems.push('this looks like a secret or a right; an IdP may fill it only with `sensitive: true`')
  }
  return problems
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== ''
}

function isAttribute(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isText(value)
  return Object.entries(value).every(
    ([protocol, name]) => ['saml', 'oidc'].includes(protocol) && isText(name),
  )
}

function typeProblems(schemaType: SchemaType, options: FieldOptions): string[] {
  const scalar = schemaType.instance === 'Array' ? elementType(schemaType) : schemaType
  if (!scalar || !scalarTypes.has(scalar.instance)) {
    return [
      `the type ${typeName(schemaType)} cannot be filled; it must be a String, Number, Boolean, Date or an array of them`,
    ]
  }
  if (options.identifier && !['String', 'Number'].includes(schemaType.instance)) {
    return ['a login identifier must be a String or a Number']
  }
  return []
}
