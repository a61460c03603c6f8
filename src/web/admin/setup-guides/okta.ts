import type { OidcFacts, SamlFacts } from './facts'
import {
  bringClient,
  bringMetadata,
  encryptionStep,
  type FieldConsole,
  fieldStep,
  formatIn,
  type ProductGuide,
  sentByScope,
  signedLogoutStep,
  signingStep,
  step,
  type Steps,
  unsent,
} from './steps'

export const okta: ProductGuide = { id: 'okta', name: 'Okta', saml, oidc }

const fields: FieldConsole = {
  name: 'Name',
  from: 'Value',
  usual: {
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
  },
  managersEmail: 'getManagerUser("active_directory").email',
}

const formats = {
  persistent: 'Persistent',
  emailAddress: 'EmailAddress',
  unspecified: 'Unspecified',
  transient: 'Transient',
}

const assign = step('Assign people', 'On the Assignments tab assign the people or groups who may sign in.')

function saml(source: SamlFacts): Steps {
  const isEmail = source.format === 'emailAddress'
  return [
    step(
      'Create the app integration',
      'In the Admin Console open Applications > Applications, choose Create App Integration, then SAML 2.0, and give it a name.',
      { 'App name': source.label },
    ),
    step(
      'Configure SAML',
      `Leave "Use this for Recipient URL and Destination URL" ticked and Default RelayState empty. The application username becomes the Name ID${
        isEmail ? '.' : ': choose Custom and enter this expression, which never changes.'
      }`,
      {
        'Single sign-on URL': source.acs,
        'Audience URI (SP Entity ID)': source.entityId,
        'Name ID format': formatIn(formats, source),
        'Application username': isEmail ? 'Email' : 'user.getInternalProperty("id")',
      },
    ),
    fieldStep(
      'Add attribute statements',
      'Add one row per field under Attribute Statements, with Name format Unspecified. Where these are on the Sign On tab choose Add expression instead, and write user.profile.title for user.title, and so on.',
      source,
      source.fields,
      fields,
    ),
    signingStep(
      source,
      'Under Show Advanced Settings upload this as Signature Certificate and tick Signed Requests.',
      'Signature Certificate',
    ),
    encryptionStep(
      source,
      'Under Show Advanced Settings set Assertion Encryption to Encrypted and upload this certificate.',
      'Encryption Certificate',
    ),
    signedLogoutStep(
      source,
      'Under Show Advanced Settings > Logout tick SLO initiation and SLO participation, with HTTP Redirect and Include user session details. Where there is no such choice tick Allow application to initiate Single Logout, and enter the Response URL as Single Logout URL. Okta’s metadata then names its own logout address: read it again here.',
      { 'Response URL': source.logout, 'Request URL': source.logout, 'SP Issuer': source.entityId },
    ),
    assign,
    bringMetadata('On the Sign On tab copy the Metadata URL.'),
  ]
}

function oidc(source: OidcFacts): Steps {
  return [
    step(
      'Create the app integration',
      'In the Admin Console open Applications > Applications, choose Create App Integration, then OIDC - OpenID Connect and Web Application.',
      { 'App integration name': source.label },
    ),
    step(
      'Enter the addresses',
      'Tick Authorization Code as Grant type. After saving, require PKCE under Client Credentials.',
      {
        'Sign-in redirect URIs': source.redirect,
        'Sign-out redirect URIs': source.logout,
        'Initiate login URI': source.login,
      },
    ),
    fieldStep(
      'Add claims',
      'Names and e-mail come with their scopes. For the other fields open Security > API > Authorization Servers, choose the server, and on its Claims tab choose Add Claim, with ID Token and Always as token type and Expression as value type.',
      source,
      unsent(source, sentByScope(source)),
      fields,
    ),
    assign,
    bringClient(
      'On the General tab copy Client ID and Client secret.',
      'the Issuer URI of the authorization server, such as https://(your Okta domain)/oauth2/default',
    ),
  ]
}
