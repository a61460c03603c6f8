import type { ErrorDetails, FaultCode, RefusalCode } from '../errors'

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
  user_inactive: 'To let the person back in, reactivate the account in the app.',
  replayed: 'Nothing, if it happens once: the person went back, or submitted a page twice.',
  provider_refused:
    'Check the provider’s own log. The person may have canceled, or may not be assigned to this app there.',
  invalid_configuration: 'Edit the source and fix the problem named here.',
  provider_unavailable:
    'Check the provider’s address and that this server can reach it. If a private authority issues its certificate, add the authority to the source. If it’s on a private network, allow that in the source.',
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
    'The provider must send an AuthnStatement that says when the person signed in (AuthnInstant). If this source asks for a new sign-in there (forceAuthn), start the sign-in here, and check that the provider supports ForceAuthn.',
  conditions:
    'The provider must send one Conditions element, with an audience and without conditions that SAML 2.0 does not define.',
  confirmation: 'The provider must send a bearer confirmation with a recipient and a time.',
  destination: 'Enter this source’s addresses at the provider, exactly as shown here.',
  encryption:
    'The provider must encrypt for the certificate that is in this source’s metadata. If the source has none, add a private key and its certificate, or turn encryption off at the provider.',
  ...{ exp: clocks, expired: clocks, iat: clocks, nbf: clocks, not_yet_valid: clocks },
  in_response_to: 'The provider must answer the request it received. Start the sign-in here, not there.',
  iss: issuer,
  issuer,
  key_length: 'Have the provider sign with an RSA key of at least 2048 bits, or with an EC key.',
  name_id_format:
    'The provider sent a NameID in another format than before, or than this source demands (identifierFormat). Set the format back at the provider, and have it ignore formats that requests ask for. If it has changed for good, move people over: see “When a provider changes its NameID format” in docs/saml.md.',
  recipient: 'Enter this source’s ACS URL at the provider, exactly as shown here.',
  structure:
    'The provider must send a SAML 2.0 Response with an ID and one assertion, which has one Subject with one NameID. The message says what differs.',
  session_not_on_or_after: clocks,
  signature:
    'This source’s signing certificate may be outdated. Import the provider’s metadata again. The provider must sign the response or the assertion.',
  userinfo: 'The provider’s UserInfo endpoint gave no usable answer. Its own log may say why.',
}

/** What to do about an algorithm that is not accepted. */
const remediesByAlgorithm: Record<string, (algorithm: string) => string> = {
  algorithm: (algorithm) =>
    `Have the provider sign with SHA-256 or better (RSA or ECDSA) instead of ${algorithm}.`,
  encryption: (algorithm) =>
    `Have the provider encrypt with AES (GCM if it can) and RSA-OAEP instead of ${algorithm}, or turn encryption off there.`,
}

export function remedyFor(
  code: RefusalCode | FaultCode,
  { check, algorithm }: Pick<ErrorDetails, 'check' | 'algorithm'>,
): string | undefined {
  if (check !== undefined && algorithm !== undefined && Object.hasOwn(remediesByAlgorithm, check))
    return remediesByAlgorithm[check]!(algorithm)
  if (check !== undefined && Object.hasOwn(remediesByCheck, check)) return remediesByCheck[check]
  return remedies[code]
}
