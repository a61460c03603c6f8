/**
 * The only file that touches @node-saml/passport-saml. node-saml makes our AuthnRequests and the body of our metadata,
 * with its own option names. It reads nothing: of an answer it leaves the issuer, Destination and Recipient unchecked,
 * and its checks cost more the longer a message is, before any of it can be believed.
 */
import { MultiSamlStrategy, SAML, type SamlConfig } from '@node-saml/passport-saml'
import type { SamlSource } from '../sources/config'

/** The wrapped strategy, with the source's options at each request. It verifies nothing. */
export class NodeSamlStrategy extends MultiSamlStrategy {
  constructor(source: () => SamlSource) {
    super(
      { passReqToCallback: true, getSamlOptions: (_req, done) => done(null, options(source())) },
      (_req, _profile, done) => done(new Error('This library verifies responses itself.')),
      (_req, _profile, done) => done(new Error('This route takes no logout messages.')),
    )
  }
}

/**
 * The browser's way to the identity provider with an AuthnRequest (Core 3.4.1): an address (HTTP-Redirect), or a page
 * with a form that submits itself (HTTP-POST). Signed where the source has a private key.
 */
export async function authnRequest(
  source: SamlSource,
  id: string,
): Promise<{ redirect: string } | { form: string }> {
  const saml = new SAML({ ...options(source), generateUniqueId: () => id })
  return source.saml.authnRequestBinding === 'HTTP-POST'
    ? { form: await saml.getAuthorizeFormAsync('', undefined, {}) }
    : { redirect: await saml.getAuthorizeUrlAsync('', undefined, {}) }
}

/** SP metadata (Metadata 2.4.4) with the source's certificates, without logout and attribute services. */
export function basicMetadata(source: SamlSource): string {
  const { decryptionCert = null, publicCert = null } = source.saml
  const saml = new SAML({ ...options(source), signMetadata: false })
  return saml.generateServiceProviderMetadata(decryptionCert, publicCert)
}

/** The source's own options, with our defaults where node-saml's are SHA-1, a NameID format, or an authentication context. */
function options({ saml }: SamlSource): SamlConfig {
  return {
    ...saml,
    signatureAlgorithm: saml.signatureAlgorithm ?? 'sha256',
    digestAlgorithm: saml.digestAlgorithm ?? 'sha256',
    identifierFormat: saml.identifierFormat ?? null,
    disableRequestedAuthnContext: !saml.authnContext?.length,
    wantAssertionsSigned: saml.wantAssertionsSigned ?? false,
  }
}
