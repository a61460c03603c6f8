import type { Field } from '../../fields/catalog'

const labels: Record<string, string> = {
  id: 'Source ID',
  label: 'Label',
  enabled: 'Sign-in is on',
  provisioning: 'Enable JIT provisioning',
  syncing: 'Enable JIT syncing',
  linking: 'People who already have an account here',
  domains: 'E-mail domains',
  onAbsent: 'When an attribute is not sent',
  onEmpty: 'When an attribute is sent empty',
  identifiers: 'Login identifiers',
  'fields.provision': 'Fields to fill when an account is created',
  'fields.sync': 'Fields to keep in step',
  provision: 'Fields chosen for provisioning',
  sync: 'Fields chosen for syncing',
  'saml.metadata': 'Metadata XML',
  'saml.metadataUrl': 'Metadata URL of the identity provider',
  'saml.entryPoint': 'Sign-in URL',
  'saml.idpIssuer': 'Entity ID of the identity provider',
  'saml.idpCert': 'Signing certificates',
  'saml.issuer': 'Our own entity ID',
  'saml.logoutUrl': 'Sign-out URL',
  'saml.authnRequestBinding': 'How requests are sent',
  'saml.privateKey': 'Private key for signed requests',
  'saml.publicCert': 'Certificate for signed requests',
  'saml.decryptionPvk': 'Private key for encrypted assertions',
  'saml.decryptionCert': 'Certificate for encrypted assertions',
  'saml.allowIdpInitiated': 'Accept sign-ins that begin at the identity provider',
  'saml.allowSha1': 'Accept SHA-1 signatures',
  'oidc.issuer': 'Issuer',
  'oidc.clientID': 'Client ID',
  'oidc.clientSecret': 'Client secret',
  'oidc.scope': 'Scopes',
  'oidc.tokenEndpointAuthMethod': 'Client authentication',
  'oidc.responseMode': 'How the answer comes back',
  'oidc.allowPrivateAddresses': 'The provider is on a private network',
}

/** What a form calls a control. */
export function controlLabel(name: string, fields: readonly Field[] = []): string {
  const field = fields.find(({ path }) => name === `identifier.${path}`)
  return field ? `Login identifier: ${field.label}` : (labels[name] ?? name)
}
