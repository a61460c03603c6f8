import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { authority, flag, httpUrl, milliseconds, optional, parameters, pem, required } from './options'
import { rsaCertificate, secret, signingCertificates, text } from './options'

/** A private key in PEM form. */
export type PrivateKey = string | Buffer

const storedKey = 'In PEM format. Stored encrypted, and never shown again.'

/** node-saml's own option names (`issuer` is the SP's entity ID), and a few of our own. In the order of the form. */
export const samlOptions = {
  /** Where AuthnRequests go: the IdP's SingleSignOnService. */
  entryPoint: required(httpUrl, {
    fromMetadata: true,
    kind: 'url',
    label: 'Sign-in URL',
    hint: 'The identity provider’s single sign-on service, where people are sent to sign in.',
  }),
  /** The IdP's entity ID. Response and assertion must carry it. */
  idpIssuer: required(text, {
    fromMetadata: true,
    kind: 'name',
    label: 'Entity ID of the identity provider',
    hint: 'Also called issuer. Every response must contain exactly this value.',
  }),
  /** The IdP's signing certificate or certificates, PEM or bare base64. */
  idpCert: required(signingCertificates, {
    fromMetadata: true,
    kind: 'certificates',
    label: 'Signing certificates',
    hint: 'In PEM format, one after another. Responses signed with any of them are accepted. Add the next certificate before the current one expires.',
    rows: 6,
    placeholder: '-----BEGIN CERTIFICATE-----',
  }),
  /** The SP's entity ID. Default: the address of this source's metadata. */
  issuer: optional(text, {
    kind: 'name',
    label: 'Our own entity ID',
    hint: 'Leave empty unless your identity provider already has another entity ID for this app.',
    section: 'more',
  }),
  /** The assertion consumer service. Default: `<baseUrl>/<id>/callback`. */
  callbackUrl: optional(httpUrl),
  /** The IdP's SingleLogoutService by HTTP-Redirect. Default: none, and signing out ends only the session here. */
  logoutUrl: optional(httpUrl, {
    fromMetadata: true,
    kind: 'url',
    label: 'Sign-out URL',
    hint: 'The identity provider’s single logout service. Without it, signing out ends only the session here.',
    section: 'more',
  }),
  /** Where LogoutResponses go: the ResponseLocation of that service. Default: `logoutUrl`. */
  logoutResponseUrl: optional(httpUrl, {
    fromMetadata: true,
    kind: 'url',
    label: 'Sign-out response URL',
    hint: 'Only if your identity provider receives logout responses at a different URL.',
    section: 'more',
  }),
  /** How AuthnRequests are sent. Default: `HTTP-Redirect`. */
  authnRequestBinding: optional(z.enum(['HTTP-Redirect', 'HTTP-POST']), {
    fromMetadata: true,
    kind: 'select',
    label: 'How requests are sent',
    hint: 'The identity provider’s metadata says which one to use.',
    choices: [
      { value: '', label: 'In the address (HTTP-Redirect)' },
      { value: 'HTTP-POST', label: 'By a form (HTTP-POST)' },
    ],
    section: 'more',
  }),
  /** With `publicCert`: AuthnRequests are signed. */
  privateKey: secret(pem, {
    kind: 'key',
    label: 'Private key for signed requests',
    hint: 'Only if your identity provider requires signed requests. Must match the certificate below.',
    unset: storedKey,
    section: 'more',
  }),
  /** The certificate of `privateKey`. */
  publicCert: optional(rsaCertificate, {
    pairedWith: 'privateKey',
    kind: 'area',
    label: 'Certificate for signed requests',
    section: 'more',
  }),
  /** With `decryptionCert`: encrypted assertions are read. */
  decryptionPvk: secret<PrivateKey>(z.union([pem, z.instanceof(Buffer)]), {
    kind: 'key',
    label: 'Private key for encrypted assertions',
    hint: 'Only if your identity provider encrypts assertions. Must match the certificate below.',
    unset: storedKey,
    section: 'more',
  }),
  /** The certificate of `decryptionPvk`. */
  decryptionCert: optional(rsaCertificate, {
    pairedWith: 'decryptionPvk',
    kind: 'area',
    label: 'Certificate for encrypted assertions',
    section: 'more',
  }),
  /** A PEM with the certificates of a private authority, trusted for the metadata URL in addition to those of Node.js. */
  ca: optional(authority, {
    team: true,
    kind: 'area',
    label: 'Certificate authority of the metadata URL',
    hint: 'In PEM format. Only if a private authority issued the metadata server’s certificate.',
    placeholder: '-----BEGIN CERTIFICATE-----',
    section: 'more',
  }),
  /** How AuthnRequests are signed. Default: `sha256`. */
  signatureAlgorithm: optional(z.enum(['sha256', 'sha512'])),
  /** The digest in that signature. Default: `sha256`. */
  digestAlgorithm: optional(z.enum(['sha256', 'sha512'])),
  /** The NameID format to request; null requests none. Default: none. */
  identifierFormat: optional(text.nullable()),
  /** The authentication context classes to request. With `exact`, the assertion must have one of them. */
  authnContext: optional(z.array(text)),
  /** How `authnContext` is compared. Default: `exact`. */
  racComparison: optional(z.enum(['exact', 'minimum', 'maximum', 'better'])),
  /** People must sign in at the IdP again, even with a session there. AuthnInstant must prove it. Default: false. */
  forceAuthn: optional(flag),
  /** The IdP must not ask people anything. Default: false. */
  passive: optional(flag),
  /** The app's name, for the IdP to show. */
  providerName: optional(text),
  /** Send AuthnRequests uncompressed. Default: false. */
  skipRequestCompression: optional(flag),
  /** Query parameters to add to every request. */
  additionalParams: optional(parameters),
  /** Query parameters to add to sign-in requests. */
  additionalAuthorizeParams: optional(parameters),
  /** Clock tolerance in milliseconds. Default: 60,000. */
  acceptedClockSkewMs: optional(milliseconds),
  /** The maximum age of an assertion, in milliseconds. Default: only its own conditions limit it. */
  maxAssertionAgeMs: optional(milliseconds),
  /** Require a signature over the assertion. Default: one over the Response is enough. */
  wantAssertionsSigned: optional(flag),
  /** Require a signature over the Response. Default: one over the assertion is enough. */
  wantAuthnResponseSigned: optional(flag),
  /** Accept a Response without InResponseTo, which no request of ours asked for. Default: false. */
  allowIdpInitiated: optional(flag, {
    team: true,
    kind: 'flag',
    label: 'Accept sign-ins that begin at the identity provider',
    hint: 'Needed to start from a tile on its dashboard.',
    risk: 'Risk: with a prepared response, an attacker can sign a person in to the wrong account unnoticed. Most teams leave this off.',
    section: 'more',
  }),
  /** Accept SHA-1 signatures and digests. Default: false. */
  allowSha1: optional(flag, {
    team: true,
    kind: 'flag',
    label: 'Accept SHA-1 signatures',
    hint: 'Only for a very old identity provider that can’t sign with SHA-256.',
    risk: 'Risk: SHA-1 signatures can be forged. Leave this off.',
    section: 'more',
  }),
}
