/** What an admin can do about a failed check of a protocol; for most checks an outdated setting is the cause. */
const hints: Record<string, string> = {
  algorithm: 'Have the provider sign with SHA-256 or better.',
  audience:
    'The answer is made for another application: enter this source’s entity ID (SAML) or client ID (OpenID Connect) at the provider, exactly as it is shown here.',
  confirmation: 'The provider must send a bearer confirmation with a recipient and a time.',
  destination: 'Enter this source’s addresses at the provider, exactly as they are shown here.',
  encryption: 'The provider must encrypt for the certificate that is in this source’s metadata.',
  expired: 'Compare the clocks of the provider and of this server: they may differ by a minute.',
  in_response_to: 'The provider must answer the request that it was sent. Start the sign-in here, not there.',
  iss: 'The issuer that is entered at this source is not the one that answered.',
  issuer: 'The issuer that is entered at this source is not the one that answered.',
  not_yet_valid: 'Compare the clocks of the provider and of this server: they may differ by a minute.',
  recipient: 'Enter this source’s ACS URL at the provider, exactly as it is shown here.',
  signature:
    'The signing certificate of this source may be outdated: import the provider’s metadata again. The provider must sign the response or the assertion.',
}

/** A sentence for an admin; undefined where there is none to give. */
export function checkHint(check: string | undefined): string | undefined {
  return check !== undefined && Object.hasOwn(hints, check) ? hints[check] : undefined
}
