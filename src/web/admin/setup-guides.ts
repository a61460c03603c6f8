import type { StandardFieldName } from '../../fields/standard'
import { standardFields } from '../../fields/standard'
import type { OidcSource, SamlSource, Source } from '../../sources/config'
import type { SourceDetails } from '../../sources/details'

export type SetupProduct = 'okta' | 'entra' | 'google' | 'keycloak' | 'adfs' | 'onelogin' | 'generic'

/** The products that have a guide, in the order in which they are offered. */
export const setupProducts: readonly { id: SetupProduct; name: string }[] = [
  { id: 'okta', name: 'Okta' },
  { id: 'entra', name: 'Microsoft Entra ID' },
  { id: 'google', name: 'Google Workspace' },
  { id: 'keycloak', name: 'Keycloak' },
  { id: 'adfs', name: 'AD FS' },
  { id: 'onelogin', name: 'OneLogin' },
  { id: 'generic', name: 'Another identity provider' },
]

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

/** How to set a source up in a product, step by step, in that product's own words. Holds no secret. */
export function setupGuide(product: SetupProduct, details: SourceDetails, source: Source): SetupStep[] {
  const steps =
    source.protocol === 'saml'
      ? samlGuides[product](samlFacts(details, source))
      : oidcGuides[product](oidcFacts(details, source))
  return steps.filter((one) => one !== undefined)
}

/** A step, or undefined where this source has no use for it. */
type Steps = (SetupStep | undefined)[]

interface GuideField {
  label: string
  attribute: string
  standard: StandardFieldName | undefined
}

interface Facts {
  label: string
  login: string
  /** Login identifiers and required fields first. */
  fields: GuideField[]
  /** Which of the fields have to be sent. */
  demands: string
}

interface SamlFacts extends Facts {
  acs: string
  entityId: string
  metadata: string
  /** As `nameIdFormat` gives it. */
  format: string
  signingCert: string | undefined
  encryptionCert: string | undefined
}

interface OidcFacts extends Facts {
  redirect: string
  clientId: string
  scopes: string[]
  responseMode: string
}

function samlFacts(details: SourceDetails, { saml }: SamlSource): SamlFacts {
  return {
    ...facts(details, 'Sign-in URL'),
    acs: saml.callbackUrl,
    entityId: saml.issuer,
    metadata: configured(details, 'Metadata URL'),
    format: nameIdFormat(saml.identifierFormat),
    signingCert: saml.privateKey === undefined ? undefined : saml.publicCert,
    encryptionCert: saml.decryptionPvk === undefined ? undefined : saml.decryptionCert,
  }
}

function oidcFacts(details: SourceDetails, { oidc }: OidcSource): OidcFacts {
  return {
    ...facts(details, 'Initiate login URI'),
    redirect: oidc.callbackURL,
    clientId: oidc.clientID,
    scopes: oidc.scope.split(' '),
    responseMode: oidc.responseMode ?? 'query',
  }
}

function facts(details: SourceDetails, login: string): Facts {
  const { label, loginIdentifiers, requiredFields, fieldMapping } = details
  const demanded = [...loginIdentifiers, ...requiredFields].map(({ path }) => path)
  const rank = (path: string): number => (demanded.includes(path) ? demanded.indexOf(path) : demanded.length)
  const fields = [...fieldMapping].sort((one, other) => rank(one.path) - rank(other.path))
  const required = requiredFields.length
    ? ` Without ${listed(requiredFields, 'and')} no new person gets an account.`
    : ''
  return {
    label,
    login: configured(details, login),
    fields: fields.map((row) => ({ ...row, standard: standardOf(row) })),
    demands:
      `Send at least one login identifier: ${listed(loginIdentifiers, 'or')}.${required}` +
      ' Enter the names letter by letter; leave out the fields that you do not keep.',
  }
}

function configured({ configuration }: SourceDetails, name: string): string {
  return configuration.find((one) => one.name === name)?.value ?? ''
}

function listed(fields: { attribute: string }[], word: 'and' | 'or'): string {
  const names = fields.map(({ attribute }) => `"${attribute}"`)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}

/** Which standard field a row is: by the end of its path, or by its label where the path is the app's own. */
function standardOf({ path, label, kind }: SourceDetails['fieldMapping'][number]): GuideField['standard'] {
  if (kind !== 'standard') return undefined
  const names = Object.keys(standardFields) as StandardFieldName[]
  const own = path.slice(path.lastIndexOf('.') + 1)
  return names.find((name) => name === own) ?? names.find((name) => standardFields[name].label === label)
}

