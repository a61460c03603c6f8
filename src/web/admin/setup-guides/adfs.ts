import type { ProductGuide } from './guide'
import * as shared from './shared'

export const adfs: ProductGuide = {
  id: 'adfs',
  name: 'AD FS',
  usualSources: {
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
  saml: {
    steps: [
      {
        title: 'Add a relying party trust',
        text: 'In AD FS Management choose Add Relying Party Trust, then Claims aware. Import data about the relying party from its metadata address (step by step: enter data manually).',
        values: { 'Federation metadata address': 'metadataUrl', 'Display name': 'label' },
      },
      {
        title: 'Or enter the data manually',
        text: 'Only where AD FS cannot reach the metadata address: enable support for the SAML 2.0 WebSSO protocol.',
        values: {
          'Relying party SAML 2.0 SSO service URL': 'acsUrl',
          'Relying party trust identifier': 'entityId',
        },
      },
      {
        title: 'Send attributes',
        text: 'Choose Edit Claim Issuance Policy > Add Rule > Send LDAP Attributes as Claims, with Active Directory as attribute store, and type the Outgoing Claim Type instead of choosing one from the list.',
        fields: { of: 'all', name: 'Outgoing Claim Type', source: 'LDAP Attribute' },
      },
      {
        title: 'Send a Name ID',
        text: 'In the same rule add a row for the Name ID, from an attribute that never changes.',
        values: {
          'Name ID: LDAP Attribute': {
            when: 'emailNameId',
            text: 'E-Mail-Addresses',
            otherwise: 'objectGUID',
          },
          'Name ID: Outgoing Claim Type': { text: 'Name ID' },
        },
      },
      {
        ...shared.checkRequests,
        text: 'In the Properties of the trust add this on the Signature tab, where metadata was not imported.',
        values: { Signature: 'signingCertificate' },
      },
      {
        ...shared.encryptAssertions,
        text: 'In the Properties of the trust add this on the Encryption tab, where metadata was not imported.',
        values: { Encryption: 'encryptionCertificate' },
      },
      {
        ...shared.signOut,
        when: 'signs',
        text: 'Optional. In the Properties of the trust, on the Endpoints tab, choose Add SAML, with SAML Logout as Endpoint type and Redirect as Binding, where metadata was not imported since this source signs.',
        values: { 'Trusted URL': 'logoutUrl', 'Response URL': 'logoutUrl' },
      },
      shared.signOutNeedsKey,
      {
        ...shared.bringMetadata,
        text: 'Download https://(your AD FS server)/FederationMetadata/2007-06/FederationMetadata.xml.',
      },
    ],
  },
  oidc: {
    issuer: 'https://(your AD FS server)/adfs',
    requires: { scopes: ['allatclaims'], responseMode: 'form_post' },
    steps: [
      {
        title: 'Add an application group',
        text: 'In AD FS Management open Application Groups, choose Add Application Group, and Server application accessing a web API. Note the Client Identifier.',
        values: { Name: 'label', 'Redirect URI': 'redirectUri' },
      },
      {
        title: 'Make the secret and the web API',
        text: 'Choose Generate a shared secret and note it. As Identifier of the web API enter the Client Identifier itself, or the ID token stays without claims. Then tick the permitted scopes.',
        values: { 'Permitted scopes': 'scopes' },
      },
      {
        title: 'Send claims',
        text: 'In the properties of the web API, on Issuance Transform Rules, choose Add Rule > Send LDAP Attributes as Claims, with Active Directory as attribute store, and type the Outgoing Claim Type.',
        fields: { of: 'all', name: 'Outgoing Claim Type', source: 'LDAP Attribute' },
      },
      {
        title: 'Have this source ask for them',
        unless: 'meetsRequirements',
        text: 'AD FS puts such claims into the ID token only with these two settings: edit this source here, under More connection settings.',
        values: { Scopes: 'scopes', 'How the answer comes back': { text: 'By a form (form_post)' } },
      },
      {
        ...shared.signOut,
        text: 'Optional. Add this as a further redirect URI of the application: after signing out AD FS sends people back to such addresses alone.',
        values: { 'Redirect URI after signing out': 'logoutUrl' },
      },
      { ...shared.bringClient, text: 'Take the Client Identifier and the shared secret.' },
    ],
  },
}
