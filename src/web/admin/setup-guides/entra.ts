import type { ProductGuide } from './guide'
import * as shared from './shared'

export const entra: ProductGuide = {
  id: 'entra',
  name: 'Microsoft Entra ID',
  usualSources: {
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
  saml: {
    nameIdFormats: { ...shared.nameIdFormats, emailAddress: 'Email address' },
    steps: [
      {
        title: 'Create the application',
        text: 'In the Microsoft Entra admin center open Enterprise applications > New application > Create your own application, and choose "Integrate any other application you don\'t find in the gallery (Non-gallery)".',
        values: { "What's the name of your app?": 'label' },
      },
      {
        title: 'Fill in Basic SAML Configuration',
        text: 'In the application open Single sign-on, choose SAML, and edit Basic SAML Configuration.',
        values: {
          'Identifier (Entity ID)': 'entityId',
          'Reply URL (Assertion Consumer Service URL)': 'acsUrl',
          'Sign on URL': 'loginUrl',
          'Logout Url (Optional)': 'logoutUrl',
        },
      },
      {
        title: 'Set the Name ID',
        text: 'Edit Attributes & Claims, open Unique User Identifier (Name ID), and choose a source attribute that never changes.',
        values: {
          'Name identifier format': 'nameIdFormat',
          'Source attribute': { when: 'emailNameId', text: 'user.mail', otherwise: 'user.objectid' },
        },
      },
      {
        title: 'Add claims',
        text: 'Choose Add new claim for each field and leave Namespace empty, since the claims that are there already have longer names.',
        fields: { of: 'all', name: 'Name', source: 'Source attribute' },
      },
      {
        ...shared.checkRequests,
        text: 'Under SAML Certificates edit Verification certificates, tick Require verification certificates, and upload this one.',
        values: { 'Verification certificate': 'signingCertificate' },
      },
      {
        ...shared.encryptAssertions,
        text: 'Under Token encryption import this certificate and activate it.',
        values: { 'Token encryption certificate': 'encryptionCertificate' },
      },
      {
        title: 'Assign people',
        text: 'Under Users and groups assign the people or groups who may sign in.',
      },
      { ...shared.bringMetadata, text: 'Under SAML Certificates copy the App Federation Metadata Url.' },
    ],
  },
  oidc: {
    issuer: 'https://login.microsoftonline.com/(Directory (tenant) ID)/v2.0',
    sentClaims: ['name', 'preferred_username'],
    optionalClaims: ['email', 'family_name', 'given_name'],
    steps: [
      {
        title: 'Register the application',
        text: 'In the Microsoft Entra admin center open App registrations > New registration, for Accounts in this organizational directory only, with Web as platform.',
        values: { Name: 'label', 'Redirect URI': 'redirectUri' },
      },
      {
        title: 'Add optional claims',
        text: 'Under Token configuration choose Add optional claim, token type ID, and accept the permissions that it asks for.',
        fields: { of: 'optionalClaims', name: 'Claim' },
      },
      {
        title: 'Add the other claims',
        text: 'Under Enterprise applications open the same application, Single sign-on, and edit Attributes & Claims; in the Manifest of the registration set acceptMappedClaims to true.',
        fields: { of: 'unsent', name: 'Name', source: 'Source attribute' },
      },
      {
        ...shared.signOut,
        text: 'Optional. Under Authentication add this as a further redirect URI: after signing out Entra ID sends people back to such addresses alone.',
        values: { 'Redirect URI after signing out': 'logoutUrl' },
      },
      {
        title: 'Set the home page',
        text: 'Under Branding & properties, so that My Apps starts sign-in here.',
        values: { 'Home page URL': 'loginUrl' },
      },
      {
        ...shared.bringClient,
        text: 'Copy Application (client) ID, and under Certificates & secrets the Value of a new client secret.',
      },
    ],
  },
}