type NameIdFormat = 'persistent' | 'emailAddress' | 'unspecified' | 'transient'

/** The last part of a well-known format's name (SAML Core 8.3), else the whole name. */
function nameIdFormat(urn: string | null | undefined): string {
  return /^urn:oasis:names:tc:SAML:[\d.]+:nameid-format:(\w+)$/.exec(urn ?? '')?.[1] ?? urn ?? 'persistent'
}

function step(title: string, text: string, ...values: (SetupValue | undefined)[]): SetupStep {
  return { title, text, values: values.filter((one) => one !== undefined) }
}

function value(name: string, entered: string | undefined): SetupValue | undefined {
  return entered ? { name, value: entered } : undefined
}

/** Where each standard field usually comes from, in a product's own names. */
type UsualSources = Partial<Record<StandardFieldName, string>>

/** What to enter per field: its name, and where the product usually has it. */
function rows(fields: GuideField[], name: string, from: string, usual: UsualSources): SetupValue[] {
  return fields.flatMap(({ label, attribute, standard }) => {
    const source = standard && usual[standard]
    return [
      { name: `${label}: ${name}`, value: attribute },
      ...(source ? [{ name: `${label}: ${from}`, value: source }] : []),
    ]
  })
}

const oktaSources: UsualSources = {
  email: 'user.email',
  username: 'user.login',
  firstName: 'user.firstName',
  lastName: 'user.lastName',
  displayName: 'user.displayName',
  employeeNumber: 'user.employeeNumber',
  phoneNumber: 'user.primaryPhone',
  mobile: 'user.mobilePhone',
  title: 'user.title',
  department: 'user.department',
  division: 'user.division',
  company: 'user.organization',
  manager: 'user.manager',
  street: 'user.streetAddress',
  city: 'user.city',
  state: 'user.state',
  postalCode: 'user.zipCode',
  country: 'user.countryCode',
  timezone: 'user.timezone',
  locale: 'user.locale',
}

const entraSources: UsualSources = {
  email: 'user.mail',
  username: 'user.userprincipalname',
  firstName: 'user.givenname',
  lastName: 'user.surname',
  displayName: 'user.displayname',
  employeeNumber: 'user.employeeid',
  phoneNumber: 'user.telephonenumber',
  mobile: 'user.mobilephone',
  title: 'user.jobtitle',
  department: 'user.department',
  company: 'user.companyname',
  location: 'user.physicaldeliveryofficename',
  street: 'user.streetaddress',
  city: 'user.city',
  state: 'user.state',
  postalCode: 'user.postalcode',
  country: 'user.country',
  locale: 'user.preferredlanguage',
}

const googleSources: UsualSources = {
  email: 'Primary email',
  username: 'Primary email',
  firstName: 'First name',
  lastName: 'Last name',
  employeeNumber: 'Employee ID',
  title: 'Title',
  department: 'Department',
}

const keycloakSources: UsualSources = {
  email: 'email',
  username: 'username',
  firstName: 'firstName',
  lastName: 'lastName',
}

const adfsSources: UsualSources = {
  email: 'E-Mail-Addresses',
  username: 'User-Principal-Name',
  firstName: 'Given-Name',
  lastName: 'Surname',
  displayName: 'Display-Name',
  employeeNumber: 'Employee-Number',
  phoneNumber: 'Telephone-Number',
  title: 'Title',
  department: 'Department',
  division: 'Division',
  company: 'Company',
  location: 'Physical-Delivery-Office-Name',
  city: 'Locality-Name',
  state: 'State-Or-Province-Name',
  postalCode: 'Postal-Code',
}

const oneloginSources: UsualSources = {
  email: 'Email',
  username: 'Username',
  firstName: 'First Name',
  lastName: 'Last Name',
  phoneNumber: 'Phone',
  title: 'Title',
  department: 'Department',
  company: 'Company',
}

const samlGuides: Record<SetupProduct, (saml: SamlFacts) => Steps> = {
  okta: oktaSaml,
  entra: entraSaml,
  google: googleSaml,
  keycloak: keycloakSaml,
  adfs: adfsSaml,
  onelogin: oneloginSaml,
  generic: genericSaml,
}

