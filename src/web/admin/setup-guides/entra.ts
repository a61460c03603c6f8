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
  signingStep,
  step,
  type Steps,
  unsent,
} from './steps'

export const entra: ProductGuide = { id: 'entra', name: 'Microsoft Entra ID', saml, oidc }

const fields: FieldConsole = {
  name: 'Name',
  from: 'Source attribute',
  usual: {
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
  },
}

const formats = {
  persistent: 'Persistent',
  emailAddress: 'Email address',
  unspecified: 'Unspecified',
  transient: 'Transient',
}

function saml(source: SamlFacts): Steps {
  return [
    step(
      'Create the application',
      'In the Microsoft Entra admin center open Enterprise applications > New application > Create your own application, and choose "Integrate any other application you don\'t find in the gallery (Non-gallery)".',
      { "What's the name of your app?": source.label },
    ),
    step(
      'Fill in Basic SAML Configuration',
      'In the application open Single sign-on, choose SAML, and edit Basic SAML Configuration.',
      {
        'Identifier (Entity ID)': source.entityId,
        'Reply URL (Assertion Consumer Service URL)': source.acs,
        'Sign on URL': source.login,
        'Logout Url (Optional)': source.logout,
      },
    ),
    step(
      'Set the Name ID',
      'Edit Attributes & Claims, open Unique User Identifier (Name ID), and choose a source attribute that never changes.',
      {
        'Name identifier format': formatIn(formats, source),
        'Source attribute': source.format === 'emailAddress' ? 'user.mail' : 'user.objectid',
      },
    ),
    fieldStep(
      'Add claims',
      'Choose Add new claim for each field and leave Namespace empty, since the claims that are there already have longer names.',
      source,
      source.fields,
      fields,
    ),
    signingStep(
      source,
      'Under SAML Certificates edit Verification certificates, tick Require verification certificates, and upload this one.',
      'Verification certificate',
    ),
    encryptionStep(
      source,
      'Under Token encryption import this certificate and activate it.',
      'Token encryption certificate',
    ),
    step('Assign people', 'Under Users and groups assign the people or groups who may sign in.'),
    bringMetadata('Under SAML Certificates copy the App Federation Metadata Url.'),
  ]
}

/** Claims that an app registration sends once they are chosen as optional claims. */
const optionalClaims = ['email', 'family_name', 'given_name']

/** These, and what the scope `profile` brings. */
const ownClaims = [...optionalClaims, 'name', 'preferred_username']

function oidc(source: OidcFacts): Steps {
  const optional = source.fields.filter(({ attribute }) => optionalClaims.includes(attribute))
  return [
    step(
      'Register the application',
      'In the Microsoft Entra admin center open App registrations > New registration, for Accounts in this organizational directory only, with Web as platform.',
      { Name: source.label, 'Redirect URI': source.redirect },
    ),
    optional.length > 0
      ? step(
          'Add optional claims',
          'Under Token configuration choose Add optional claim, token type ID, and accept the permissions that it asks for.',
          Object.fromEntries(optional.map(({ label, attribute }) => [`${label}: Claim`, attribute])),
        )
      : undefined,
    fieldStep(
      'Add the other claims',
      'Under Enterprise applications open the same application, Single sign-on, and edit Attributes & Claims; in the Manifest of the registration set acceptMappedClaims to true.',
      source,
      unsent(source, ownClaims),
      fields,
    ),
    logoutStep(
      'Under Authentication add this as a further redirect URI: after signing out Entra ID sends people back to such addresses alone.',
      { 'Redirect URI after signing out': source.logout },
    ),
    step('Set the home page', 'Under Branding & properties, so that My Apps starts sign-in here.', {
      'Home page URL': source.login,
    }),
    bringClient(
      'Copy Application (client) ID, and under Certificates & secrets the Value of a new client secret.',
      'https://login.microsoftonline.com/(Directory (tenant) ID)/v2.0',
    ),
  ]
}
