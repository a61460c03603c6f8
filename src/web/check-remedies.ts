import type { Protocol } from '../sources/config'

const clocks = 'Compare the clocks of the provider and this server. They may differ by up to a minute.'
const providerLog = 'The provider sends something that the protocol does not allow. Its own log may say why.'
const repeated =
  'Start the sign-in again. If it fails for everyone, look for a proxy that caches pages or drops cookies.'

/** Checks of both protocols. */
const common: Readonly<Record<string, string>> = {
  attributes: 'The app called `login` without attributes. This is a mistake in the app’s code.',
  body: 'The form that was posted cannot be read. Look for a proxy or a body parser that changes it.',
  issuer: 'The app called `login` without an issuer. This is a mistake in the app’s code.',
  response:
    'Start the sign-in here. If the provider has a tile for this app, it must open the sign-in address of this source, not the callback.',
  session: 'The provider ended this session before it began here. The person can sign in again.',
  size: 'The provider sends too much. Have it send fewer groups, or raise the limit in the app (samlLimits, for SAML).',
  subject: 'Have the provider send a subject that is not blank and has no control characters.',
}

const saml: Readonly<Record<string, string>> = {
  algorithm:
    'Have the provider sign with SHA-256 or better, and with no transforms but enveloped-signature and exclusive canonicalization.',
  audience:
    'The answer is for another application. Enter this source’s entity ID at the provider, exactly as shown here.',
  authn_context:
    'The person did not sign in the way this source asks for (authnContext). Have the provider require that way for this application, or ask for one that it supports.',
  authn_instant:
    'The provider must send an AuthnStatement that says when the person signed in (AuthnInstant). If this source asks for a new sign-in there (forceAuthn), start the sign-in here, and check that the provider supports ForceAuthn.',
  binding:
    'Have the provider send responses by HTTP-POST to this source’s ACS URL, and logout messages to its single logout URL.',
  conditions:
    'The provider must send one Conditions element, with an audience and without conditions that SAML 2.0 does not define.',
  confirmation: 'The provider must send a bearer confirmation with a recipient and a time.',
  destination: 'Enter this source’s addresses at the provider, exactly as shown here.',
  doctype: 'No provider sends a DOCTYPE. Find out where this message came from.',
  encoding:
    'The message is not base64, or its encoding isn’t UTF-8, UTF-16, ISO-8859-1 or windows-1252. Look for a proxy or a body parser that changes the form.',
  encryption:
    'The provider must encrypt for the certificate that is in this source’s metadata. If the source has none, add a private key and its certificate, or turn encryption off at the provider.',
  expired: clocks,
  in_response_to:
    'The provider must answer the request it received, in the browser that started it. Start the sign-in here, not there.',
  issue_instant: 'Have the provider send a time (IssueInstant) in its logout messages.',
  issuer:
    'Another provider answered. Compare the provider’s entity ID with the one in this source, letter by letter.',
  name_id: 'Have the provider name one person, by one NameID, in its logout requests.',
  name_id_format:
    'The provider sent a NameID in another format than before, or than this source demands (identifierFormat). Set the format back at the provider, and have it ignore formats that requests ask for. If it has changed for good, move people over: see “When a provider changes its NameID format” in docs/saml.md.',
  not_yet_valid: clocks,
  recipient: 'Enter this source’s ACS URL at the provider, exactly as shown here.',
  session_not_on_or_after: clocks,
  signature:
    'This source’s signing certificate may be outdated. Import the provider’s metadata again. The provider must sign the response or the assertion.',
  status: providerLog,
  structure:
    'The provider must send a SAML 2.0 Response with an ID and one assertion, which has one Subject with one NameID. The message says what differs.',
}

const oidc: Readonly<Record<string, string>> = {
  alg: 'Have the provider sign ID tokens with an asymmetric algorithm, such as RS256 or ES256.',
  at_hash: 'The access token does not belong to the ID token. The provider’s log may say why.',
  aud: 'The token is for another application. Compare the client ID with the one at the provider.',
  auth_time:
    'The person signed in at the provider longer ago than this source allows (maxAge), or the provider does not say when. Have it send auth_time.',
  azp: 'The token was issued to another application. Compare the client ID with the one at the provider, and have the provider send azp if it names several audiences.',
  code: 'Start the sign-in again: a code works once. If it fails for everyone, compare the redirect URI at the provider with the one shown here.',
  crit: 'The token requires an extension that is not supported. Turn it off at the provider.',
  events: 'The logout token has no logout event. The provider’s log may say why.',
  exp: clocks,
  iat: `${clocks} A logout token may be five minutes old.`,
  id_token: 'The provider’s token is not a signed JWT. Turn the encryption of ID tokens off there.',
  iss: 'Another provider answered. Compare the provider’s issuer with the one in this source, letter by letter. For Entra ID, use the issuer of the tenant.',
  jti: 'The logout token has no ID (jti). The provider’s log may say why.',
  key_length: 'Have the provider sign with an RSA key of at least 2048 bits, or with an EC key.',
  logout_token:
    'The provider sent no logout token. Compare the back-channel logout URI at the provider with the one shown here.',
  nbf: clocks,
  nonce: `Have the provider copy the nonce of the request into the ID token. ${repeated}`,
  sid: 'The logout token has a session ID that cannot be used. The provider’s log may say why.',
  signature:
    'None of the keys that the provider publishes made this signature. If the source has a key set address (jwksURL), compare it with the provider’s. The keys are fetched again at the next sign-in.',
  state: `${repeated} Check that the app’s address (baseUrl) is the one that people see.`,
  sub: 'Have the provider send a subject of 1 to 255 characters, as text.',
  typ: 'The provider sent a token of another type. Its own log may say why.',
  userinfo_sub:
    'UserInfo and the ID token name different people. The provider must send the same subject in both.',
}

/** What an admin can do about a failed check. Most are caused by an outdated setting. */
export const checkRemedies: Readonly<Record<Protocol, Readonly<Record<string, string>>>> = {
  saml: { ...common, ...saml },
  oidc: { ...common, ...oidc },
}
