import type { ProductGuide } from './guide'
import * as shared from './shared'

const assignPeople = {
  title: 'Assign people',
  text: 'On the Assignments tab assign the people or groups who may sign in.',
}

export const okta: ProductGuide = {
  id: 'okta',
  name: 'Okta',
  usualSources: {
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
    managersEmail: 'getManagerUser("active_directory").email',
    street: 'user.streetAddress',
    city: 'user.city',
    state: 'user.state',
    postalCode: 'user.zipCode',
    country: 'user.countryCode',
    timezone: 'user.timezone',
    locale: 'user.locale',
  },
  saml: {
    nameIdFormats: { ...shared.nameIdFormats, emailAddress: 'EmailAddress' },
    steps: [
      {
        title: 'Create the app integration',
        text: 'In the Admin Console open Applications > Applications, choose Create App Integration, then SAML 2.0, and give it a name.',
        values: { 'App name': 'label' },
      },
      {
        title: 'Configure SAML',
        text: [
          'Leave "Use this for Recipient URL and Destination URL" ticked and Default RelayState empty.',
          {
            when: 'emailNameId',
            text: 'The application username becomes the Name ID.',
            otherwise:
              'The application username becomes the Name ID: choose Custom and enter this expression, which never changes.',
          },
        ],
        values: {
          'Single sign-on URL': 'acsUrl',
          'Audience URI (SP Entity ID)': 'entityId',
          'Name ID format': 'nameIdFormat',
          'Application username': {
            when: 'emailNameId',
            text: 'Email',
            otherwise: 'user.getInternalProperty("id")',
          },
        },
      },
      {
        title: 'Add attribute statements',
        text: 'Add one row per field under Attribute Statements, with Name format Unspecified. Where these are on the Sign On tab choose Add expression instead, and write user.profile.title for user.title, and so on.',
        fields: { of: 'all', name: 'Name', source: 'Value' },
      },
      {
        ...shared.checkRequests,
        text: 'Under Show Advanced Settings upload this as Signature Certificate and tick Signed Requests.',
        values: { 'Signature Certificate': 'signingCertificate' },
      },
      {
        ...shared.encryptAssertions,
        text: 'Under Show Advanced Settings set Assertion Encryption to Encrypted and upload this certificate.',
        values: { 'Encryption Certificate': 'encryptionCertificate' },
      },
      {
        ...shared.signOut,
        when: 'signs',
        text: 'Optional. Under Show Advanced Settings > Logout tick SLO initiation and SLO participation, with HTTP Redirect and Include user session details. Where there is no such choice tick Allow application to initiate Single Logout, and enter the Response URL as Single Logout URL. Okta’s metadata then names its own logout address: read it again here.',
        values: { 'Response URL': 'logoutUrl', 'Request URL': 'logoutUrl', 'SP Issuer': 'entityId' },
      },
      shared.signOutNeedsKey,
      assignPeople,
      { ...shared.bringMetadata, text: 'On the Sign On tab copy the Metadata URL.' },
    ],
  },
  oidc: {
    issuer: 'the Issuer URI of the authorization server, such as https://(your Okta domain)/oauth2/default',
    sentClaims: 'byScope',
    steps: [
      {
        title: 'Create the app integration',
        text: 'In the Admin Console open Applications > Applications, choose Create App Integration, then OIDC - OpenID Connect and Web Application.',
        values: { 'App integration name': 'label' },
      },
      {
        title: 'Enter the addresses',
        text: 'Tick Authorization Code as Grant type. After saving, require PKCE under Client Credentials.',
        values: {
          'Sign-in redirect URIs': 'redirectUri',
          'Sign-out redirect URIs': 'logoutUrl',
          'Initiate login URI': 'loginUrl',
        },
      },
      {
        title: 'Add claims',
        text: 'Names and email come with their scopes. For the other fields open Security > API > Authorization Servers, choose the server, and on its Claims tab choose Add Claim, with ID Token and Always as token type and Expression as value type.',
        fields: { of: 'unsent', name: 'Name', source: 'Value' },
      },
      assignPeople,
      { ...shared.bringClient, text: 'On the General tab copy Client ID and Client secret.' },
    ],
  },
}
