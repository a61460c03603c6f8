import type { FaultCode, RefusalCode } from '../errors'

/** What an admin can do about a refused sign-in. */
const remedies: Partial<Record<RefusalCode | FaultCode, string>> = {
  source_disabled: 'To let people sign in through this source, edit it and switch sign-in on.',
  identifier_missing: 'Have the provider send one of the expected names, spelled exactly as shown.',
  ambiguous_user: 'The received values match two users of the app. Merge them, or correct one of them.',
  linking_refused:
    'Edit the source: “People who already have an account here” says who may be connected, and “E-mail domains” whose addresses this provider answers for.',
  domain_refused: 'If the domain is this company’s, edit the source and add it to “E-mail domains”.',
  provisioning_disabled:
    'Edit the source and enable JIT provisioning, or create the account in the app before the person signs in.',
  required_field_missing:
    'Have the provider send the expected names, spelled exactly as shown and with a value.',
  app_refused:
    'The app’s own rules refused this person, with the message shown here. Its developers set them.',
  user_inactive: 'To let the person back in, reactivate the account in the app.',
  replayed: 'Nothing, if it happens once: the person went back, or submitted a page twice.',
  provider_refused:
    'Check the provider’s own log. The person may have canceled, or may not be assigned to this app there.',
  invalid_configuration: 'Fix the problem named here, in the source or in the app’s code.',
  provider_unavailable: 'Check the provider’s address and that this server can reach it.',
}

const clocks = 'Compare the clocks of the provider and this server. They may differ by up to a minute.'
const issuer = 'The source’s issuer is not the one that answered.'

/** What an admin can do about a failed protocol check. Most are caused by an outdated setting. */
const remediesByCheck: Record<string, string> = {
  alg: 'Have the provider sign ID tokens with an asymmetric algorithm, such as RS256 or ES256.',
  algorithm: 'Have the provider sign with SHA-256 or better.',
  aud: 'The answer is for another application. Compare the client ID with the one at the provider.',
  audience:
    'The answer is for another application. Enter this source’s entity ID (SAML) or client ID (OpenID Connect) at the provider, exactly as shown here.',
  authn_context:
    'The person did not sign in the way this source asks for (authnContext). Have the provider require that way for this application, or ask for one that it supports.',
  authn_instant:
    'This source asks for a new sign-in at the provider (forceAuthn), but the person did not sign in again. Start the sign-in here, and check that the provider supports ForceAuthn.',
  confirmation: 'The provider must send a bearer confirmation with a recipient and a time.',
  destination: 'Enter this source’s addresses at the provider, exactly as shown here.',
  encryption: 'The provider must encrypt for the certificate that is in this source’s metadata.',
  ...{ exp: clocks, expired: clocks, iat: clocks, nbf: clocks, not_yet_valid: clocks },
  in_response_to: 'The provider must answer the request it received. Start the sign-in here, not there.',
  iss: issuer,
  issuer,
  recipient: 'Enter this source’s ACS URL at the provider, exactly as shown here.',
  session_not_on_or_after: clocks,
  signature:
    'This source’s signing certificate may be outdated. Import the provider’s metadata again. The provider must sign the response or the assertion.',
  userinfo: 'The provider’s UserInfo endpoint gave no usable answer. Its own log may say why.',
}

export function remedyFor(code: RefusalCode | FaultCode, check: string | undefined): string | undefined {
  if (check !== undefined && Object.hasOwn(remediesByCheck, check)) return remediesByCheck[check]
  return remedies[code]
}
