import type { SamlSource } from '../sources/config'

/** A source's clock tolerance in milliseconds. Default: a minute. */
export function clockSkew({ saml }: SamlSource): number {
  return Math.max(0, saml.acceptedClockSkewMs ?? 60_000)
}
