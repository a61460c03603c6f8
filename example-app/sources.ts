import type { SourceConfig } from '../src/index'
import type { OidcIdp } from './idp/oidc.mjs'
import type { SamlIdp } from './idp/saml'
import { ssoFields } from './user'

/** Provisioned at the first sign-in, then changed only by the person. */
const ownFields = ['phoneNumber', 'timezone']

const fields = {
  provision: 'all' as const,
  sync: Object.keys(ssoFields).filter((path) => !ownFields.includes(path)),
}

/** Acme over SAML. It is trusted to name existing users, by email or employee number. */
export function samlSource({ entryPoint, logoutUrl, entityId, certificate }: SamlIdp): SourceConfig {
  return {
    id: 'acme-saml',
    label: 'Acme SAML',
    protocol: 'saml',
    identifiers: ['email', 'employeeNumber'],
    provisioning: true,
    syncing: true,
    fields,
    linking: 'trusted',
    domains: ['acme.example'],
    saml: { entryPoint, logoutUrl, idpIssuer: entityId, idpCert: certificate },
  }
}

/** Acme over OpenID Connect. It matches existing users only by a verified email in Acme's domain. */
export function oidcSource({ issuer }: OidcIdp, clientID: string, clientSecret: string): SourceConfig {
  return {
    id: 'acme-oidc',
    label: 'Acme OpenID',
    protocol: 'oidc',
    identifiers: ['email'],
    provisioning: true,
    syncing: true,
    fields,
    linking: 'verified',
    domains: ['acme.example'],
    oidc: { issuer, clientID, clientSecret },
  }
}
