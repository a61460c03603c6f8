// The fields and sources that an app writes.
import { createConnection, Schema } from 'mongoose'
import {
  type Assertion,
  type FieldOptions,
  type JitUserOptions,
  jitUser,
  mongoSources,
  type OidcOptions,
  type SamlOptions,
  type SourceConfig,
  type SourceDetails,
  standardFields,
} from 'passport-jit'
import { exactly } from './exactly.js'

export const saml: SourceConfig = {
  id: 'okta',
  protocol: 'saml',
  identifiers: ['email', 'employeeNumber'],
  provisioning: true,
  syncing: true,
  fields: { provision: 'all', sync: ['title'] },
  attributes: { title: 'jobTitle', department: ['department', 'ou'] },
  set: { role: 'member' },
  linking: 'trusted',
  domains: ['customer.example'],
  onAbsent: 'keep',
  onEmpty: 'clear',
  saml: {
    entryPoint: 'https://idp.example/sso',
    idpIssuer: 'https://idp.example',
    idpCert: ['one certificate', 'and the next'],
    identifierFormat: null,
    decryptionPvk: Buffer.from('a key'),
  },
}

export const oidc: SourceConfig = {
  id: 'entra',
  protocol: 'oidc',
  oidc: { issuer: 'https://idp.example', clientID: 'app', scope: ['profile', 'email'], maxAge: 0 },
}

// @ts-expect-error -- a source has an id
export const nameless: SourceConfig = { protocol: 'saml' }
// @ts-expect-error -- and a protocol
export const mute: SourceConfig = { id: 'okta' }
// @ts-expect-error -- of which there are two
export const old: SourceConfig = { id: 'okta', protocol: 'wsfed' }
// @ts-expect-error -- three ways of linking
export const eager: SourceConfig = { id: 'okta', protocol: 'saml', linking: 'always' }
// @ts-expect-error -- and no misspelt option
export const misspelt: SourceConfig = { id: 'okta', protocol: 'saml', provisoning: true }
// @ts-expect-error -- whom to believe has to be said
export const untrusted: SamlOptions = {
  entryPoint: 'https://idp.example/sso',
  idpIssuer: 'https://idp.example',
}
// @ts-expect-error -- SHA-1 is asked for with `allowSha1`
export const weak: SamlOptions['signatureAlgorithm'] = 'sha1'
// @ts-expect-error -- passport-openidconnect's spelling
export const spelling: OidcOptions = { issuer: 'https://idp.example', clientId: 'app' }

const connection = createConnection('mongodb://127.0.0.1/app')
export const stored = mongoSources(connection, { encryptionKey: [Buffer.alloc(32), 'another in base64'] })
export const put: Promise<void> = stored.put(saml)
// @ts-expect-error -- without a key nothing is stored
mongoSources(connection, {})

export const names: FieldOptions[] = [
  { attribute: ['email', 'upn'] },
  { attribute: { saml: ['email', 'mail'], oidc: 'email' } },
]
export const custom: FieldOptions = {
  label: 'Start date',
  attribute: { saml: 'startDate', oidc: 'start_date' },
  standard: 'startDate',
  sensitive: false,
  transform(value, { source, path, attributes }) {
    exactly<unknown>()(value, true)
    exactly<string>()(source, true)
    exactly<string>()(path, true)
    exactly<Readonly<Record<string, unknown>>>()(attributes, true)
    return [value].flat()
  },
}
// @ts-expect-error -- a field is on, or has options
export const off: JitUserOptions = { fields: { email: false } }
// @ts-expect-error -- there is no such standard field
export const unknown: FieldOptions = { standard: 'shoeSize' }
new Schema({ email: String }).plugin(jitUser, { fields: { email: true, 'custom.startDate': custom } })
// @ts-expect-error -- the plugin needs fields
new Schema({ email: String }).plugin(jitUser, {})

export const transient: Assertion = {
  issuer: 'https://idp.example',
  subject: null,
  attributes: { email: 'ann@customer.example', skills: ['chess'], remote: true, desk: 7, manager: null },
  emailVerified: true,
}
// @ts-expect-error -- a person without a permanent name is said with null
export const subjectless: Assertion = { issuer: 'https://idp.example', attributes: {} }
// @ts-expect-error -- a provider that says nothing says nothing
export const vague: Assertion = { ...transient, emailVerified: 'true' }

export function mapping({ fieldMapping, configuration }: SourceDetails): string[] {
  return [
    ...fieldMapping.map(({ path, attribute, kind }) => `${path} ${attribute} ${kind}`),
    ...configuration.map(({ name, value }) => `${name} ${value}`),
    standardFields.email.attribute.oidc,
  ]
}