const oidcGuides: Record<SetupProduct, (oidc: OidcFacts) => Steps> = {
  okta: oktaOidc,
  entra: entraOidc,
  google: googleOidc,
  keycloak: keycloakOidc,
  adfs: adfsOidc,
  onelogin: oneloginOidc,
  generic: genericOidc,
}

/** The last thing of every SAML guide. */
function bringBack(from: string): SetupStep {
  return step(
    'Bring its metadata here',
    `${from} Then edit this source here and paste the XML, or give its https address, as identity provider metadata.`,
  )
}

function bringClientBack(from: string, issuer: string): SetupStep {
  return step(
    'Bring the client here',
    `${from} Then edit this source here and enter them, and as issuer ${issuer}.`,
  )
}

function oktaSaml(saml: SamlFacts): Steps {
  const formats = {
    persistent: 'Persistent',
    emailAddress: 'EmailAddress',
    unspecified: 'Unspecified',
    transient: 'Transient',
  }
  return [
    step(
      'Create the app integration',
      'In the Admin Console open Applications > Applications, choose Create App Integration, then SAML 2.0, and give it a name.',
      value('App name', saml.label),
    ),
    step(
      'Configure SAML',
      'Leave "Use this for Recipient URL and Destination URL" ticked and Default RelayState empty.',
      value('Single sign-on URL', saml.acs),
      value('Audience URI (SP Entity ID)', saml.entityId),
      value('Name ID format', inWords(saml.format, formats)),
    ),
    step(
      'Add attribute statements',
      `Add one row per field under Attribute Statements, with Name format Unspecified. ${saml.demands}`,
      ...rows(saml.fields, 'Name', 'Value', oktaSources),
    ),
    signing(
      saml,
      'Under Show Advanced Settings upload this as Signature Certificate and tick Signed Requests.',
      'Signature Certificate',
    ),
    encryption(
      saml,
      'Under Show Advanced Settings set Assertion Encryption to Encrypted and upload this certificate.',
      'Encryption Certificate',
    ),
    step('Assign people', 'On the Assignments tab assign the people or groups who may sign in.'),
    bringBack('On the Sign On tab copy the Metadata URL.'),
  ]
}

function entraSaml(saml: SamlFacts): Steps {
  const formats = {
    persistent: 'Persistent',
    emailAddress: 'Email address',
    unspecified: 'Unspecified',
    transient: 'Transient',
  }
  return [
    step(
      'Create the application',
      'In the Microsoft Entra admin center open Enterprise applications > New application > Create your own application, and choose "Integrate any other application you don\'t find in the gallery (Non-gallery)".',
      value("What's the name of your app?", saml.label),
    ),
    step(
      'Fill in Basic SAML Configuration',
      'In the application open Single sign-on, choose SAML, and edit Basic SAML Configuration.',
      value('Identifier (Entity ID)', saml.entityId),
      value('Reply URL (Assertion Consumer Service URL)', saml.acs),
      value('Sign on URL', saml.login),
    ),
    step(
      'Set the Name ID',
      'Edit Attributes & Claims, open Unique User Identifier (Name ID), and choose a source attribute that never changes.',
      value('Name identifier format', inWords(saml.format, formats)),
      value('Source attribute', saml.format === 'emailAddress' ? 'user.mail' : 'user.objectid'),
    ),
    step(
      'Add claims',
      `Choose Add new claim for each field and leave Namespace empty, since the claims that are there already have longer names. ${saml.demands}`,
      ...rows(saml.fields, 'Name', 'Source attribute', entraSources),
    ),
    signing(
      saml,
      'Under SAML Certificates edit Verification certificates, tick Require verification certificates, and upload this one.',
      'Verification certificate',
    ),
    encryption(
      saml,
      'Under Token encryption import this certificate and activate it.',
      'Token encryption certificate',
    ),
    step('Assign people', 'Under Users and groups assign the people or groups who may sign in.'),
    bringBack('Under SAML Certificates copy the App Federation Metadata Url.'),
  ]
}

