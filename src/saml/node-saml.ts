import type { SamlConfig } from '@node-saml/passport-saml'
import type { SamlSource } from '../sources/config'

const CLOCK_SKEW = 60_000

/** Clock tolerance of a source in milliseconds. Default: a minute. */
export function clockSkew(source: SamlSource): number {
  return Math.max(0, source.saml.acceptedClockSkewMs ?? CLOCK_SKEW)
}

/**
 * What node-saml is told of a source, for requests and metadata: its own options, where node-saml's defaults (SHA-1, a
 * NameID format, an authentication context, signed assertions) are not ours.
 */
export function nodeSamlOptions(source: SamlSource): SamlConfig {
  const { saml } = source
  return {
    ...saml,
    signatureAlgorithm: saml.signatureAlgorithm ?? 'sha256',
    digestAlgorithm: saml.digestAlgorithm ?? 'sha256',
    identifierFormat: saml.identifierFormat ?? null,
    disableRequestedAuthnContext: !saml.authnContext?.length,
    wantAssertionsSigned: saml.wantAssertionsSigned ?? false,
  }
}
