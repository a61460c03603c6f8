import type { OidcFacts, SamlFacts } from './facts'
import {
  bringClient,
  bringMetadata,
  encryptionStep,
  type FieldConsole,
  fieldStep,
  formatIn,
  logoutStep,
  type ProductGuide,
  sentByScope,
  step,
  type Steps,
  unsent,
} from './steps'

export const onelogin: ProductGuide = { id: 'onelogin', name: 'OneLogin', saml, oidc }

const fields: FieldConsole = {
  name: 'Field name',
  from: 'Value',
  usual: {
    email: 'Email',
    username: 'Username',
    firstName: 'First Name',
    lastName: 'Last Name',
    phoneNumber: 'Phone',
    title: 'Title',
    department: 'Department',
    company: 'Company',
  },
}

const formats = {
  persistent: 'Persistent',
  emailAddress: 'Email',
  unspecified: 'Unspecified',
  transient: 'Transient',
}

const access = step('Give access', 'On the Access tab choose the roles that may sign in.')

function saml(source: SamlFacts): Steps {
  return [
    step(
      'Add the connector',
      'Under Applications > Applications choose Add App, find SAML Custom Connector (Advanced), and save it.',
      { 'Display Name': source.label },
    ),
    step(
      'Fill in the Configuration tab',
      'Choose Service Provider as SAML initiator; the validator is the same address as a regular expression.',
      {
        'Audience (EntityID)': source.entityId,
        Recipient: source.acs,
        'ACS (Consumer) URL Validator': `^${escapeForPattern(source.acs)}$`,
        'ACS (Consumer) URL': source.acs,
        'Login URL': source.login,
        'SAML nameID format': formatIn(formats, source),
      },
    ),
    step('Set the NameID', 'On the Parameters tab open NameID value and choose where it comes from.', {
      'NameID value': source.format === 'emailAddress' ? 'Email' : 'UUID',
    }),
    fieldStep(
      'Add parameters',
      'On the Parameters tab add one field each, and tick Include in SAML assertion.',
      source,
      source.fields,
      fields,
    ),
    encryptionStep(
      source,
      'On the Configuration tab tick Encrypt assertion, choose AES-256-CBC as SAML encryption method, since Triple DES is refused here, and enter this certificate.',
      'SAML Encryption: Public key',
    ),
    step('Set the signature algorithm', 'On the SSO tab choose the algorithm; SHA-1 is refused here.', {
      'SAML Signature Algorithm': 'SHA-256',
    }),
    logoutStep(
      'On the Configuration tab tick Sign SLO Request and Sign SLO Response: what is not signed is refused here.',
      { 'Single Logout URL': source.logout },
    ),
    access,
    bringMetadata('Under More Actions choose SAML Metadata.'),
  ]
}

function escapeForPattern(url: string): string {
  return url.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function oidc(source: OidcFacts): Steps {
  return [
    step(
      'Add the connector',
      'Under Applications > Applications choose Add App, find OpenId Connect (OIDC), and save it.',
      { 'Display Name': source.label },
    ),
    step(
      'Fill in the Configuration tab',
      'These addresses are all it needs; the last one is for signing out.',
      {
        'Login Url': source.login,
        "Redirect URI's": source.redirect,
        'Post Logout Redirect URIs': source.logout,
      },
    ),
    step('Choose the client type', 'On the SSO tab choose Web as Application Type.', {
      'Token Endpoint: Authentication Method': 'Basic',
    }),
    fieldStep(
      'Add parameters',
      'Names and e-mail come with their scopes. For the other fields add a parameter each on the Parameters tab.',
      source,
      unsent(source, sentByScope(source)),
      fields,
    ),
    access,
    bringClient(
      'On the SSO tab copy Client ID and Client Secret.',
      'the Issuer URL of that tab, https://(your subdomain).onelogin.com/oidc/2',
    ),
  ]
}
