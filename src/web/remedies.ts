import type { FaultCode, RefusalCode } from '../errors'

/** What an admin can do about a sign-in that was refused; nothing where there is nothing to do here. */
const remedies: Partial<Record<RefusalCode | FaultCode, string>> = {
  source_disabled: 'Edit the source and switch sign-in on, if people are to sign in through it.',
  identifier_missing: 'Have the provider send one of the expected names, letter by letter.',
  ambiguous_user: 'Two users of the app hold what arrived: merge them, or correct one of them.',
  linking_refused:
    'Edit the source: “People who already have an account here” says who may be connected, and “E-mail domains” whose addresses this provider answers for.',
  domain_refused: 'Edit the source and add the domain to “E-mail domains”, if it is this company’s.',
  provisioning_disabled:
    'Edit the source and enable JIT provisioning, or make the account in the app before the person signs in.',
  required_field_missing: 'Have the provider send the expected names, letter by letter and with a value.',
  user_inactive: 'Switch the account on again in the app, if the person is to come back.',
  replayed: 'Nothing, if it happens once: somebody has gone back, or sent a page a second time.',
  provider_refused:
    'Look into the provider’s own log: the person may have cancelled, or is not assigned to this app there.',
  invalid_configuration: 'Edit the source and mend what is named here.',
  provider_unavailable: 'Check the provider’s address and that this server can reach it.',
}

const clocks = 'Compare the clocks of the provider and of this server: they may differ by a minute.'

/** What can be done about a failed check of a protocol; for most an outdated setting is the cause. */
const remediesByCheck: Record<string, string> = {
  alg: 'Have the provider sign ID tokens with an asymmetric algorithm, such as RS256 or ES256.',
  algorithm: 'Have the provider sign with SHA-256 or better.',
  aud: 'The answer is made for another application: compare the client ID with that at the provider.',
  audience:
    'The answer is made for another application: enter this source’s entity ID (SAML) or client ID (OpenID Connect) at the provider, exactly as it is shown here.',
  authn_context:
    'The person signed in at the provider in another way than this source asks for (authnContext): have the provider demand that way of this application, or ask for those that it names.',
  authn_instant:
    'This source asks for a new sign-in at the provider (forceAuthn), and there was none: start the sign-in here, not there, and see whether the provider heeds ForceAuthn.',
  confirmation: 'The provider must send a bearer confirmation with a recipient and a time.',
  destination: 'Enter this source’s addresses at the provider, exactly as they are shown here.',
  encryption: 'The provider must encrypt for the certificate that is in this source’s metadata.',
  exp: clocks,
  expired: clocks,
  iat: clocks,
  in_response_to: 'The provider must answer the request that it was sent. Start the sign-in here, not there.',
  iss: 'The issuer that is entered at this source is not the one that answered.',
  issuer: 'The issuer that is entered at this source is not the one that answered.',
  nbf: clocks,
  not_yet_valid: clocks,
  recipient: 'Enter this source’s ACS URL at the provider, exactly as it is shown here.',
  session_not_on_or_after: clocks,
  signature:
    'The signing certificate of this source may be outdated: import the provider’s metadata again. The provider must sign the response or the assertion.',
  userinfo: 'The provider’s UserInfo endpoint gave no usable answer: its own log may say why.',
}

/** A sentence for an admin; undefined where there is none to give. */
export function remedyFor(code: RefusalCode | FaultCode, check: string | undefined): string | undefined {
  if (check !== undefined && Object.hasOwn(remediesByCheck, check)) return remediesByCheck[check]
  return remedies[code]
}