function googleSaml(saml: SamlFacts): Steps {
  const formats = {
    persistent: 'PERSISTENT',
    emailAddress: 'EMAIL',
    unspecified: 'UNSPECIFIED',
    transient: 'TRANSIENT',
  }
  return [
    step(
      'Add a custom SAML app',
      'In the Google Admin console open Apps > Web and mobile apps, choose Add app > Add custom SAML app, and give it a name.',
      value('App name', saml.label),
    ),
    bringBack('On the page Google Identity Provider details choose Download metadata, then Continue.'),
    step(
      'Enter the service provider details',
      'Tick Signed response, and leave Name ID at Basic Information > Primary email.',
      value('ACS URL', saml.acs),
      value('Entity ID', saml.entityId),
      value('Start URL (optional)', saml.login),
      value('Name ID format', inWords(saml.format, formats)),
    ),
    step(
      'Map attributes',
      `Choose Add mapping for each field; what your directory lacks can be a custom attribute of the user. ${saml.demands}`,
      ...rows(saml.fields, 'App attributes', 'Google Directory attributes', googleSources),
    ),
    step(
      'Turn it on',
      'Open User access and set the service to ON for everyone, or for the organizational units or groups that may sign in.',
    ),
  ]
}

function keycloakSaml(saml: SamlFacts): Steps {
  const formats = { persistent: 'persistent', emailAddress: 'email', unspecified: 'username' }
  return [
    step(
      'Create the client',
      'In the realm open Clients, choose Create client, and SAML as Client type. Or choose Import client and give the metadata of this source as a file.',
      value('Client ID', saml.entityId),
      value('Name', saml.label),
      value('Metadata URL', saml.metadata),
    ),
    step(
      'Enter the addresses',
      'On the Settings tab fill in Access settings.',
      value('Valid redirect URIs', saml.acs),
      value('Master SAML Processing URL', saml.acs),
    ),
    step(
      'Set what is signed',
      `Turn Sign documents or Sign assertions on, with RSA_SHA256. ${
        saml.signingCert
          ? 'On the Keys tab leave Client signature required on and import the certificate.'
          : 'On the Keys tab turn Client signature required off, since this source does not sign its requests.'
      }`,
      value('Name ID format', inWords(saml.format, formats)),
      value('Signature algorithm', 'RSA_SHA256'),
      value('Signing keys config: certificate', saml.signingCert),
    ),
    encryption(
      saml,
      'On the Keys tab turn Encrypt assertions on and import this certificate.',
      'Encryption keys config: certificate',
    ),
    step(
      'Add mappers',
      `On the Client scopes tab open the dedicated scope, and choose Add mapper > By configuration > User Attribute for each field (User Property in older versions, for user name, e-mail, first and last name), with SAML Attribute NameFormat Basic. ${saml.demands}`,
      ...rows(saml.fields, 'SAML Attribute Name', 'User Attribute', keycloakSources),
    ),
    bringBack('Under Realm settings > Endpoints copy the address of SAML 2.0 Identity Provider Metadata.'),
  ]
}

function adfsSaml(saml: SamlFacts): Steps {
  return [
    step(
      'Add a relying party trust',
      'In AD FS Management choose Add Relying Party Trust, then Claims aware. Import data about the relying party from its metadata address (step by step: enter data manually).',
      value('Federation metadata address', saml.metadata),
      value('Display name', saml.label),
    ),
    step(
      'Or enter the data manually',
      'Only where AD FS cannot reach the metadata address: enable support for the SAML 2.0 WebSSO protocol.',
      value('Relying party SAML 2.0 SSO service URL', saml.acs),
      value('Relying party trust identifier', saml.entityId),
    ),
    step(
      'Send attributes',
      `Choose Edit Claim Issuance Policy > Add Rule > Send LDAP Attributes as Claims, with Active Directory as attribute store, and type the Outgoing Claim Type instead of choosing one from the list. ${saml.demands}`,
      ...rows(saml.fields, 'Outgoing Claim Type', 'LDAP Attribute', adfsSources),
    ),
    step(
      'Send a Name ID',
      'In the same rule add a row for the Name ID, from an attribute that never changes.',
      value('Name ID: LDAP Attribute', saml.format === 'emailAddress' ? 'E-Mail-Addresses' : 'objectGUID'),
      value('Name ID: Outgoing Claim Type', 'Name ID'),
    ),
    signing(
      saml,
      'In the Properties of the trust add this on the Signature tab, where metadata was not imported.',
      'Signature',
    ),
    encryption(
      saml,
      'In the Properties of the trust add this on the Encryption tab, where metadata was not imported.',
      'Encryption',
    ),
    bringBack('Download https://(your AD FS server)/FederationMetadata/2007-06/FederationMetadata.xml.'),
  ]
}

