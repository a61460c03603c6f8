import { z } from 'zod'
import { authority, flag, httpUrl, optional, required, secret, text } from './options'

/** passport-openidconnect's own option names, and a few of our own. In the order of the form. */
export const oidcOptions = {
  /** The provider, exactly as its `iss`. Its discovery document names the endpoints that aren't set here. */
  issuer: required(httpUrl, {
    kind: 'url',
    label: 'Issuer',
    hint: 'The provider’s https address, exactly as the provider writes it. Its endpoints are discovered from this address.',
    placeholder: 'https://login.example.com',
  }),
  /** The client ID that the provider gave this app. The audience of ID tokens. */
  clientID: required(text, {
    kind: 'name',
    label: 'Client ID',
    hint: 'The provider assigns it when you register this app.',
  }),
  /** The client secret. Default: none, for a public client. */
  clientSecret: secret(text, {
    kind: 'secret',
    label: 'Client secret',
    unset: 'Stored encrypted, and never shown again. Leave empty for a public client.',
  }),
  /** Scopes to request in addition to `openid`. Default: `profile email`. */
  scope: optional(z.union([z.string(), z.array(text)]), {
    kind: 'name',
    label: 'Scopes',
    hint: 'Separated by spaces. Leave empty for openid, profile and email.',
    section: 'more',
  }),
  /** How the client authenticates at the token endpoint. Default: as discovery announces, else basic. */
  tokenEndpointAuthMethod: optional(z.enum(['client_secret_basic', 'client_secret_post', 'none']), {
    kind: 'select',
    label: 'Client authentication',
    hint: 'How the client secret is sent. Change it only if the provider’s discovery document is wrong.',
    choices: [
      { value: '', label: 'As the provider announces' },
      { value: 'client_secret_basic', label: 'In a header (client_secret_basic)' },
      { value: 'client_secret_post', label: 'In the body (client_secret_post)' },
      { value: 'none', label: 'Not at all (none)' },
    ],
    section: 'more',
  }),
  /** How the browser brings the authorization response. Default: `query`. */
  responseMode: optional(z.enum(['query', 'form_post']), {
    kind: 'select',
    label: 'How the answer comes back',
    hint: 'How the browser returns the provider’s response. Only AD FS needs the form.',
    choices: [
      { value: '', label: 'In the address (query)' },
      { value: 'form_post', label: 'By a form (form_post)' },
    ],
    section: 'more',
  }),
  /** When UserInfo is asked. Default: `auto`, where the ID token lacks a claim that this source uses. */
  userInfo: optional(z.enum(['auto', 'never', 'always']), {
    kind: 'select',
    label: 'Ask UserInfo',
    hint: 'UserInfo can have claims that the ID token lacks. In AD FS it has only the subject.',
    choices: [
      { value: '', label: 'If a claim is missing (auto)' },
      { value: 'always', label: 'At every sign-in (always)' },
      { value: 'never', label: 'Never (never)' },
    ],
    section: 'more',
  }),
  /** Let requests to the provider go to private addresses. Default: false, except for an issuer on loopback. */
  allowPrivateAddresses: optional(flag, {
    team: true,
    kind: 'flag',
    label: 'The provider is on a private network',
    hint: 'Lets this app’s server connect to private addresses for this source.',
    risk: 'Risk: anyone who can edit sources can make the server connect to machines inside your network.',
    section: 'more',
  }),
  /** A PEM with the certificates of a private authority, trusted in addition to those of Node.js. */
  ca: optional(authority, {
    team: true,
    kind: 'area',
    label: 'Certificate authority of the provider',
    hint: 'In PEM format. Only if a private authority issued the certificate of the provider’s server.',
    placeholder: '-----BEGIN CERTIFICATE-----',
    section: 'more',
  }),
  /** Where the discovery document is. Default: `<issuer>/.well-known/openid-configuration`. */
  discoveryURL: optional(httpUrl, {
    kind: 'url',
    label: 'Discovery URL',
    hint: 'Only if the provider’s discovery document is not at the issuer’s address.',
    section: 'more',
  }),
  /** The authorization endpoint. With `tokenURL` and `jwksURL`, and without `discoveryURL`, no discovery document is read. Default: as in the discovery document. */
  authorizationURL: optional(httpUrl, {
    kind: 'url',
    label: 'Authorization endpoint',
    hint: 'Only if the discovery document lacks it. A provider without discovery needs this, the token endpoint and the key set.',
    section: 'more',
  }),
  /** The token endpoint. Default: as in the discovery document. */
  tokenURL: optional(httpUrl, {
    kind: 'url',
    label: 'Token endpoint',
    hint: 'Only if the discovery document lacks it.',
    section: 'more',
  }),
  /** The provider's JSON Web Key Set. Default: as in the discovery document. */
  jwksURL: optional(httpUrl, {
    kind: 'url',
    label: 'Key set',
    hint: 'The provider’s JSON Web Key Set (JWKS). Only if the discovery document lacks it.',
    section: 'more',
  }),
  /** The UserInfo endpoint. Default: as in the discovery document; none without discovery. */
  userInfoURL: optional(httpUrl, {
    kind: 'url',
    label: 'UserInfo endpoint',
    hint: 'Only if the discovery document lacks it. Needed only if the ID token lacks attributes.',
    section: 'more',
  }),
  /** Where signing out ends the provider's session. Default: `end_session_endpoint` of the discovery document. */
  endSessionURL: optional(httpUrl, {
    kind: 'url',
    label: 'Sign-out URL',
    hint: 'Only if the discovery document lacks it. Without it, signing out ends only the session here.',
    section: 'more',
  }),
  /** The redirect URI. Default: `<baseUrl>/<id>/callback`. */
  callbackURL: optional(httpUrl),
  /** Whether the provider must ask people to sign in or consent again, such as `login`. */
  prompt: optional(text),
  /** How the provider shows its pages, such as `popup`. */
  display: optional(text),
  /** The languages of the provider's pages, such as `de en`. */
  uiLocales: optional(text),
  /** The user name that the provider fills in. */
  loginHint: optional(text),
  /** How long ago people may have signed in at the provider, in seconds. */
  maxAge: optional(z.int().min(0)),
  /** The authentication context classes to request. */
  acrValues: optional(text),
}
