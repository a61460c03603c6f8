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

export const keycloak: ProductGuide = { id: 'keycloak', name: 'Keycloak', saml, oidc }

const usual: FieldConsole['usual'] = {
  email: 'email',
  username: 'username',
  firstName: 'firstName',
  lastName: 'lastName',
}

const formats = { persistent: 'persistent', emailAddress: 'email', unspecified: 'username' }

function saml(source: SamlFacts): Steps {
  return [
    step(
      'Create the client',
      'In the realm open Clients, choose Create client, and SAML as Client type. Or choose Import client and give the metadata of this source as a file.',
      { 'Client ID': source.entityId, Name: source.label, 'Metadata URL': source.metadata },
    ),
    step('Enter the addresses', 'On the Settings tab fill in Access settings.', {
      'Valid redirect URIs': source.acs,
      'Master SAML Processing URL': source.acs,
    }),
    step(
      'Set what is signed',
      `Turn Sign documents or Sign assertions on, with RSA_SHA256. ${
        source.signingCert
          ? 'On the Keys tab leave Client signature required on and import the certificate.'
          : 'On the Keys tab turn Client signature required off, since this source does not sign its requests.'
      }`,
      {
        'Name ID format': formatIn(formats, source),
        'Signature algorithm': 'RSA_SHA256',
        'Signing keys config: certificate': source.signingCert,
      },
    ),
    encryptionStep(
      source,
      'On the Keys tab turn Encrypt assertions on and import this certificate.',
      'Encryption keys config: certificate',
    ),
    fieldStep(
      'Add mappers',
      'On the Client scopes tab open the dedicated scope, and choose Add mapper > By configuration > User Attribute for each field (User Property in older versions, for user name, e-mail, first and last name), with SAML Attribute NameFormat Basic.',
      source,
      source.fields,
      { name: 'SAML Attribute Name', from: 'User Attribute', usual },
    ),
    logoutStep(
      'On the Advanced tab, under Fine Grain SAML Endpoint Configuration, enter both; on the Settings tab leave Sign documents and Front channel logout on.',
      {
        'Logout Service POST Binding URL': source.logout,
        'Logout Service Redirect Binding URL': source.logout,
      },
    ),
    bringMetadata(
      'Under Realm settings > Endpoints copy the address of SAML 2.0 Identity Provider Metadata.',
    ),
  ]
}

function oidc(source: OidcFacts): Steps {
  return [
    step(
      'Create the client',
      'In the realm open Clients, choose Create client, and OpenID Connect as Client type.',
      { 'Client ID': source.clientId, Name: source.label },
    ),
    step(
      'Set capability and addresses',
      'Turn Client authentication on, leave only Standard flow, and demand PKCE.',
      { 'Valid redirect URIs': source.redirect, 'Home URL': source.login, 'PKCE Method': 'S256' },
    ),
    fieldStep(
      'Add mappers',
      'Names and e-mail come with their scopes. For the other fields open the dedicated scope on the Client scopes tab, choose Add mapper > By configuration > User Attribute, and turn Add to ID token on.',
      source,
      unsent(source, sentByScope(source)),
      { name: 'Token Claim Name', from: 'User Attribute', usual },
    ),
    logoutStep(
      'Under Access settings and Logout settings; turn Front channel logout off, and Backchannel logout session required on.',
      {
        'Valid post logout redirect URIs': source.logout,
        'Backchannel logout URL': source.backchannelLogout,
      },
    ),
    bringClient(
      'Copy Client ID, and the Client Secret from the Credentials tab.',
      'https://(your Keycloak)/realms/(realm)',
    ),
  ]
}
