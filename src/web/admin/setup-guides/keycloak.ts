import type { ProductGuide } from './guide'
import * as shared from './shared'

export const keycloak: ProductGuide = {
  id: 'keycloak',
  name: 'Keycloak',
  usualSources: { email: 'email', username: 'username', firstName: 'firstName', lastName: 'lastName' },
  saml: {
    nameIdFormats: { persistent: 'persistent', emailAddress: 'email', unspecified: 'username' },
    steps: [
      {
        title: 'Create the client',
        text: 'In the realm open Clients, choose Create client, and SAML as Client type. Or choose Import client and give the metadata of this source as a file.',
        values: { 'Client ID': 'entityId', Name: 'label', 'Metadata URL': 'metadataUrl' },
      },
      {
        title: 'Enter the addresses',
        text: 'On the Settings tab fill in Access settings.',
        values: { 'Valid redirect URIs': 'acsUrl', 'Master SAML Processing URL': 'acsUrl' },
      },
      {
        title: 'Set what is signed',
        text: [
          'Turn Sign documents or Sign assertions on, with RSA_SHA256. Turn Force name ID format on: without it, a person’s browser could ask for a format in which a user name passes for another person’s email.',
          {
            when: 'signs',
            text: 'On the Keys tab leave Client signature required on and import the certificate.',
            otherwise:
              'On the Keys tab turn Client signature required off, since this source does not sign its requests.',
          },
        ],
        values: {
          'Name ID format': 'nameIdFormat',
          'Force name ID format': { text: 'On' },
          'Signature algorithm': { text: 'RSA_SHA256' },
          'Signing keys config: certificate': 'signingCertificate',
        },
      },
      {
        ...shared.encryptAssertions,
        text: 'On the Keys tab turn Encrypt assertions on and import this certificate.',
        values: { 'Encryption keys config: certificate': 'encryptionCertificate' },
      },
      {
        title: 'Add mappers',
        text: 'On the Client scopes tab open the dedicated scope, and choose Add mapper > By configuration > User Attribute for each field (User Property in older versions, for username, email, first and last name), with SAML Attribute NameFormat Basic.',
        fields: { of: 'all', name: 'SAML Attribute Name', source: 'User Attribute' },
      },
      {
        ...shared.signOut,
        text: 'Optional. On the Advanced tab, under Fine Grain SAML Endpoint Configuration, enter both; on the Settings tab leave Sign documents and Front channel logout on.',
        values: {
          'Logout Service POST Binding URL': 'logoutUrl',
          'Logout Service Redirect Binding URL': 'logoutUrl',
        },
      },
      {
        ...shared.bringMetadata,
        text: 'Under Realm settings > Endpoints copy the address of SAML 2.0 Identity Provider Metadata.',
      },
    ],
  },
  oidc: {
    issuer: 'https://(your Keycloak)/realms/(realm)',
    sentClaims: 'byScope',
    steps: [
      {
        title: 'Create the client',
        text: 'In the realm open Clients, choose Create client, and OpenID Connect as Client type.',
        values: { 'Client ID': 'clientId', Name: 'label' },
      },
      {
        title: 'Set capability and addresses',
        text: 'Turn Client authentication on, leave only Standard flow, and demand PKCE.',
        values: {
          'Valid redirect URIs': 'redirectUri',
          'Home URL': 'loginUrl',
          'PKCE Method': { text: 'S256' },
        },
      },
      {
        title: 'Add mappers',
        text: 'Names and email come with their scopes. For the other fields open the dedicated scope on the Client scopes tab, choose Add mapper > By configuration > User Attribute, and turn Add to ID token on.',
        fields: { of: 'unsent', name: 'Token Claim Name', source: 'User Attribute' },
      },
      {
        ...shared.signOut,
        text: 'Optional. Under Access settings and Logout settings; turn Front channel logout off, and Backchannel logout session required on.',
        values: {
          'Valid post logout redirect URIs': 'logoutUrl',
          'Backchannel logout URL': 'backchannelLogoutUri',
        },
      },
      { ...shared.bringClient, text: 'Copy Client ID, and the Client Secret from the Credentials tab.' },
    ],
  },
}
