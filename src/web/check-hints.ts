const clocks = 'Compare the clocks of the provider and of this server: they may differ by a minute.'

/** What an admin can do about a failed check of a protocol; for most checks an outdated setting is the cause. */
const hints: Record<string, string> = {
  alg: 'Have the provider sign ID tokens with an asymmetric algorithm, such as RS256 or ES256.',
  algorithm: 'Have the provider sign with SHA-256 or better.',
  aud: 'The answer is made for another application: compare the client ID with that at the provider.',
  audience:
    'The answer is made for another application: enter this source’s entity ID (SAML) or client ID (OpenID Connect) at the provider, exactly as it is shown here.',
  confirmation: 'The provider must send a bearer confirmation with a recipient and a time.',
  destination: 'Enter this source’s ACS URL at the provider, exactly as it is shown here.',
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
  signature:
    'The signing certificate of this source may be outdated: import the provider’s metadata again. The provider must sign the response or the assertion.',
  userinfo: 'The provider’s UserInfo endpoint gave no usable answer: its own log may say why.',
}

/** A sentence for an admin; undefined where there is none to give. */
export function checkHint(check: string | undefined): string | undefined {
  return check !== undefined && Object.hasOwn(hints, check) ? hints[check] : undefined
}
