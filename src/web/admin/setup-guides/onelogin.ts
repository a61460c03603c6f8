import type { ProductGuide } from './guide'
import * as shared from './shared'

const giveAccess = { title: 'Give access', text: 'On the Access tab choose the roles that may sign in.' }

export const onelogin: ProductGuide = {
  id: 'onelogin',
  name: 'OneLogin',
  usualSources: {
    email: 'Email',
    username: 'Username',
    firstName: 'First Name',
    lastName: 'Last Name',
    phoneNumber: 'Phone',
    title: 'Title',
    department: 'Department',
    company: 'Company',
  },
  saml: {
    nameIdFormats: { ...shared.nameIdFormats, emailAddress: 'Email' },
    steps: [
      {
        title: 'Add the connector',
        text: 'Under Applications > Applications choose Add App, find SAML Custom Connector (Advanced), and save it.',
        values: { 'Display Name': 'label' },
      },
      {
        title: 'Fill in the Configuration tab',
        text: 'Choose Service Provider as SAML initiator; the validator is the same address as a regular expression.',
        values: {
          'Audience (EntityID)': 'entityId',
          Recipient: 'acsUrl',
          'ACS (Consumer) URL Validator': 'acsUrlPattern',
          'ACS (Consumer) URL': 'acsUrl',
          'Login URL': 'loginUrl',
          'SAML nameID format': 'nameIdFormat',
        },
      },
      {
        title: 'Set the NameID',
        text: 'On the Parameters tab open NameID value and choose where it comes from.',
        values: { 'NameID value': { when: 'emailNameId', text: 'Email', otherwise: 'UUID' } },
      },
      {
        title: 'Add parameters',
        text: 'On the Parameters tab add one field each, and tick Include in SAML assertion.',
        fields: { of: 'all', name: 'Field name', source: 'Value' },
      },
      {
        ...shared.encryptAssertions,
        text: 'On the Configuration tab tick Encrypt assertion, choose AES-256-CBC as SAML encryption method, since Triple DES is refused here, and enter this certificate.',
        values: { 'SAML Encryption: Public key': 'encryptionCertificate' },
      },
      {
        title: 'Set the signature algorithm',
        text: 'On the SSO tab choose the algorithm; SHA-1 is refused here.',
        values: { 'SAML Signature Algorithm': { text: 'SHA-256' } },
      },
      {
        ...shared.signOut,
        text: 'Optional. On the Configuration tab tick Sign SLO Request and Sign SLO Response: unsigned messages are refused.',
        values: { 'Single Logout URL': 'logoutUrl' },
      },
      giveAccess,
      { ...shared.bringMetadata, text: 'Under More Actions choose SAML Metadata.' },
    ],
  },
  oidc: {
    issuer: 'the Issuer URL of that tab, https://(your subdomain).onelogin.com/oidc/2',
    sentClaims: 'byScope',
    steps: [
      {
        title: 'Add the connector',
        text: 'Under Applications > Applications choose Add App, find OpenId Connect (OIDC), and save it.',
        values: { 'Display Name': 'label' },
      },
      {
        title: 'Fill in the Configuration tab',
        text: 'These addresses are all it needs; the last one is for signing out.',
        values: {
          'Login Url': 'loginUrl',
          "Redirect URI's": 'redirectUri',
          'Post Logout Redirect URIs': 'logoutUrl',
        },
      },
      {
        title: 'Choose the client type',
        text: 'On the SSO tab choose Web as Application Type.',
        values: { 'Token Endpoint: Authentication Method': { text: 'Basic' } },
      },
      {
        title: 'Add parameters',
        text: 'Names and email come with their scopes. For the other fields add a parameter each on the Parameters tab.',
        fields: { of: 'unsent', name: 'Field name', source: 'Value' },
      },
      giveAccess,
      { ...shared.bringClient, text: 'On the SSO tab copy Client ID and Client Secret.' },
    ],
  },
}
