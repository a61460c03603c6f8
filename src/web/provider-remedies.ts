import type { Protocol } from '../sources/config'

type Remedies = Readonly<Record<string, string>>

const again = 'The person can try again.'
const silent =
  'This source asks the provider to show no page (prompt). Leave that option out, or have people sign in at the provider first.'
const noRequestObject =
  'The authorization address in this source must not contain a request object. Compare it with the provider’s.'
const scopes = 'Compare the scopes of this source with those that the provider allows for this client.'

/** Errors of the authorization endpoint (RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6). */
const authorization: Remedies = {
  access_denied: 'The person canceled, or is not assigned to this app at the provider. Assign them there.',
  account_selection_required: silent,
  authentication_expired: `The sign-in page at the provider was open for too long. ${again}`,
  consent_required: `The person, or an admin at the provider, has to consent to this app there. ${silent}`,
  interaction_required: silent,
  invalid_request:
    'The provider does not accept the request. Compare the redirect URI at the provider with the one shown here, and check the options of this source.',
  invalid_request_object: noRequestObject,
  invalid_request_uri: noRequestObject,
  invalid_scope: scopes,
  login_required: silent,
  registration_not_supported: noRequestObject,
  request_not_supported: noRequestObject,
  request_uri_not_supported: noRequestObject,
  server_error: `Something failed at the provider. Its own log says what. ${again}`,
  temporarily_unavailable: `The provider is busy, or its sign-in page was open for too long. ${again}`,
  unauthorized_client: 'Allow the authorization code flow for this client at the provider.',
  unmet_authentication_requirements:
    'The person did not sign in the way this source asks for (acrValues). Have the provider offer that way for this app.',
  unsupported_response_type: 'Allow the response type "code" for this client at the provider.',
}

/** Errors of the token endpoint (RFC 6749 5.2). */
const token: Remedies = {
  invalid_client:
    'The provider does not accept the client ID, the client secret, or how the secret is sent. Enter the secret again: it may have expired. Then compare “Client authentication” with the setting at the provider.',
  invalid_grant:
    'The code had expired or was used before, or the redirect URI differs. Start the sign-in again. If it fails for everyone, compare the redirect URI at the provider with the one shown here.',
  invalid_request:
    'The token request lacks something that the provider requires. Compare “Client authentication” with the setting at the provider, and have it allow PKCE.',
  invalid_scope: scopes,
  server_error: authorization.server_error!,
  temporarily_unavailable: authorization.temporarily_unavailable!,
  unauthorized_client: 'Allow the grant type "authorization_code" for this client at the provider.',
  unsupported_grant_type:
    'The provider’s token endpoint does not support authorization codes. Check the token endpoint, and the type of the client at the provider.',
}

/** Status codes of a Response (SAML Core 3.2.2.2), without the namespace. */
const status: Remedies = {
  AuthnFailed: 'The provider could not sign the person in. Its own log says why.',
  InvalidNameIDPolicy:
    'The provider does not have the NameID format that this source asks for. Change the format here or there.',
  NoAuthnContext:
    'The provider cannot sign people in the way this source asks for (authnContext). Ask for one that it supports.',
  NoPassive: 'This source asks the provider to show no page (passive). Turn that off.',
  RequestDenied:
    'The person is not assigned to this app at the provider, or the provider refuses this app. Its log says which.',
  RequestUnsupported:
    'The provider does not support what this source asks for. Compare the options with its manual.',
  Requester:
    'The provider does not accept the request. Enter this source’s entity ID and ACS URL there exactly as shown here, and compare how requests are signed.',
  Responder: `Something failed at the provider. Its own log says what. ${again}`,
  UnknownPrincipal: 'The provider does not know this person. Add them there.',
}

/** What an admin can do about an error that the provider itself sent, by its code. */
export const providerRemedies: Readonly<Record<Protocol, { answer: Remedies; token: Remedies }>> = {
  saml: { answer: status, token: {} },
  oidc: { answer: authorization, token },
}