function oneloginSaml(saml: SamlFacts): Steps {
  const formats = {
    persistent: 'Persistent',
    emailAddress: 'Email',
    unspecified: 'Unspecified',
    transient: 'Transient',
  }
  return [
    step(
      'Add the connector',
      'Under Applications > Applications choose Add App, find SAML Custom Connector (Advanced), and save it.',
      value('Display Name', saml.label),
    ),
    step(
      'Fill in the Configuration tab',
      'Choose Service Provider as SAML initiator; the validator is the same address as a regular expression.',
      value('Audience (EntityID)', saml.entityId),
      value('Recipient', saml.acs),
      value('ACS (Consumer) URL Validator', `^${escapeForPattern(saml.acs)}$`),
      value('ACS (Consumer) URL', saml.acs),
      value('Login URL', saml.login),
      value('SAML nameID format', inWords(saml.format, formats)),
    ),
    step(
      'Add parameters',
      `On the Parameters tab add one field each, and tick Include in SAML assertion. ${saml.demands}`,
      ...rows(saml.fields, 'Field name', 'Value', oneloginSources),
    ),
    encryption(
      saml,
      'On the Configuration tab tick Encrypt assertion and enter this certificate.',
      'SAML Encryption: Public key',
    ),
    step(
      'Set the signature algorithm',
      'On the SSO tab choose the algorithm; SHA-1 is refused here.',
      value('SAML Signature Algorithm', 'SHA-256'),
    ),
    step('Give access', 'On the Access tab choose the roles that may sign in.'),
    bringBack('Under More Actions choose SAML Metadata.'),
  ]
}

function genericSaml(saml: SamlFacts): Steps {
  return [
    step(
      'Add a service provider',
      'Where the identity provider can import the metadata of a service provider, give it this address or the file that it downloads; the names below are then filled in.',
      value('Metadata URL', saml.metadata),
    ),
    step(
      'Or enter it by hand',
      'Products name these values differently: ACS URL is also called Reply URL or Single sign-on URL, and entity ID Audience.',
      value('ACS URL (HTTP-POST)', saml.acs),
      value('Entity ID', saml.entityId),
      value('Sign-in URL', saml.login),
      value('NameID format', samlFormat(saml.format)),
    ),
    step(
      'Send attributes',
      `Have the assertion hold one attribute per field, with exactly this Name. ${saml.demands}`,
      ...rows(saml.fields, 'Name', 'Value', {}),
    ),
    signing(
      saml,
      'This source signs its requests; this is the certificate to check them with.',
      'Certificate',
    ),
    encryption(saml, 'Assertions may be encrypted for this certificate.', 'Certificate'),
    bringBack('Download the metadata of the identity provider, or copy their address.'),
  ]
}

/** A NameID format in a product's own word, or its full name. */
function inWords(format: string, words: Partial<Record<NameIdFormat, string>>): string {
  return words[format as NameIdFormat] ?? samlFormat(format)
}

function samlFormat(format: string): string {
  if (format.includes(':')) return format
  const version = format === 'persistent' || format === 'transient' ? '2.0' : '1.1'
  return `urn:oasis:names:tc:SAML:${version}:nameid-format:${format}`
}

function signing({ signingCert }: SamlFacts, text: string, name: string): SetupStep | undefined {
  return signingCert ? step('Let it check our requests', text, value(name, signingCert)) : undefined
}

function encryption({ encryptionCert }: SamlFacts, text: string, name: string): SetupStep | undefined {
  return encryptionCert ? step('Have assertions encrypted', text, value(name, encryptionCert)) : undefined
}

