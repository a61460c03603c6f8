import type { OidcFacts, SamlFacts } from './facts'
import {
  bringClient,
  bringMetadata,
  encryptionStep,
  fieldStep,
  formatIn,
  type ProductGuide,
  signingStep,
  step,
  type Steps,
} from './steps'

export const generic: ProductGuide = { id: 'generic', name: 'Another identity provider', saml, oidc }

function saml(source: SamlFacts): Steps {
  return [
    step(
      'Add a service provider',
      'Where the identity provider can import the metadata of a service provider, give it this address or the file that it downloads; the names below are then filled in.',
      { 'Metadata URL': source.metadata },
    ),
    step(
      'Or enter it by hand',
      'Products name these values differently: ACS URL is also called Reply URL or Single sign-on URL, and entity ID Audience.',
      {
        'ACS URL (HTTP-POST)': source.acs,
        'Entity ID': source.entityId,
        'Sign-in URL': source.login,
        'Single logout URL': source.logout,
        'NameID format': formatIn({}, source),
      },
    ),
    fieldStep(
      'Send attributes',
      'Have the assertion hold one attribute per field, with exactly this Name.',
      source,
      source.fields,
      { name: 'Name', from: 'Value', usual: {} },
    ),
    signingStep(
      source,
      'This source signs its requests; this is the certificate to check them with.',
      'Certificate',
    ),
    encryptionStep(source, 'Assertions may be encrypted for this certificate.', 'Certificate'),
    bringMetadata('Download the metadata of the identity provider, or copy their address.'),
  ]
}

function oidc(source: OidcFacts): Steps {
  return [
    step(
      'Register a client',
      'Register a confidential web client (relying party) with the authorization code flow and PKCE.',
      {
        'Redirect URI': source.redirect,
        'Initiate login URI': source.login,
        'Post-logout redirect URI': source.logout,
        'Back-channel logout URI': source.backchannelLogout,
        Scopes: source.scopes.join(' '),
        'Grant type': 'authorization_code',
        'Code challenge method': 'S256',
        'Response mode': source.responseMode,
      },
    ),
    fieldStep(
      'Send claims',
      'Have the ID token or UserInfo hold one claim per field, with exactly this name.',
      source,
      source.fields,
      { name: 'Claim', from: 'Value', usual: {} },
    ),
    bringClient(
      'Copy client ID and client secret.',
      'the very "issuer" that the provider gives in its discovery document',
    ),
  ]
}
