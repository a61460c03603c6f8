import type { Schema, SchemaType } from 'mongoose'
import { catalogProblems } from './catalog-problems'
import { organizationProblems } from './organization-problems'
import type { FieldOptions, JitUserOptions } from './options'
import { hasDefault, isAlwaysRequired, isImmutable, typeName } from './schema-type'
import { isIdentifier, standardFields, standardName, type StandardFieldName } from './standard'

type AttributeNames = { readonly saml: readonly string[]; readonly oidc: readonly string[] }

/** A path of the user model that an identity provider may fill, with every default applied. */
export interface Field {
  readonly path: string
  readonly label: string
  readonly kind: 'standard' | 'custom'
  readonly standard: StandardFieldName | undefined
  /** `string`, `number`, `boolean`, `date`, ..., with `[]` appended for an array; `user, by E-mail` for a reference. */
  readonly type: string
  /** For a field that refers to a user: the login identifier that names that user. */
  readonly ref: Field | undefined
  /** The attribute names to try, in order. */
  readonly attribute: AttributeNames
  readonly identifier: boolean
  /** No user is created without it, and it is never cleared. */
  readonly required: boolean
  /** The schema fills it when no value is received. */
  readonly hasDefault: boolean
  /** The schema lets it be written only once, so it is provisioned and never synced. */
  readonly immutable: boolean
  /** Stored trimmed and in lower case, and looked up in any letter case: email and user name. */
  readonly caseBlind: boolean
  readonly array: boolean
  readonly transform: FieldOptions['transform']
  readonly schemaType: SchemaType
}

/**
 * Makes the fields from a schema and the plugin's options. Throws one Error that lists every problem, each
 * with its remedy.
 */
export function makeCatalog(schema: Schema, options: JitUserOptions): Field[] {
  const problems = [...catalogProblems(schema, options), ...organizationProblems(schema, options)]
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const entries = Object.entries(options.fields)
  const fields = entries.map(([path, entry]) => makeField(schema, path, entry === true ? {} : entry))
  return fields.map((field, i) => withReference(field, entries[i]![1], fields))
}

/** The type of a reference tells admins how the other user is named. */
function withReference(field: Field, entry: true | FieldOptions, fields: readonly Field[]): Field {
  const ref = entry === true ? undefined : fields.find(({ path }) => path === entry.ref)
  return ref ? Object.freeze({ ...field, ref, type: `user, by ${ref.label}` }) : field
}

export function makeField(schema: Schema, path: string, options: FieldOptions): Field {
  const name = standardName(path, options)
  const standard = name && standardFields[name]
  const schemaType = schema.path(path)
  const lastSegment = path.slice(path.lastIndexOf('.') + 1)
  return Object.freeze({
    path,
    label: options.label ?? standard?.label ?? lastSegment,
    kind: standard ? 'standard' : 'custom',
    standard: name,
    type: typeName(schemaType),
    ref: undefined,
    attribute: attributeNames(options.attribute, standard?.attribute ?? both(lastSegment)),
    identifier: isIdentifier(path, options),
    required: (options.required ?? standard?.role === 'required') || isAlwaysRequired(schemaType),
    hasDefault: hasDefault(schemaType),
    immutable: isImmutable(schemaType),
    caseBlind: (name === 'email' || name === 'username') && schemaType.instance === 'String',
    array: schemaType.instance === 'Array',
    transform: options.transform,
    schemaType,
  })
}

function attributeNames(
  given: FieldOptions['attribute'],
  defaults: { saml: string; oidc: string },
): AttributeNames {
  const { saml, oidc } = isNames(given) ? { saml: given, oidc: given } : (given ?? {})
  return Object.freeze({ saml: [saml ?? defaults.saml].flat(), oidc: [oidc ?? defaults.oidc].flat() })
}

function isNames(given: FieldOptions['attribute']): given is string | readonly string[] {
  return typeof given === 'string' || Array.isArray(given)
}

function both(name: string): { saml: string; oidc: string } {
  return { saml: name, oidc: name }
}
