import type { StandardFieldName } from '../../../fields/standard'
import { standardFields } from '../../../fields/standard'
import type { OidcSource, SamlSource } from '../../../sources/config'
import type { SourceDetails } from '../../../sources/details'

/** A field, as a guide asks for it. */
export interface GuideField {
  label: string
  attribute: string
  standard: StandardFieldName | undefined
  /** By which identifier, in its label, it names another user; undefined where it names none. */
  person: string | undefined
}

interface Facts {
  label: string
  /** Where a sign-in starts. */
  login: string
  /** Where the provider sends logout messages, and the browser after its own logout. */
  logout: string
  /** Login identifiers and required fields first. */
  fields: GuideField[]
  /** Which of the fields have to be sent, in words. */
  demands: string
}

/** What a guide needs to know of a SAML source. Holds no secret. */
export interface SamlFacts extends Facts {
  acs: string
  entityId: string
  metadata: string
  /** The last part of a well-known NameID format's name (SAML Core 8.3), else the whole name. */
  format: string
  signingCert: string | undefined
  encryptionCert: string | undefined
}

/** What a guide needs to know of an OpenID Connect source. Holds no secret. */
export interface OidcFacts extends Facts {
  redirect: string
  backchannelLogout: string
  clientId: string
  scopes: string[]
  responseMode: string
}

export function samlFacts(details: SourceDetails, { saml }: SamlSource): SamlFacts {
  return {
    ...facts(details, 'Sign-in URL'),
    acs: saml.callbackUrl,
    entityId: saml.issuer,
    metadata: configured(details, 'Metadata URL'),
    format: shortFormat(saml.identifierFormat),
    signingCert: saml.privateKey === undefined ? undefined : saml.publicCert,
    encryptionCert: saml.decryptionPvk === undefined ? undefined : saml.decryptionCert,
  }
}

export function oidcFacts(details: SourceDetails, { oidc }: OidcSource): OidcFacts {
  return {
    ...facts(details, 'Initiate login URI'),
    redirect: oidc.callbackURL,
    backchannelLogout: configured(details, 'Back-channel logout URI'),
    clientId: oidc.clientID,
    scopes: oidc.scope.split(' '),
    responseMode: oidc.responseMode ?? 'query',
  }
}

function facts(details: SourceDetails, loginName: string): Facts {
  const { label, loginIdentifiers, requiredFields, fieldMapping } = details
  const login = configured(details, loginName)
  const demanded = [...loginIdentifiers, ...requiredFields].map(({ path }) => path)
  const rank = (path: string): number => (demanded.includes(path) ? demanded.indexOf(path) : demanded.length)
  const fields = [...fieldMapping].sort((one, other) => rank(one.path) - rank(other.path))
  const required = requiredFields.length
    ? ` Without ${listed(requiredFields, 'and')} no new person gets an account.`
    : ''
  return {
    label,
    login,
    // A SAML source lists it only once it knows the provider's own, which comes from there.
    logout: new URL('logout', login).href,
    fields: fields.map((row) => ({ ...row, standard: standardOf(row), person: personOf(row) })),
    demands:
      `Send at least one login identifier: ${listed(loginIdentifiers, 'or')}.${required}` +
      ' Enter the names letter by letter; leave out the fields that you do not keep.',
  }
}

function configured({ configuration }: SourceDetails, name: string): string {
  return configuration.find((one) => one.name === name)?.value ?? ''
}

/** Which standard field a row is: by the end of its path, or by its label where the path is the app's own. */
function standardOf({ path, label, kind }: SourceDetails['fieldMapping'][number]): GuideField['standard'] {
  if (kind !== 'standard') return undefined
  const names = Object.keys(standardFields) as StandardFieldName[]
  const own = path.slice(path.lastIndexOf('.') + 1)
  return names.find((name) => name === own) ?? names.find((name) => standardFields[name].label === label)
}

function personOf({ type }: SourceDetails['fieldMapping'][number]): string | undefined {
  return /^user, by (.*)$/.exec(type)?.[1]
}

function shortFormat(urn: string | null | undefined): string {
  return /^urn:oasis:names:tc:SAML:[\d.]+:nameid-format:(\w+)$/.exec(urn ?? '')?.[1] ?? urn ?? 'persistent'
}

/** Attribute names in a sentence. */
export function listed(fields: readonly { attribute: string }[], word: 'and' | 'or'): string {
  const names = fields.map(({ attribute }) => `"${attribute}"`)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}
