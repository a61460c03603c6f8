import type { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import { readAssertion, type SamlAssertion } from './assertion'
import { checkDecrypted, checkResponse, type Envelope } from './check-response'
import type { SamlLimits } from './limits'
import { ASSERTION_NS } from './namespaces'
import { refusal } from './refusal'
import { signingKeys } from './signature-profile'
import { childOf, type Parent, type XmlDocument, type XmlElement } from './xml/element'
import { decrypt, type VerifiedElement, verifyEnveloped } from './xml/signature'

/**
 * The verified assertion of a Response (Profiles 4.1.4.3). If the Response has a signature, it must hold; if it has
 * none, the assertion's must. A signature that the source demands must hold as well. Throws a refusal.
 */
export function verifiedAssertion(
  source: SamlSource,
  response: XmlDocument,
  limits: SamlLimits,
): SamlAssertion {
  const envelope = checkResponse(source, response)
  try {
    return readAssertion(signedAssertion(source, envelope, limits))
  } catch {
    throw unverified(source, envelope)
  }
}

/** Throws any error if a signature that is needed does not hold. */
function signedAssertion(
  source: SamlSource,
  { root, encrypted, responseSigned }: Envelope,
  limits: SamlLimits,
): VerifiedElement {
  const assertionIn = <E extends XmlElement>(response: Parent<E>): E =>
    encrypted
      ? decryptedAssertion(source, childOf(response, ASSERTION_NS, 'EncryptedAssertion'), limits)
      : childOf(response, ASSERTION_NS, 'Assertion')
  const { wantAuthnResponseSigned, wantAssertionsSigned } = source.saml
  const response = responseSigned ? verifyOrThrow(source, root) : undefined
  if (wantAuthnResponseSigned && !response) throw new Error('Response not signed')
  if (response && !wantAssertionsSigned) return assertionIn(response)
  if (response && encrypted) return verifyOrThrow(source, assertionIn(response))
  // The assertion's own signature may cover namespaces that the Response declares, so it is read where it arrived.
  return verifyOrThrow(source, assertionIn(root))
}

function verifyOrThrow(source: SamlSource, element: XmlElement): VerifiedElement {
  const verified = verifyEnveloped(element, signingKeys(source))
  if (!verified) throw new Error('Invalid signature')
  return verified
}

/** A decrypted assertion passes the same scan and the same checks as any other. */
function decryptedAssertion<E extends XmlElement>(source: SamlSource, encrypted: E, limits: SamlLimits): E {
  const decrypted = decrypt(encrypted, source.saml.decryptionPvk, limits)
  checkDecrypted(source, decrypted)
  return decrypted.root
}

/** Every failure of an encrypted assertion has the same answer: a difference would help to decrypt it. */
function unverified(source: SamlSource, { encrypted }: Envelope): JitError {
  return encrypted
    ? refusal(source.id, 'encryption', 'The encrypted assertion cannot be read')
    : refusal(source.id, 'signature', 'No valid signature covers the assertion')
}
