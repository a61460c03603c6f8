import type { ProductGuide } from './guide'
import * as shared from './shared'

export const generic: ProductGuide = {
  id: 'generic',
  name: 'Another identity provider',
  usualSources: {},
  saml: {
    steps: [
      {
        title: 'Add a service provider',
        text: 'Where the identity provider can import the metadata of a service provider, give it this address or the file that it downloads; the names below are then filled in.',
        values: { 'Metadata URL': 'metadataUrl' },
      },
      {
        title: 'Or enter it by hand',
        text: 'Products name these values differently: ACS URL is also called Reply URL or Single sign-on URL, and entity ID is also called Audience. If your identity provider can ignore the NameID format in requests, turn that on.',
        values: {
          'ACS URL (HTTP-POST)': 'acsUrl',
          'Entity ID': 'entityId',
          'Sign-in URL': 'loginUrl',
          'Single logout URL': 'logoutUrl',
          'NameID format': 'nameIdFormat',
        },
      },
      {
        title: 'Send attributes',
        text: 'Have the assertion hold one attribute per field, with exactly this Name.',
        fields: { of: 'all', name: 'Name' },
      },
      {
        ...shared.checkRequests,
        text: 'This source signs its requests. Your identity provider verifies them with this certificate.',
        values: { Certificate: 'signingCertificate' },
      },
      {
        ...shared.encryptAssertions,
        text: 'Assertions may be encrypted for this certificate.',
        values: { Certificate: 'encryptionCertificate' },
      },
      {
        ...shared.bringMetadata,
        text: 'Download the metadata of the identity provider, or copy their address.',
      },
    ],
  },
  oidc: {
    issuer: 'the very "issuer" that the provider gives in its discovery document',
    steps: [
      {
        title: 'Register a client',
        text: 'Register a confidential web client (relying party) with the authorization code flow and PKCE.',
        values: {
          'Redirect URI': 'redirectUri',
          'Initiate login URI': 'loginUrl',
          'Post-logout redirect URI': 'logoutUrl',
          'Back-channel logout URI': 'backchannelLogoutUri',
          Scopes: 'scopes',
          'Grant type': { text: 'authorization_code' },
          'Code challenge method': { text: 'S256' },
          'Response mode': 'responseMode',
        },
      },
      {
        title: 'Send claims',
        text: 'Have the ID token or UserInfo hold one claim per field, with exactly this name.',
        fields: { of: 'all', name: 'Claim' },
      },
      { ...shared.bringClient, text: 'Copy client ID and client secret.' },
    ],
  },
}
