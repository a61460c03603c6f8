import { standardFields, type StandardFieldName } from '../../../fields/standard'
import type { GuideField, OidcFacts, SamlFacts } from './facts'

/** How sources are set up in one product, in that product's own words. */
export interface ProductGuide {
  id: string
  name: string
  saml: (source: SamlFacts) => Steps
  oidc: (source: OidcFacts) => Steps
}

/** A step, or undefined where a source has no use for it. */
export type Steps = (SetupStep | undefined)[]

/** One thing to do in a product's console. Plain text throughout. */
export interface SetupStep {
  title: string
  text: string
  /** What to enter, each under the name that the product gives it; in order, and maybe none. */
  values: SetupValue[]
}

export interface SetupValue {
  name: string
  value: string
}

/** `values`: by the names that the product gives them; those that are undefined are left out. */
export function step(
  title: string,
  text: string,
  values: Record<string, string | undefined> = {},
): SetupStep {
  const entered = Object.entries(values).flatMap(([name, value]) => (value ? [{ name, value }] : []))
  return { title, text, values: entered }
}

/** A product's console for fields: what it calls a field's name there, and where the value comes from. */
export interface FieldConsole {
  name: string
  from: string
  /** Where each standard field usually comes from. */
  usual: Partial<Record<StandardFieldName, string>>
  /** Where the e-mail address of the manager comes from. */
  managersEmail?: string
}

/** The step about fields that have to be set up; undefined where there are none. */
export function fieldStep(
  title: string,
  text: string,
  { demands }: Pick<SamlFacts, 'demands'>,
  fields: readonly GuideField[],
  console: FieldConsole,
): SetupStep | undefined {
  if (fields.length === 0) return undefined
  const values = fields.flatMap((field) => {
    const { label, attribute } = field
    const source = usualSource(field, console)
    return [
      { name: `${label}: ${console.name}`, value: attribute },
      ...(source ? [{ name: `${label}: ${console.from}`, value: source }] : []),
    ]
  })
  const people = fields.flatMap(({ attribute, person }) =>
    person === undefined ? [] : ` For "${attribute}" send that other person’s ${person}, not their name.`,
  )
  return { title, text: `${text} ${demands}${people.join('')}`, values }
}

function usualSource({ standard, person }: GuideField, console: FieldConsole): string | undefined {
  if (person === undefined) return standard && console.usual[standard]
  return standard === 'manager' && person === standardFields.email.label ? console.managersEmail : undefined
}

/** What a product calls the formats of a NameID. */
type FormatWords = Partial<Record<'persistent' | 'emailAddress' | 'unspecified' | 'transient', string>>

/** The NameID format of a source in a product's own word, or by its full name. */
export function formatIn(words: FormatWords, { format }: SamlFacts): string {
  if (format in words) return words[format as keyof FormatWords]!
  if (format.includes(':')) return format
  const version = format === 'persistent' || format === 'transient' ? '2.0' : '1.1'
  return `urn:oasis:names:tc:SAML:${version}:nameid-format:${format}`
}

/** Only for a source that signs its requests. */
export function signingStep({ signingCert }: SamlFacts, text: string, name: string): SetupStep | undefined {
  return signingCert ? step('Let it check our requests', text, { [name]: signingCert }) : undefined
}

/** Only for a source that reads encrypted assertions. */
export function encryptionStep({ encryptionCert }: SamlFacts, text: string, name: string): Steps[number] {
  return encryptionCert ? step('Have assertions encrypted', text, { [name]: encryptionCert }) : undefined
}

/** For a provider that takes signed logout requests alone: `text` counts once the source signs. */
export function signedLogoutStep(
  { signingCert }: SamlFacts,
  text: string,
  values: Record<string, string>,
): SetupStep {
  const unsigned =
    'Optional, and only for a source that signs: give it a private key and its certificate first, under More connection settings here.'
  return signingCert ? logoutStep(text, values) : step(logoutTitle, unsigned)
}

/** Single logout, which a source may do without. */
export function logoutStep(text: string, values: Record<string, string>): SetupStep {
  return step(logoutTitle, `Optional. ${text}`, values)
}

const logoutTitle = 'Sign people out there too'

/** The last thing of every SAML guide. */
export function bringMetadata(from: string): SetupStep {
  return step(
    'Bring its metadata here',
    `${from} Then edit this source here and paste the XML, or give its https address, as identity provider metadata.`,
  )
}

/** The last thing of every OpenID Connect guide. */
export function bringClient(from: string, issuer: string): SetupStep {
  return step(
    'Bring the client here',
    `${from} Then edit this source here and enter them, and as issuer ${issuer}.`,
  )
}

/** Which claims a scope asks for (OpenID Connect Core 5.4). */
const claimsOfScope: Record<string, string[]> = {
  profile: [
    ...['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile'],
    ...['picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  ],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  address: ['address'],
}

/** The claims that a provider sends by itself for the scopes that are asked for. */
export function sentByScope({ scopes }: OidcFacts): string[] {
  return scopes.flatMap((scope) => claimsOfScope[scope] ?? [])
}

/** The fields that a provider does not send by itself. A dotted name is a path into a claim. */
export function unsent({ fields }: OidcFacts, sent: readonly string[]): GuideField[] {
  return fields.filter(
    ({ attribute }) => !sent.includes(attribute) && !sent.includes(attribute.split('.')[0]!),
  )
}
