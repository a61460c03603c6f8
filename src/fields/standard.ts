/** A standard field's defaults. Frozen; its key in `standardFields` is the model's path. */
export interface StandardField {
  readonly label: string
  /** The default attribute name for each protocol. */
  readonly attribute: { readonly saml: string; readonly oidc: string }
  /** `identifier`: a login identifier by default; `required`: no user is created without it by default. */
  readonly role?: 'identifier' | 'required'
}

/** Label, claim name, role. The SAML attribute name is the key. */
const table = {
  email: ['E-mail', 'email', 'identifier'],
  username: ['User name', 'preferred_username', 'identifier'],
  firstName: ['First name', 'given_name', 'required'],
  lastName: ['Last name', 'family_name', 'required'],
  displayName: ['Display name', 'name'],
  employeeNumber: ['Employee number', 'employee_number'],
  phoneNumber: ['Phone number', 'phone_number'],
  mobile: ['Mobile', 'mobile'],
  title: ['Title', 'title'],
  department: ['Department', 'department'],
  division: ['Division', 'division'],
  company: ['Company', 'company'],
  manager: ['Manager', 'manager'],
  location: ['Location', 'location'],
  street: ['Street', 'address.street_address'],
  city: ['City', 'address.locality'],
  state: ['State', 'address.region'],
  postalCode: ['Postal code', 'address.postal_code'],
  country: ['Country', 'address.country'],
  timezone: ['Time zone', 'zoneinfo'],
  locale: ['Locale', 'locale'],
  birthdate: ['Date of birth', 'birthdate'],
  startDate: ['Start date', 'start_date'],
  picture: ['Picture', 'picture'],
  bio: ['About', 'bio'],
  pronouns: ['Pronouns', 'pronouns'],
} satisfies Record<string, [label: string, claim: string, role?: StandardField['role']]>

export type StandardFieldName = keyof typeof table

/**
 * The fields that this library knows. The SAML attribute name is the field's own name; the claim name is that of
 * OpenID Connect Core 5.1 and 5.1.1 where it defines one.
 */
export const standardFields: Readonly<Record<StandardFieldName, StandardField>> = Object.freeze(
  Object.fromEntries(
    Object.entries(table).map(([name, [label, oidc, role]]) => [
      name,
      Object.freeze({ label, attribute: Object.freeze({ saml: name, oidc }), ...(role && { role }) }),
    ]),
  ) as unknown as Record<StandardFieldName, StandardField>,
)

export function isStandardName(name: string): name is StandardFieldName {
  return Object.hasOwn(standardFields, name)
}

/** The standard field that a path holds, if any. */
export function standardName(path: string, options: { standard?: string }): StandardFieldName | undefined {
  const { standard = path } = options
  return isStandardName(standard) ? standard : undefined
}

/** Whether a field is a login identifier. `entry` is the app's, and not checked yet. */
export function isIdentifier(path: string, entry: unknown): boolean {
  const options: { identifier?: boolean; standard?: string } =
    typeof entry === 'object' && entry !== null ? entry : {}
  const name = standardName(path, options)
  return options.identifier ?? (name !== undefined && standardFields[name].role === 'identifier')
}
