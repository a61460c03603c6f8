import type { OidcFacts, SamlFacts } from './facts'
import {
  bringClient,
  bringMetadata,
  encryptionStep,
  type FieldConsole,
  fieldStep,
  logoutStep,
  type ProductGuide,
  signedLogoutStep,
  signingStep,
  step,
  type Steps,
} from './steps'

export const adfs: ProductGuide = { id: 'adfs', name: 'AD FS', saml, oidc }

const fields: FieldConsole = {
  name: 'Outgoing Claim Type',
  from: 'LDAP Attribute',
  usual: {
    email: 'E-Mail-Addresses',
    username: 'User-Principal-Name',
    firstName: 'Given-Name',
    lastName: 'Surname',
    displayName: 'Display-Name',
    employeeNumber: 'Employee-Number',
    phoneNumber: 'Telephone-Number',
    title: 'Title',
    department: 'Department',
    division: 'Division',
    company: 'Company',
    location: 'Physical-Delivery-Office-Name',
    city: 'Locality-Name',
    state: 'State-Or-Province-Name',
    postalCode: 'Postal-Code',
  },
}

function saml(source: SamlFacts): Steps {
  return [
    step(
      'Add a relying party trust',
      'In AD FS Management choose Add Relying Party Trust, then Claims aware. Import data about the relying party from its metadata address (step by step: enter data manually).',
      { 'Federation metadata address': source.metadata, 'Display name': source.label },
    ),
    step(
      'Or enter the data manually',
      'Only where AD FS cannot reach the metadata address: enable support for the SAML 2.0 WebSSO protocol.',
      {
        'Relying party SAML 2.0 SSO service URL': source.acs,
        'Relying party trust identifier': source.entityId,
      },
    ),
    fieldStep(
      'Send attributes',
      'Choose Edit Claim Issuance Policy > Add Rule > Send LDAP Attributes as Claims, with Active Directory as attribute store, and type the Outgoing Claim Type instead of choosing one from the list.',
      source,
      source.fields,
      fields,
    ),
    step(
      'Send a Name ID',
      'In the same rule add a row for the Name ID, from an attribute that never changes.',
      {
        'Name ID: LDAP Attribute': source.format === 'emailAddress' ? 'E-Mail-Addresses' : 'objectGUID',
        'Name ID: Outgoing Claim Type': 'Name ID',
      },
    ),
    signingStep(
      source,
      'In the Properties of the trust add this on the Signature tab, where metadata was not imported.',
      'Signature',
    ),
    encryptionStep(
      source,
      'In the Properties of the trust add this on the Encryption tab, where metadata was not imported.',
      'Encryption',
    ),
    signedLogoutStep(
      source,
      'In the Properties of the trust, on the Endpoints tab, choose Add SAML, with SAML Logout as Endpoint type and Redirect as Binding, where metadata was not imported since this source signs.',
      { 'Trusted URL': source.logout, 'Response URL': source.logout },
    ),
    bringMetadata('Download https://(your AD FS server)/FederationMetadata/2007-06/FederationMetadata.xml.'),
  ]
}

function oidc(source: OidcFacts): Steps {
  const scopes = [...new Set([...source.scopes, 'allatclaims'])].join(' ')
  const isReady = source.scopes.includes('allatclaims') && source.responseMode === 'form_post'
  return [
    step(
      'Add an application group',
      'In AD FS Management open Application Groups, choose Add Application Group, and Server application accessing a web API. Note the Client Identifier.',
      { Name: source.label, 'Redirect URI': source.redirect },
    ),
    step(
      'Make the secret and the web API',
      'Choose Generate a shared secret and note it. As Identifier of the web API enter the Client Identifier itself, or the ID token stays without claims. Then tick the permitted scopes.',
      { 'Permitted scopes': scopes },
    ),
    fieldStep(
      'Send claims',
      'In the properties of the web API, on Issuance Transform Rules, choose Add Rule > Send LDAP Attributes as Claims, with Active Directory as attribute store, and type the Outgoing Claim Type.',
      source,
      source.fields,
      fields,
    ),
    isReady
      ? undefined
      : step(
          'Have this source ask for them',
          'AD FS puts such claims into the ID token only with these two settings: edit this source here, under More connection settings.',
          { Scopes: scopes, 'How the answer comes back': 'By a form (form_post)' },
        ),
    logoutStep(
      'Add this as a further redirect URI of the application: after signing out AD FS sends people back to such addresses alone.',
      { 'Redirect URI after signing out': source.logout },
    ),
    bringClient('Take the Client Identifier and the shared secret.', 'https://(your AD FS server)/adfs'),
  ]
}
