import { listed, type OidcFacts, type SamlFacts } from './facts'
import {
  bringClient,
  bringMetadata,
  type FieldConsole,
  fieldStep,
  formatIn,
  type ProductGuide,
  step,
  type Steps,
  unsent,
} from './steps'

export const google: ProductGuide = { id: 'google', name: 'Google Workspace', saml, oidc }

const fields: FieldConsole = {
  name: 'App attributes',
  from: 'Google Directory attributes',
  usual: {
    email: 'Primary email',
    username: 'Primary email',
    firstName: 'First name',
    lastName: 'Last name',
    employeeNumber: 'Employee ID',
    title: 'Title',
    department: 'Department',
  },
}

const formats = {
  persistent: 'PERSISTENT',
  emailAddress: 'EMAIL',
  unspecified: 'UNSPECIFIED',
  transient: 'TRANSIENT',
}

function saml(source: SamlFacts): Steps {
  return [
    step(
      'Add a custom SAML app',
      'In the Google Admin console open Apps > Web and mobile apps, choose Add app > Add custom SAML app, and give it a name.',
      { 'App name': source.label },
    ),
    bringMetadata('On the page Google Identity Provider details choose Download metadata, then Continue.'),
    step(
      'Enter the service provider details',
      source.format === 'emailAddress'
        ? 'Tick Signed response, and leave Name ID at Basic Information > Primary email.'
        : 'Tick Signed response. As Name ID choose what everybody has and nobody ever gets anew, such as Employee Details > Employee ID or a custom attribute: a primary email may have another owner next year.',
      {
        'ACS URL': source.acs,
        'Entity ID': source.entityId,
        'Start URL (optional)': source.login,
        'Name ID format': formatIn(formats, source),
      },
    ),
    fieldStep(
      'Map attributes',
      'Choose Add mapping for each field; what your directory lacks can be a custom attribute of the user.',
      source,
      source.fields,
      fields,
    ),
    step(
      'Turn it on',
      'Open User access and set the service to ON for everyone, or for the organizational units or groups that may sign in.',
    ),
  ]
}

/** All that Google's ID token and UserInfo hold. */
const ownClaims = ['email', 'name', 'given_name', 'family_name', 'picture']

function oidc(source: OidcFacts): Steps {
  const never = unsent(source, ownClaims)
  return [
    step(
      'Prepare the consent screen',
      'Custom OpenID Connect apps are made in the Google Cloud console: in a project of your organization open Google Auth Platform > Branding, and choose Internal as audience, so that only your people can sign in.',
      { 'App name': source.label },
    ),
    step(
      'Create the client',
      'Under Clients choose Create client, with Web application as Application type.',
      { Name: source.label, 'Authorized redirect URIs': source.redirect },
    ),
    step(
      'Know what Google sends',
      never.length > 0
        ? `Google sends only ${ownClaims.join(', ')}, and no other claim can be added: ${listed(never, 'and')} will not arrive. Use SAML where they are needed.`
        : 'Google sends every field of this source by itself; there is nothing to map.',
    ),
    bringClient('Copy Client ID and Client secret.', 'https://accounts.google.com'),
  ]
}