function escapeForPattern(url: string): string {
  return url.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
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
function sentByScope({ scopes }: OidcFacts): string[] {
  return scopes.flatMap((scope) => claimsOfScope[scope] ?? [])
}

/** The fields that a provider does not send by itself. A dotted name is a path into a claim. */
function unsent({ fields }: OidcFacts, sent: string[]): GuideField[] {
  return fields.filter(
    ({ attribute }) => !sent.includes(attribute) && !sent.includes(attribute.split('.')[0]!),
  )
}

/** The step about the fields that a provider does not send by itself; none where it sends them all. */
function claims(oidc: OidcFacts, missing: GuideField[], table: ClaimTable): SetupStep | undefined {
  if (missing.length === 0) return undefined
  const { title, text, name, from, usual } = table
  return step(title, `${text} ${oidc.demands}`, ...rows(missing, name, from, usual))
}

/** Where a product's console has claims, and how it calls their name and where they come from. */
interface ClaimTable {
  title: string
  text: string
  name: string
  from: string
  usual: UsualSources
}

function oktaOidc(oidc: OidcFacts): Steps {
  return [
    step(
      'Create the app integration',
      'In the Admin Console open Applications > Applications, choose Create App Integration, then OIDC - OpenID Connect and Web Application.',
      value('App integration name', oidc.label),
    ),
    step(
      'Enter the addresses',
      'Tick Authorization Code as Grant type. After saving, require PKCE under Client Credentials.',
      value('Sign-in redirect URIs', oidc.redirect),
      value('Initiate login URI', oidc.login),
    ),
    claims(oidc, unsent(oidc, sentByScope(oidc)), {
      title: 'Add claims',
      text: 'Names and e-mail come with their scopes. For the other fields open Security > API > Authorization Servers, choose the server, and on its Claims tab choose Add Claim, with ID Token and Always as token type and Expression as value type.',
      name: 'Name',
      from: 'Value',
      usual: oktaSources,
    }),
    step('Assign people', 'On the Assignments tab assign the people or groups who may sign in.'),
    bringClientBack(
      'On the General tab copy Client ID and Client secret.',
      'the Issuer URI of the authorization server, such as https://(your Okta domain)/oauth2/default',
    ),
  ]
}

/** Claims that an app registration sends once they are chosen as optional claims. */
const entraOptionalClaims = ['email', 'family_name', 'given_name']

/** These, and what the scope `profile` brings. */
const entraClaims = [...entraOptionalClaims, 'name', 'preferred_username']

function entraOidc(oidc: OidcFacts): Steps {
  const optional = oidc.fields.filter(({ attribute }) => entraOptionalClaims.includes(attribute))
  return [
    step(
      'Register the application',
      'In the Microsoft Entra admin center open App registrations > New registration, for Accounts in this organizational directory only, with Web as platform.',
      value('Name', oidc.label),
      value('Redirect URI', oidc.redirect),
    ),
    optional.length > 0
      ? step(
          'Add optional claims',
          'Under Token configuration choose Add optional claim, token type ID, and accept the permissions that it asks for.',
          ...optional.map(({ label, attribute }) => ({ name: `${label}: Claim`, value: attribute })),
        )
      : undefined,
    claims(oidc, unsent(oidc, entraClaims), {
      title: 'Add the other claims',
      text: 'Under Enterprise applications open the same application, Single sign-on, and edit Attributes & Claims; in the Manifest of the registration set acceptMappedClaims to true.',
      name: 'Name',
      from: 'Source attribute',
      usual: entraSources,
    }),
    step(
      'Set the home page',
      'Under Branding & properties, so that My Apps starts sign-in here.',
      value('Home page URL', oidc.login),
    ),
    bringClientBack(
      'Copy Application (client) ID, and under Certificates & secrets the Value of a new client secret.',
      'https://login.microsoftonline.com/(Directory (tenant) ID)/v2.0',
    ),
  ]
}

/** All that Google's ID token and UserInfo hold. */
const googleClaims = ['email', 'name', 'given_name', 'family_name', 'picture']

function googleOidc(oidc: OidcFacts): Steps {
  const never = unsent(oidc, googleClaims)
  return [
    step(
      'Prepare the consent screen',
      'Custom OpenID Connect apps are made in the Google Cloud console: in a project of your organization open Google Auth Platform > Branding, and choose Internal as audience, so that only your people can sign in.',
      value('App name', oidc.label),
    ),
    step(
      'Create the client',
      'Under Clients choose Create client, with Web application as Application type.',
      value('Name', oidc.label),
      value('Authorized redirect URIs', oidc.redirect),
    ),
    step(
      'Know what Google sends',
      never.length > 0
        ? `Google sends only ${googleClaims.join(', ')}, and no other claim can be added: ${listed(never, 'and')} will not arrive. Use SAML where they are needed.`
        : 'Google sends every field of this source by itself; there is nothing to map.',
    ),
    bringClientBack('Copy Client ID and Client secret.', 'https://accounts.google.com'),
  ]
}

function keycloakOidc(oidc: OidcFacts): Steps {
  return [
    step(
      'Create the client',
      'In the realm open Clients, choose Create client, and OpenID Connect as Client type.',
      value('Client ID', oidc.clientId),
      value('Name', oidc.label),
    ),
    step(
      'Set capability and addresses',
      'Turn Client authentication on, leave only Standard flow, and demand PKCE.',
      value('Valid redirect URIs', oidc.redirect),
      value('Home URL', oidc.login),
      value('PKCE Method', 'S256'),
    ),
    claims(oidc, unsent(oidc, sentByScope(oidc)), {
      title: 'Add mappers',
      text: 'Names and e-mail come with their scopes. For the other fields open the dedicated scope on the Client scopes tab, choose Add mapper > By configuration > User Attribute, and turn Add to ID token on.',
      name: 'Token Claim Name',
      from: 'User Attribute',
      usual: keycloakSources,
    }),
    bringClientBack(
      'Copy Client ID, and the Client Secret from the Credentials tab.',
      'https://(your Keycloak)/realms/(realm)',
    ),
  ]
}

function adfsOidc(oidc: OidcFacts): Steps {
  const isReady = oidc.scopes.includes('allatclaims') && oidc.responseMode === 'form_post'
  return [
    step(
      'Add an application group',
      'In AD FS Management open Application Groups, choose Add Application Group, and Server application accessing a web API. Note the Client Identifier.',
      value('Name', oidc.label),
      value('Redirect URI', oidc.redirect),
    ),
    step(
      'Make the secret and the web API',
      'Choose Generate a shared secret and note it. As Identifier of the web API enter the Client Identifier itself, or the ID token stays without claims. Then tick the permitted scopes.',
      value('Permitted scopes', [...new Set([...oidc.scopes, 'allatclaims'])].join(' ')),
    ),
    step(
      'Send claims',
      `In the properties of the web API, on Issuance Transform Rules, choose Add Rule > Send LDAP Attributes as Claims, with Active Directory as attribute store, and type the Outgoing Claim Type. ${oidc.demands}`,
      ...rows(oidc.fields, 'Outgoing Claim Type', 'LDAP Attribute', adfsSources),
    ),
    isReady
      ? undefined
      : step(
          'Have this source ask for them',
          'AD FS puts such claims into the ID token only with these two settings: edit this source here.',
          value('Scopes', [...new Set([...oidc.scopes, 'allatclaims'])].join(' ')),
          value('Response mode', 'form_post'),
        ),
    bringClientBack('Take the Client Identifier and the shared secret.', 'https://(your AD FS server)/adfs'),
  ]
}

function oneloginOidc(oidc: OidcFacts): Steps {
  return [
    step(
      'Add the connector',
      'Under Applications > Applications choose Add App, find OpenId Connect (OIDC), and save it.',
      value('Display Name', oidc.label),
    ),
    step(
      'Fill in the Configuration tab',
      'These two addresses are all it needs.',
      value('Login Url', oidc.login),
      value("Redirect URI's", oidc.redirect),
    ),
    step(
      'Choose the client type',
      'On the SSO tab choose Web as Application Type.',
      value('Token Endpoint: Authentication Method', 'Basic'),
    ),
    claims(oidc, unsent(oidc, sentByScope(oidc)), {
      title: 'Add parameters',
      text: 'Names and e-mail come with their scopes. For the other fields add a parameter each on the Parameters tab.',
      name: 'Field name',
      from: 'Value',
      usual: oneloginSources,
    }),
    step('Give access', 'On the Access tab choose the roles that may sign in.'),
    bringClientBack(
      'On the SSO tab copy Client ID and Client Secret.',
      'the Issuer URL of that tab, https://(your subdomain).onelogin.com/oidc/2',
    ),
  ]
}

function genericOidc(oidc: OidcFacts): Steps {
  return [
    step(
      'Register a client',
      'Register a confidential web client (relying party) with the authorization code flow and PKCE.',
      value('Redirect URI', oidc.redirect),
      value('Initiate login URI', oidc.login),
      value('Scopes', oidc.scopes.join(' ')),
      value('Grant type', 'authorization_code'),
      value('Code challenge method', 'S256'),
      value('Response mode', oidc.responseMode),
    ),
    step(
      'Send claims',
      `Have the ID token or UserInfo hold one claim per field, with exactly this name. ${oidc.demands}`,
      ...rows(oidc.fields, 'Claim', 'Value', {}),
    ),
    bringClientBack(
      'Copy client ID and client secret.',
      'the very "issuer" that the provider gives in its discovery document',
    ),
  ]
}
