import type { ProductGuide } from './guide'
import * as shared from './shared'

export const google: ProductGuide = {
  id: 'google',
  name: 'Google Workspace',
  usualSources: {
    email: 'Primary email',
    username: 'Primary email',
    firstName: 'First name',
    lastName: 'Last name',
    employeeNumber: 'Employee ID',
    title: 'Title',
    department: 'Department',
  },
  saml: {
    nameIdFormats: {
      persistent: 'PERSISTENT',
      emailAddress: 'EMAIL',
      unspecified: 'UNSPECIFIED',
      transient: 'TRANSIENT',
    },
    steps: [
      {
        title: 'Add a custom SAML app',
        text: 'In the Google Admin console open Apps > Web and mobile apps, choose Add app > Add custom SAML app, and give it a name.',
        values: { 'App name': 'label' },
      },
      {
        ...shared.bringMetadata,
        text: 'On the page Google Identity Provider details choose Download metadata, then Continue.',
      },
      {
        title: 'Enter the service provider details',
        text: {
          when: 'emailNameId',
          text: 'Tick Signed response, and leave Name ID at Basic Information > Primary email.',
          otherwise:
            'Tick Signed response. As Name ID choose a value that every user has and that is never reassigned, such as Employee Details > Employee ID or a custom attribute: a primary email may be reassigned to someone else.',
        },
        values: {
          'ACS URL': 'acsUrl',
          'Entity ID': 'entityId',
          'Start URL (optional)': 'loginUrl',
          'Name ID format': 'nameIdFormat',
        },
      },
      {
        title: 'Map attributes',
        text: 'Choose Add mapping for each field; what your directory lacks can be a custom attribute of the user.',
        fields: { of: 'all', name: 'App attributes', source: 'Google Directory attributes' },
      },
      {
        title: 'Turn it on',
        text: 'Open User access and set the service to ON for everyone, or for the organizational units or groups that may sign in.',
      },
    ],
  },
  oidc: {
    issuer: 'https://accounts.google.com',
    // Everything that Google's ID token and UserInfo hold.
    sentClaims: ['email', 'name', 'given_name', 'family_name', 'picture'],
    steps: [
      {
        title: 'Prepare the consent screen',
        text: 'Custom OpenID Connect apps are made in the Google Cloud console: in a project of your organization open Google Auth Platform > Branding, and choose Internal as audience, so that only your people can sign in.',
        values: { 'App name': 'label' },
      },
      {
        title: 'Create the client',
        text: 'Under Clients choose Create client, with Web application as Application type.',
        values: { Name: 'label', 'Authorized redirect URIs': 'redirectUri' },
      },
      {
        title: 'Know what Google sends',
        when: 'unsentFields',
        text: [
          'Google sends only email, name, given_name, family_name, picture, and no other claim can be added:',
          { fact: 'unsentClaims' },
          'will not arrive. Use SAML where they are needed.',
        ],
      },
      {
        title: 'Know what Google sends',
        unless: 'unsentFields',
        text: 'Google sends every field of this source by itself; there is nothing to map.',
      },
      { ...shared.bringClient, text: 'Copy Client ID and Client secret.' },
    ],
  },
}
